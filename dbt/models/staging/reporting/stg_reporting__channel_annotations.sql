{% set dimensions = [
    'video_id', 'live_or_on_demand', 'subscribed_status', 'country_code', 'annotation_type', 'annotation_id',
] %}
{% set metrics = [
    'annotation_impressions', 'annotation_clickable_impressions', 'annotation_closable_impressions', 'annotation_clicks',
    'annotation_closes', 'annotation_click_through_rate', 'annotation_close_rate',
] %}
{% set coded = {'annotation_type': 'annotation_type'} %}

with source as (
    select * from {{ source('raw_reporting', 'channel_annotations_a1') }}
),

final as (
    select
        {{ report_columns(dimensions, metrics, coded) }}
    from source
    {{ codes_joined(coded) }}
)

select * from final
