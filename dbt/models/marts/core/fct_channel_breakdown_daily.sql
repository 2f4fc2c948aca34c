{{ config(
    materialized='incremental',
    meta={'increment': {'key': 'on_date', 'found_in': 'int_report__fetched'}},
    indexes=[
        {'columns': ['channel_id', 'breakdown', 'on_date', 'value'], 'unique': true},
        {'columns': ['on_date']},
    ],
) }}

{% set breakdowns = {
    'country': ('analytics_countries', 'country_code'),
    'device_type': ('analytics_devices', 'device_type'),
    'playback_location': ('analytics_playback_locations', 'playback_location'),
    'traffic_source': ('analytics_traffic', 'traffic_source'),
} %}

with final as (
    {% for breakdown, (query, column) in breakdowns.items() -%}
    select
        channel_id,
        on_date,
        '{{ breakdown }}' as breakdown,
        {{ column }} as value,
        sum(views)::bigint as views,
        sum(watch_minutes) as watch_minutes,
        min(partition_on) as partition_on,
        max(fetched_at) as known_at
    from ({{ current_lines('stg_youtube__' ~ query, query) }}) as {{ query }}
    group by channel_id, on_date, {{ column }}
    {{- '' if loop.last else '\n    union all' }}
    {% endfor %}
)

select * from final
