{% set dimensions = [
    'video_id',
] %}
{% set metrics = [
    'video_thumbnail_impressions', 'video_thumbnail_impressions_ctr',
] %}

with source as (
    select * from {{ source('raw_reporting', 'channel_reach_basic_a1') }}
),

final as (
    select
        {{ report_columns(dimensions, metrics) }}
    from source
)

select * from final
