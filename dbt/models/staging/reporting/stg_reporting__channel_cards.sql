{% set dimensions = [
    'video_id', 'live_or_on_demand', 'subscribed_status', 'country_code', 'card_type', 'card_id',
] %}
{% set metrics = [
    'card_impressions', 'card_clicks', 'card_click_rate', 'card_teaser_impressions', 'card_teaser_clicks',
    'card_teaser_click_rate',
] %}
{% set coded = {'card_type': 'card_type'} %}

with source as (
    select * from {{ source('raw_reporting', 'channel_cards_a1') }}
),

final as (
    select
        {{ report_columns(dimensions, metrics, coded) }}
    from source
    {{ codes_joined(coded) }}
)

select * from final
