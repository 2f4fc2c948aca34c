{{ config(meta={'dagster': {'ref': {'name': 'fct_video_country_daily'}}}) }}

-- Reports of a channel and day whose views in the facts are not those of the landed lines of the report that was made last.
with landed as (
    select
        'fct_video_country_daily' as fact,
        payload,
        fetched_at,
        partition_on
    from {{ source('raw_reporting', 'channel_basic_a3') }}
    union all
    select
        'fct_video_traffic_daily' as fact,
        payload,
        fetched_at,
        partition_on
    from {{ source('raw_reporting', 'channel_traffic_source_a3') }}
    union all
    select
        'fct_video_device_daily' as fact,
        payload,
        fetched_at,
        partition_on
    from {{ source('raw_reporting', 'channel_device_os_a3') }}
    union all
    select
        'fct_playlist_daily' as fact,
        payload,
        fetched_at,
        partition_on
    from {{ source('raw_reporting', 'playlist_basic_a2') }}
),

lines as (
    select
        fact,
        payload ->> 'channel_id' as channel_id,
        to_date(payload ->> 'date', 'YYYYMMDD') as on_date,
        (payload ->> 'views')::bigint as views,
        rank() over (
            partition by fact, payload ->> 'channel_id', payload ->> 'date'
            order by (payload ->> 'report_created_at')::timestamptz desc, fetched_at desc, partition_on desc
        ) as age_rank
    from landed
),

reported as (
    select
        fact,
        channel_id,
        on_date,
        sum(views) as views
    from lines
    where age_rank = 1
    group by fact, channel_id, on_date
),

counted as (
    select
        'fct_video_country_daily' as fact,
        channel_id,
        on_date,
        sum(views) as views
    from {{ ref('fct_video_country_daily') }}
    group by channel_id, on_date
    union all
    select
        'fct_video_traffic_daily' as fact,
        channel_id,
        on_date,
        sum(views) as views
    from {{ ref('fct_video_traffic_daily') }}
    group by channel_id, on_date
    union all
    select
        'fct_video_device_daily' as fact,
        channel_id,
        on_date,
        sum(views) as views
    from {{ ref('fct_video_device_daily') }}
    group by channel_id, on_date
    union all
    select
        'fct_playlist_daily' as fact,
        channel_id,
        on_date,
        sum(views) as views
    from {{ ref('fct_playlist_daily') }}
    group by channel_id, on_date
)

select
    fact,
    channel_id,
    on_date,
    reported.views,
    counted.views as fact_views
from reported
full outer join counted using (fact, channel_id, on_date)
where reported.views is distinct from counted.views
