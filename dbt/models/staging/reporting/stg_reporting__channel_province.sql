{% set dimensions = [
    'video_id', 'live_or_on_demand', 'subscribed_status', 'country_code', 'province_code',
] %}
{% set metrics = [
    'engaged_views', 'views', 'watch_time_minutes', 'average_view_duration_seconds', 'average_view_duration_percentage',
    'red_views', 'red_watch_time_minutes', 'annotation_impressions', 'annotation_clickable_impressions',
    'annotation_closable_impressions', 'annotation_clicks', 'annotation_closes', 'annotation_click_through_rate',
    'annotation_close_rate', 'card_impressions', 'card_clicks', 'card_click_rate', 'card_teaser_impressions',
    'card_teaser_clicks', 'card_teaser_click_rate',
] %}

with source as (
    select * from {{ source('raw_reporting', 'channel_province_a3') }}
),

final as (
    select
        {{ report_columns(dimensions, metrics) }}
    from source
)

select * from final
