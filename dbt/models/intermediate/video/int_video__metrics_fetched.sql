{{ config(
    meta={'increment': {'key': 'partition_on'}},
    indexes=[
        {'columns': ['partition_on', 'source', 'video_id', 'on_date'], 'unique': true},
        {'columns': ['on_date', 'partition_on']},
    ],
) }}

with analytics as (
    select * from {{ ref('stg_youtube__analytics_daily') }}
    where {{ is_affected('partition_on') }}
),

reach as (
    select * from {{ ref('stg_reporting__channel_reach_basic') }}
    where {{ is_affected('partition_on') }}
),

revenue as (
    select * from {{ ref('stg_youtube__analytics_revenue') }}
    where {{ is_affected('partition_on') }}
),

final as (
    select
        partition_on,
        'analytics' as source,
        video_id,
        on_date,
        channel_id,
        views,
        engaged_views,
        watch_minutes,
        average_view_seconds,
        average_view_pct,
        likes,
        comments,
        shares,
        subscribers_gained,
        subscribers_lost,
        null::bigint as impressions,
        null::double precision as ctr,
        null::bigint as revenue_usd_micros,
        null::bigint as ad_revenue_usd_micros,
        null::bigint as premium_revenue_usd_micros,
        null::bigint as monetized_playbacks,
        null::bigint as gross_revenue_usd_micros,
        null::bigint as ad_impressions,
        null::bigint as cpm_usd_micros,
        null::bigint as playback_based_cpm_usd_micros,
        null::timestamptz as report_created_at,
        fetched_at
    from analytics
    union all
    select
        partition_on,
        'reach' as source,
        video_id,
        on_date,
        channel_id,
        null as views,
        null as engaged_views,
        null as watch_minutes,
        null as average_view_seconds,
        null as average_view_pct,
        null as likes,
        null as comments,
        null as shares,
        null as subscribers_gained,
        null as subscribers_lost,
        impressions,
        ctr,
        null as revenue_usd_micros,
        null as ad_revenue_usd_micros,
        null as premium_revenue_usd_micros,
        null as monetized_playbacks,
        null as gross_revenue_usd_micros,
        null as ad_impressions,
        null as cpm_usd_micros,
        null as playback_based_cpm_usd_micros,
        report_created_at,
        fetched_at
    from reach
    union all
    select
        partition_on,
        'revenue' as source,
        video_id,
        on_date,
        channel_id,
        null as views,
        null as engaged_views,
        null as watch_minutes,
        null as average_view_seconds,
        null as average_view_pct,
        null as likes,
        null as comments,
        null as shares,
        null as subscribers_gained,
        null as subscribers_lost,
        null as impressions,
        null as ctr,
        revenue_usd_micros,
        ad_revenue_usd_micros,
        premium_revenue_usd_micros,
        monetized_playbacks,
        gross_revenue_usd_micros,
        ad_impressions,
        cpm_usd_micros,
        playback_based_cpm_usd_micros,
        null as report_created_at,
        fetched_at
    from revenue
)

select * from final
