{% set dimensions = [
    'playlist_id', 'video_id', 'live_or_on_demand', 'subscribed_status', 'country_code', 'device_type', 'operating_system',
] %}
{% set metrics = [
    'views', 'engaged_views', 'watch_time_minutes', 'average_view_duration_seconds', 'playlist_starts',
    'playlist_saves_added', 'playlist_saves_removed',
] %}
{% set coded = {'device_type': 'device_type', 'operating_system': 'operating_system'} %}

with source as (
    select * from {{ source('raw_reporting', 'playlist_device_os_a2') }}
),

final as (
    select
        {{ report_columns(dimensions, metrics, coded) }}
    from source
    {{ codes_joined(coded) }}
)

select * from final
