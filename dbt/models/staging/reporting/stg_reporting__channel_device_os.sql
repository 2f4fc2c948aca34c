{% set dimensions = [
    'video_id', 'live_or_on_demand', 'subscribed_status', 'country_code', 'device_type', 'operating_system',
] %}
{% set metrics = [
    'engaged_views', 'views', 'watch_time_minutes', 'average_view_duration_seconds', 'average_view_duration_percentage',
    'red_views', 'red_watch_time_minutes',
] %}
{% set coded = {'device_type': 'device_type', 'operating_system': 'operating_system'} %}

with source as (
    select * from {{ source('raw_reporting', 'channel_device_os_a3') }}
),

final as (
    select
        {{ report_columns(dimensions, metrics, coded) }}
    from source
    {{ codes_joined(coded) }}
)

select * from final
