{% set dimensions = [
    'video_id', 'live_or_on_demand', 'subscribed_status', 'country_code', 'sharing_service',
] %}
{% set metrics = [
    'shares',
] %}
{% set coded = {'sharing_service': 'sharing_service'} %}

with source as (
    select * from {{ source('raw_reporting', 'channel_sharing_service_a1') }}
),

final as (
    select
        {{ report_columns(dimensions, metrics, coded) }}
    from source
    {{ codes_joined(coded) }}
)

select * from final
