{% set dimensions = [
    'video_id', 'live_or_on_demand', 'subscribed_status', 'country_code', 'playback_location_type', 'playback_location_detail',
] %}
{% set metrics = [
    'engaged_views', 'views', 'watch_time_minutes', 'average_view_duration_seconds', 'average_view_duration_percentage',
    'red_views', 'red_watch_time_minutes',
] %}
{% set coded = {'playback_location_type': 'playback_location'} %}

with source as (
    select * from {{ source('raw_reporting', 'channel_playback_location_a3') }}
),

final as (
    select
        {{ report_columns(dimensions, metrics, coded) }}
    from source
    {{ codes_joined(coded) }}
)

select * from final
