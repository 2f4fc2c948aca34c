{% set dimensions = [
    'video_id', 'live_or_on_demand', 'subscribed_status', 'country_code', 'end_screen_element_type', 'end_screen_element_id',
] %}
{% set metrics = [
    'end_screen_element_impressions', 'end_screen_element_clicks', 'end_screen_element_click_rate',
] %}
{% set coded = {'end_screen_element_type': 'end_screen_element_type'} %}

with source as (
    select * from {{ source('raw_reporting', 'channel_end_screens_a1') }}
),

final as (
    select
        {{ report_columns(dimensions, metrics, coded) }}
    from source
    {{ codes_joined(coded) }}
)

select * from final
