{{ config(
    materialized='incremental',
    meta={'increment': {
        'key': 'on_date',
        'found_in': 'int_video__metrics_fetched',
        'day_columns': ['analytics_partition_on', 'reach_partition_on'],
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

latest as (
    select distinct on (video_id, on_date, source) *
    from metrics
    order by video_id, on_date, source, partition_on desc
),

analytics as (
    select * from latest
    where source = 'analytics'
),

reach as (
    select * from latest
    where source = 'reach'
),

final as (
    select
        coalesce(analytics.video_id, reach.video_id) as video_id,
        coalesce(analytics.channel_id, reach.channel_id) as channel_id,
        coalesce(analytics.on_date, reach.on_date) as on_date,
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
        analytics.partition_on as analytics_partition_on,
        reach.partition_on as reach_partition_on,
        greatest(analytics.fetched_at, reach.fetched_at) as known_at
    from analytics
    full outer join reach
        on analytics.video_id = reach.video_id
        and analytics.on_date = reach.on_date
)

select * from final
