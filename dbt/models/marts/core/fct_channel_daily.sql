{{ config(indexes=[{'columns': ['channel_id', 'on_date'], 'unique': true}, {'columns': ['on_date']}]) }}

with counted as (
    select distinct on (channel_id, on_date) *
    from {{ ref('stg_youtube__analytics_channel_daily') }}
    order by channel_id, on_date, fetched_at desc, partition_on desc
),

earned as (
    select distinct on (channel_id, on_date) *
    from {{ ref('stg_youtube__analytics_channel_revenue') }}
    order by channel_id, on_date, fetched_at desc, partition_on desc
),

-- What only videos have: how many were viewed, and how often their thumbnails were shown.
shown as (
    select
        channel_id,
        on_date,
        nullif(count(*) filter (where views > 0), 0)::integer as videos_count,
        sum(impressions)::bigint as impressions,
        sum(ctr * impressions) / nullif(sum(impressions) filter (where ctr is not null), 0)::double precision as ctr,
        max(known_at) as known_at
    from {{ ref('fct_video_daily') }}
    group by channel_id, on_date
),

final as (
    select
        channel_id,
        on_date,
        shown.videos_count,
        counted.views,
        counted.engaged_views,
        counted.watch_minutes,
        counted.average_view_seconds,
        counted.average_view_pct,
        counted.likes,
        counted.comments,
        counted.shares,
        counted.subscribers_gained,
        counted.subscribers_lost,
        shown.impressions,
        shown.ctr,
        earned.revenue_usd_micros,
        earned.ad_revenue_usd_micros,
        earned.premium_revenue_usd_micros,
        earned.gross_revenue_usd_micros,
        earned.monetized_playbacks,
        earned.ad_impressions,
        earned.cpm_usd_micros,
        earned.playback_based_cpm_usd_micros,
        greatest(counted.fetched_at, earned.fetched_at, shown.known_at) as known_at
    from counted
    full outer join earned using (channel_id, on_date)
    full outer join shown using (channel_id, on_date)
)

select * from final
