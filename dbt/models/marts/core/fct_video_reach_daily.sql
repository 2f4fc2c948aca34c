{{ config(
    materialized='incremental',
    meta={'increment': {'key': 'on_date', 'found_in': 'int_report__fetched'}},
    indexes=[
        {'columns': ['video_id', 'on_date', 'traffic_source', 'device_type'], 'unique': true},
        {'columns': ['on_date']},
        {'columns': ['channel_id', 'on_date']},
    ],
) }}

with lines as (
    {{ current_lines('stg_reporting__channel_reach_combined') }}
),

added as (
    select
        video_id,
        traffic_source,
        device_type,
        channel_id,
        on_date,
        sum(impressions)::bigint as impressions,
        sum(impressions) filter (where ctr is not null)::bigint as rated_impressions,
        sum(impressions * ctr) as clicks,
        min(partition_on) as partition_on,
        max(fetched_at) as known_at
    from lines
    group by video_id, traffic_source, device_type, channel_id, on_date
),

final as (
    select
        video_id,
        traffic_source,
        device_type,
        channel_id,
        on_date,
        impressions,
        rated_impressions,
        clicks,
        clicks / nullif(rated_impressions, 0) as ctr,
        partition_on,
        known_at
    from added
)

select * from final
