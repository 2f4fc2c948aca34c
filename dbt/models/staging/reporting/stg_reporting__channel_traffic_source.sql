{% set dimensions = [
    'video_id', 'live_or_on_demand', 'subscribed_status', 'country_code', 'traffic_source_type', 'traffic_source_detail',
] %}
{% set metrics = [
    'engaged_views', 'views', 'watch_time_minutes', 'average_view_duration_seconds', 'average_view_duration_percentage',
    'red_views', 'red_watch_time_minutes',
] %}
{% set coded = {'traffic_source_type': 'traffic_source'} %}

with source as (
    select * from {{ source('raw_reporting', 'channel_traffic_source_a3') }}
),

final as (
    select
        {{ report_columns(dimensions, metrics, coded) }}
    from source
    {{ codes_joined(coded) }}
)

select * from final
