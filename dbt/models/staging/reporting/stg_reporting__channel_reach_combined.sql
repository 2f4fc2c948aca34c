{% set dimensions = [
    'video_id', 'traffic_source_type', 'traffic_source_detail', 'device_type', 'operating_system',
] %}
{% set metrics = [
    'video_thumbnail_impressions', 'video_thumbnail_impressions_ctr',
] %}

with source as (
    select * from {{ source('raw_reporting', 'channel_reach_combined_a1') }}
),

final as (
    select
        {{ report_columns(dimensions, metrics) }}
    from source
    {{ report_codes_joined(dimensions) }}
)

select * from final
