{{ config(
    materialized='incremental',
    meta={'increment': {'key': 'on_date', 'found_in': 'int_report__fetched'}},
    indexes=[
        {'columns': ['channel_id', 'breakdown', 'on_date', 'value'], 'unique': true},
        {'columns': ['on_date']},
    ],
) }}

with countries as (
    {{ current_lines('stg_youtube__analytics_countries') }}
),

devices as (
    {{ current_lines('stg_youtube__analytics_devices') }}
),

locations as (
    {{ current_lines('stg_youtube__analytics_playback_locations') }}
),

sources as (
    {{ current_lines('stg_youtube__analytics_traffic') }}
),

final as (
    select
        channel_id,
        on_date,
        'country' as breakdown,
        country_code as value,
        sum(views)::bigint as views,
        sum(watch_minutes) as watch_minutes,
        min(partition_on) as partition_on,
        max(fetched_at) as known_at
    from countries
    group by channel_id, on_date, country_code
    union all
    select
        channel_id,
        on_date,
        'device_type' as breakdown,
        device_type as value,
        sum(views)::bigint as views,
        sum(watch_minutes) as watch_minutes,
        min(partition_on) as partition_on,
        max(fetched_at) as known_at
    from devices
    group by channel_id, on_date, device_type
    union all
    select
        channel_id,
        on_date,
        'playback_location' as breakdown,
        playback_location as value,
        sum(views)::bigint as views,
        sum(watch_minutes) as watch_minutes,
        min(partition_on) as partition_on,
        max(fetched_at) as known_at
    from locations
    group by channel_id, on_date, playback_location
    union all
    select
        channel_id,
        on_date,
        'traffic_source' as breakdown,
        traffic_source as value,
        sum(views)::bigint as views,
        sum(watch_minutes) as watch_minutes,
        min(partition_on) as partition_on,
        max(fetched_at) as known_at
    from sources
    group by channel_id, on_date, traffic_source
)

select * from final
