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
        {{ weighted_mean('average_view_pct', 'views') }} as average_view_pct,
        {{ weighted_mean('average_view_seconds', 'views') }} as average_view_seconds,
        {{ ratio_of_sums('average_view_seconds * greatest(views, 0)', 'average_view_pct * greatest(views, 0)') }} * 100
            as duration_seconds,
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

first_days as (
    select
        video_id,
        min(on_date) as on_date
    from reported
    group by video_id
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
        reported.duration_seconds as video_duration_seconds,
        md5(reported.on_date || '-' || reported.video_id) as daily_video_id,
        reported.engaged_views,
        daily.impressions,
        daily.ctr,
        daily.revenue_usd_micros,
        case when daily.views > 0 then round(1000 * daily.revenue_usd_micros / daily.views::numeric)::bigint end
            as youtube_rpm_usd_micros,
        daily.ad_revenue_usd_micros,
        daily.ad_impressions,
        daily.monetized_playbacks,
        daily.cpm_usd_micros,
        daily.playback_based_cpm_usd_micros,
        profit.cost_usd_micros as video_cost_usd_micros,
        profit.profit_usd_micros as video_profit_usd_micros
    from reported
    left join daily
        on reported.video_id = daily.video_id
        and reported.on_date = daily.on_date
    left join metadata on reported.video_id = metadata.video_id
    left join first_days
        on reported.video_id = first_days.video_id
        and reported.on_date = first_days.on_date
    left join profit on first_days.video_id = profit.video_id
)

select * from final
