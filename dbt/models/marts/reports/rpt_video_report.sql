{{ config(materialized='table', indexes=[{'columns': ['video_id'], 'unique': true}, {'columns': ['channel_id', 'views_90d']}]) }}

with videos as (
    select * from {{ ref('dim_video') }}
    where is_own
),

daily as (
    select * from {{ ref('fct_video_daily') }}
),

profit as (
    select * from {{ ref('fct_video_profit') }}
),

outliers as (
    select * from {{ ref('fct_video_outlier') }}
    where horizon_hours = 48
),

last_days as (
    select
        channel_id,
        max(on_date) as last_on
    from daily
    group by channel_id
),

added as (
    select
        daily.video_id,
        max(last_days.last_on) as last_on,
        count(daily.views)::integer as views_known_days_90d,
        count(daily.impressions)::integer as impressions_known_days_90d,
        count(daily.revenue_usd_micros)::integer as revenue_known_days_90d,
        sum(daily.views)::bigint as views_90d,
        sum(daily.watch_minutes) as watch_minutes_90d,
        {{ weighted_mean('daily.average_view_pct', 'daily.views') }} as average_view_pct_90d,
        sum(daily.likes)::bigint as likes_90d,
        sum(daily.comments)::bigint as comments_90d,
        sum(daily.shares)::bigint as shares_90d,
        {{ ratio_of_sums('(daily.likes + daily.comments + daily.shares)', 'daily.views') }} as engagement_rate_90d,
        sum(daily.subscribers_gained - daily.subscribers_lost)::bigint as subscribers_net_90d,
        sum(daily.impressions)::bigint as impressions_90d,
        {{ weighted_mean('daily.ctr', 'daily.impressions') }} as ctr_90d,
        sum(daily.revenue_usd_micros)::bigint as revenue_usd_micros_90d,
        {{ per_thousand('daily.revenue_usd_micros', 'daily.views') }} as youtube_rpm_usd_micros_90d,
        sum(daily.ad_impressions)::bigint as ad_impressions_90d,
        sum(daily.monetized_playbacks)::bigint as monetized_playbacks_90d,
        round(({{ weighted_mean('daily.cpm_usd_micros', 'daily.ad_impressions') }})::numeric)::bigint as cpm_usd_micros_90d,
        round(({{ weighted_mean('daily.playback_based_cpm_usd_micros', 'daily.monetized_playbacks') }})::numeric)::bigint
            as playback_based_cpm_usd_micros_90d
    from daily
    inner join last_days on daily.channel_id = last_days.channel_id
    where daily.on_date > last_days.last_on - 90
    group by daily.video_id
),

final as (
    select
        videos.video_id,
        videos.channel_id,
        videos.title,
        videos.published_at,
        videos.duration_seconds,
        added.last_on,
        coalesce(added.views_known_days_90d, 0) as views_known_days_90d,
        coalesce(added.impressions_known_days_90d, 0) as impressions_known_days_90d,
        coalesce(added.revenue_known_days_90d, 0) as revenue_known_days_90d,
        added.views_90d,
        added.watch_minutes_90d,
        added.average_view_pct_90d,
        added.likes_90d,
        added.comments_90d,
        added.shares_90d,
        added.engagement_rate_90d,
        added.subscribers_net_90d,
        added.impressions_90d,
        added.ctr_90d,
        added.revenue_usd_micros_90d,
        added.youtube_rpm_usd_micros_90d,
        added.ad_impressions_90d,
        added.monetized_playbacks_90d,
        added.cpm_usd_micros_90d,
        added.playback_based_cpm_usd_micros_90d,
        profit.cost_usd_micros,
        profit.profit_usd_micros,
        profit.all_income_rpm_usd_micros,
        profit.roi,
        outliers.outlier_ratio as outlier_ratio_48h
    from videos
    left join added on videos.video_id = added.video_id
    left join profit on videos.video_id = profit.video_id
    left join outliers on videos.video_id = outliers.video_id
)

select * from final
