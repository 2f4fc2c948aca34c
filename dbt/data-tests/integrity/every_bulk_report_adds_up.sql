{{ config(meta={'dagster': {'ref': {'name': 'fct_video_country_daily'}}}) }}

-- Reports of a channel and day whose sums in the facts are not those of the landed lines of the report that was made last: of
-- views, and of impressions where the report is of reach.
with landed as (
    select
        'basic' as report,
        payload,
        fetched_at,
        partition_on,
        payload ->> 'views' as amount
    from {{ source('raw_reporting', 'channel_basic_a3') }}
    union all
    select
        'traffic_source' as report,
        payload,
        fetched_at,
        partition_on,
        payload ->> 'views' as amount
    from {{ source('raw_reporting', 'channel_traffic_source_a3') }}
    union all
    select
        'device_os' as report,
        payload,
        fetched_at,
        partition_on,
        payload ->> 'views' as amount
    from {{ source('raw_reporting', 'channel_device_os_a3') }}
    union all
    select
        'playlist_basic' as report,
        payload,
        fetched_at,
        partition_on,
        payload ->> 'views' as amount
    from {{ source('raw_reporting', 'playlist_basic_a2') }}
    union all
    select
        'reach_combined' as report,
        payload,
        fetched_at,
        partition_on,
        payload ->> 'video_thumbnail_impressions' as amount
    from {{ source('raw_reporting', 'channel_reach_combined_a1') }}
),

added as (
    select
        report,
        payload ->> 'channel_id' as channel_id,
        payload ->> 'date' as day,
        payload ->> 'report_created_at' as created_at,
        max(fetched_at) as fetched_at,
        partition_on,
        sum(nullif(amount, '')::numeric) as amount
    from landed
    group by report, payload ->> 'channel_id', payload ->> 'date', payload ->> 'report_created_at', partition_on
),

reported as (
    select distinct on (report, channel_id, day)
        report,
        channel_id,
        to_date(day, 'YYYYMMDD') as on_date,
        amount
    from added
    order by report, channel_id, day, created_at::timestamptz desc nulls last, fetched_at desc, partition_on desc
),

counted as (
    select
        'fct_video_country_daily' as fact,
        'basic' as report,
        channel_id,
        on_date,
        sum(views) as amount
    from {{ ref('fct_video_country_daily') }}
    group by channel_id, on_date
    union all
    select
        'fct_video_subscription_daily' as fact,
        'basic' as report,
        channel_id,
        on_date,
        sum(views) as amount
    from {{ ref('fct_video_subscription_daily') }}
    group by channel_id, on_date
    union all
    select
        'fct_video_traffic_daily' as fact,
        'traffic_source' as report,
        channel_id,
        on_date,
        sum(views) as amount
    from {{ ref('fct_video_traffic_daily') }}
    group by channel_id, on_date
    union all
    select
        'fct_video_device_daily' as fact,
        'device_os' as report,
        channel_id,
        on_date,
        sum(views) as amount
    from {{ ref('fct_video_device_daily') }}
    group by channel_id, on_date
    union all
    select
        'fct_playlist_daily' as fact,
        'playlist_basic' as report,
        channel_id,
        on_date,
        sum(views) as amount
    from {{ ref('fct_playlist_daily') }}
    group by channel_id, on_date
    union all
    select
        'fct_video_reach_daily' as fact,
        'reach_combined' as report,
        channel_id,
        on_date,
        sum(impressions) as amount
    from {{ ref('fct_video_reach_daily') }}
    group by channel_id, on_date
),

facts as (
    select distinct
        fact,
        report
    from counted
),

expected as (
    select
        facts.fact,
        reported.channel_id,
        reported.on_date,
        reported.amount
    from reported
    inner join facts on reported.report = facts.report
)

select
    fact,
    channel_id,
    on_date,
    expected.amount,
    counted.amount as fact_amount
from expected
full outer join counted using (fact, channel_id, on_date)
where expected.amount is distinct from counted.amount
