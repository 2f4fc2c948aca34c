{% set dimensions = [
    'video_id', 'live_or_on_demand', 'subscribed_status', 'country_code', 'age_group', 'gender',
] %}
{% set metrics = [
    'views_percentage',
] %}
{% set coded = {'age_group': 'age_group', 'gender': 'gender'} %}

with source as (
    select * from {{ source('raw_reporting', 'channel_demographics_a1') }}
),

final as (
    select
        {{ report_columns(dimensions, metrics, coded) }}
    from source
    {{ codes_joined(coded) }}
)

select * from final
