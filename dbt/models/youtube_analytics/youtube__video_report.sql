with countries as (
    select * from {{ ref('fct_video_country_daily') }}
),

daily as (
    select * from {{ ref('fct_video_daily') }}
),

metadata as (
    select * from {{ ref('youtube__video_metadata') }}
),

profit as (
    select * from {{ ref('fct_video_profit') }}
),

reported as (
    select
        video_id,
        channel_id,
        on_date,
        sum(average_view_pct * views) / nullif(sum(views) filter (where average_view_pct is not null), 0)::double precision
            as average_view_pct,
        sum(average_view_seconds * views)
        / nullif(sum(views) filter (where average_view_seconds is not null), 0)::double precision as average_view_seconds,
        sum(comments)::bigint as comments,
        sum(dislikes)::bigint as dislikes,
        sum(likes)::bigint as likes,
        sum(shares)::bigint as shares,
        sum(subscribers_gained)::bigint as subscribers_gained,
        sum(subscribers_lost)::bigint as subscribers_lost,
        sum(views)::bigint as views,
        sum(engaged_views)::bigint as engaged_views,
        sum(watch_minutes) as watch_minutes
    from countries
    group by video_id, channel_id, on_date
),

final as (
    select
        reported.on_date as date_day,
        reported.video_id,
        reported.channel_id,
        'raw_reporting' as source_relation,
        metadata.video_title,
        metadata.video_description,
        metadata.channel_title,
        metadata.video_published_at,
        metadata.default_thumbnail_url,
        metadata.medium_thumbnail_url,
        metadata.high_thumbnail_url,
        reported.average_view_pct / 100 as average_view_duration_percentage,
        reported.average_view_seconds as average_view_duration_seconds,
        reported.comments,
        reported.dislikes,
        reported.likes,
        reported.shares,
        reported.subscribers_gained,
        reported.subscribers_lost,
        reported.views,
        reported.watch_minutes as watch_time_minutes,
        reported.average_view_seconds / nullif(reported.average_view_pct / 100, 0) as video_duration_seconds,
        md5(reported.on_date || '-' || reported.video_id) as daily_video_id,
        reported.engaged_views,
        daily.impressions,
        daily.ctr,
        daily.revenue_usd_micros,
        round(1000 * daily.revenue_usd_micros / nullif(daily.views, 0)::numeric)::bigint as rpm_usd_micros,
        profit.cost_usd_micros as video_cost_usd_micros,
        profit.profit_usd_micros as video_profit_usd_micros
    from reported
    left join daily
        on reported.video_id = daily.video_id
        and reported.on_date = daily.on_date
    left join metadata on reported.video_id = metadata.video_id
    left join profit on reported.video_id = profit.video_id
)

select * from final
