{{ config(
    materialized='incremental',
    meta={'increment': {
        'key': 'on_date',
        'found_in': 'int_video__metrics_fetched',
        'day_columns': ['analytics_partition_on', 'reach_partition_on', 'revenue_partition_on'],
    }},
    indexes=[
        {'columns': ['video_id', 'on_date'], 'unique': true},
        {'columns': ['on_date']},
        {'columns': ['channel_id', 'on_date']},
    ],
) }}

with metrics as (
    select * from {{ ref('int_video__metrics_fetched') }}
    where {{ is_affected('on_date') }}
),

analytics as (
    select distinct on (video_id, on_date) *
    from metrics
    where source = 'analytics'
    order by video_id, on_date, fetched_at desc, partition_on desc
),

revenue as (
    select distinct on (video_id, on_date) *
    from metrics
    where source = 'revenue'
    order by video_id, on_date, fetched_at desc, partition_on desc
),

-- A report replaces an earlier one of the same channel and day whole.
reports as (
    select
        *,
        rank() over (
            partition by channel_id, on_date order by report_created_at desc nulls last, fetched_at desc, partition_on desc
        ) as age_rank
    from metrics
    where source = 'reach'
),

reach as (
    select * from reports
    where age_rank = 1
),

final as (
    select
        video_id,
        coalesce(analytics.channel_id, reach.channel_id, revenue.channel_id) as channel_id,
        on_date,
        analytics.views,
        analytics.engaged_views,
        analytics.watch_minutes,
        analytics.average_view_seconds,
        analytics.average_view_pct,
        analytics.likes,
        analytics.comments,
        analytics.shares,
        analytics.subscribers_gained,
        analytics.subscribers_lost,
        reach.impressions,
        reach.ctr,
        revenue.revenue_usd_micros,
        revenue.ad_revenue_usd_micros,
        revenue.premium_revenue_usd_micros,
        revenue.monetized_playbacks,
        revenue.gross_revenue_usd_micros,
        revenue.ad_impressions,
        revenue.cpm_usd_micros,
        revenue.playback_based_cpm_usd_micros,
        analytics.partition_on as analytics_partition_on,
        reach.partition_on as reach_partition_on,
        revenue.partition_on as revenue_partition_on,
        greatest(analytics.fetched_at, reach.fetched_at, revenue.fetched_at) as known_at
    from analytics
    full outer join reach using (video_id, on_date)
    full outer join revenue using (video_id, on_date)
)

select * from final
