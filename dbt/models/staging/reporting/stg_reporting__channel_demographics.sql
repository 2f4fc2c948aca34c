{% set dimensions = [
    'video_id', 'live_or_on_demand', 'subscribed_status', 'country_code', 'age_group', 'gender',
] %}
{% set metrics = [
    'views_percentage',
] %}

with source as (
    select * from {{ source('raw_reporting', 'channel_demographics_a1') }}
),

final as (
    select
        {{ report_columns(dimensions, metrics) }}
    from source
    {{ report_codes_joined(dimensions) }}
)

select * from final
