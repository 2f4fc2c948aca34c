{% set dimensions = [
    'video_id', 'live_or_on_demand', 'subscribed_status', 'country_code', 'device_type', 'operating_system',
] %}
{% set metrics = [
    'engaged_views', 'views', 'watch_time_minutes', 'average_view_duration_seconds', 'average_view_duration_percentage',
    'red_views', 'red_watch_time_minutes',
] %}

with source as (
    select * from {{ source('raw_reporting', 'channel_device_os_a3') }}
),

final as (
    select
        {{ report_columns(dimensions, metrics) }}
    from source
    {{ report_codes_joined(dimensions) }}
)

select * from final
