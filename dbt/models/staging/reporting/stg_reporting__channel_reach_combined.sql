{% set dimensions = [
    'video_id', 'traffic_source_type', 'traffic_source_detail', 'device_type', 'operating_system',
] %}
{% set metrics = [
    'video_thumbnail_impressions', 'video_thumbnail_impressions_ctr',
] %}
{% set coded = {
    'traffic_source_type': 'traffic_source',
    'device_type': 'device_type',
    'operating_system': 'operating_system',
} %}

with source as (
    select * from {{ source('raw_reporting', 'channel_reach_combined_a1') }}
),

final as (
    select
        {{ report_columns(dimensions, metrics, coded) }}
    from source
    {{ codes_joined(coded) }}
)

select * from final
