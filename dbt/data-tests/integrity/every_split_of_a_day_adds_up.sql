{{ config(meta={'dagster': {'ref': {'name': 'fct_channel_breakdown_daily'}}}) }}

-- Channel days whose views in a breakdown are not those of the landed rows that were fetched last.
with landed as (
    select
        'country' as breakdown,
        fetched_at,
        partition_on,
        payload
    from {{ source('raw_youtube', 'analytics_countries') }}
    union all
    select
        'device_type' as breakdown,
        fetched_at,
        partition_on,
        payload
    from {{ source('raw_youtube', 'analytics_devices') }}
    union all
    select
        'playback_location' as breakdown,
        fetched_at,
        partition_on,
        payload
    from {{ source('raw_youtube', 'analytics_playback_locations') }}
    union all
    select
        'traffic_source' as breakdown,
        fetched_at,
        partition_on,
        payload
    from {{ source('raw_youtube', 'analytics_traffic') }}
),

fetched as (
    select
        breakdown,
        payload ->> 'channel_id' as channel_id,
        (payload ->> 'day')::date as on_date,
        (payload ->> 'views')::bigint as views,
        rank() over (
            partition by breakdown, payload ->> 'channel_id', payload ->> 'day' order by fetched_at desc, partition_on desc
        ) as age_rank
    from landed
),

source_days as (
    select
        breakdown,
        channel_id,
        on_date,
        sum(views) as views
    from fetched
    where age_rank = 1
    group by breakdown, channel_id, on_date
),

fact_days as (
    select
        breakdown,
        channel_id,
        on_date,
        sum(views) as views
    from {{ ref('fct_channel_breakdown_daily') }}
    group by breakdown, channel_id, on_date
)

select
    breakdown,
    channel_id,
    on_date,
    source_days.views,
    fact_days.views as fact_views
from source_days
full outer join fact_days using (breakdown, channel_id, on_date)
where source_days.views is distinct from fact_days.views
