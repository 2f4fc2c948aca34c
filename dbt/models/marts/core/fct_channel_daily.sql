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

-- YouTube leaves out days of nothing: a day without a row amid others of an answer earned nothing.
spanned as (
    select
        spans.channel_id,
        days.on_day::date as on_date,
        max(spans.fetched_at) as fetched_at
    from (
        select
            channel_id,
            partition_on,
            min(on_date) as first_on,
            max(on_date) as last_on,
            max(fetched_at) as fetched_at
        from {{ ref('stg_youtube__analytics_channel_revenue') }}
        group by channel_id, partition_on
    ) as spans
    cross join lateral generate_series(spans.first_on, spans.last_on, interval '1 day') as days (on_day)
    group by spans.channel_id, days.on_day
),

money as (
    select
        channel_id,
        on_date,
        revenue_usd_micros,
        ad_revenue_usd_micros,
        premium_revenue_usd_micros,
        gross_revenue_usd_micros,
        monetized_playbacks,
        ad_impressions,
        cpm_usd_micros,
        playback_based_cpm_usd_micros,
        fetched_at
    from earned
    union all
    select
        spanned.channel_id,
        spanned.on_date,
        0 as revenue_usd_micros,
        0 as ad_revenue_usd_micros,
        0 as premium_revenue_usd_micros,
        0 as gross_revenue_usd_micros,
        0 as monetized_playbacks,
        0 as ad_impressions,
        null as cpm_usd_micros,
        null as playback_based_cpm_usd_micros,
        spanned.fetched_at
    from spanned
    left join earned on spanned.channel_id = earned.channel_id and spanned.on_date = earned.on_date
    where earned.channel_id is null
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
        money.revenue_usd_micros,
        money.ad_revenue_usd_micros,
        money.premium_revenue_usd_micros,
        money.gross_revenue_usd_micros,
        money.monetized_playbacks,
        money.ad_impressions,
        money.cpm_usd_micros,
        money.playback_based_cpm_usd_micros,
        greatest(counted.fetched_at, money.fetched_at, shown.known_at) as known_at
    from counted
    full outer join money using (channel_id, on_date)
    full outer join shown using (channel_id, on_date)
)

select * from final
