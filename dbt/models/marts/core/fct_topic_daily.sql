{{ config(
    materialized='incremental',
    meta={'increment': {'key': 'on_date', 'days_after': 7}},
    indexes=[
        {'columns': ['topic_id', 'on_date'], 'unique': true},
        {'columns': ['on_date']},
    ],
) }}

with mentions as (
    select * from {{ ref('int_topic__mentioned') }}
    where {{ is_affected('partition_on', days_before=7) }}
),

charted as (
    select * from mentions
    where source = 'chart'
),

-- One row per topic, channel and day, with the day before on which the channel last charted with the topic.
channel_days as (
    select
        topic_id,
        channel_id,
        partition_on,
        lag(partition_on) over (partition by topic_id, channel_id order by partition_on) as previous_on
    from charted
    group by topic_id, channel_id, partition_on
),

newcomers as (
    select
        topic_id,
        partition_on,
        count(*) filter (where previous_on is null or previous_on < partition_on - 7)::integer as new_channels_count
    from channel_days
    group by topic_id, partition_on
),

-- Distinct channels of a day and the day before it.
two_days as (
    select
        channel_days.topic_id,
        channel_days.partition_on + step.days as on_date,
        count(distinct channel_days.channel_id)::integer as channels_48h_count
    from channel_days
    cross join (values (0), (1)) as step (days)
    group by channel_days.topic_id, channel_days.partition_on + step.days
),

chart_days as (
    select distinct partition_on from charted
),

counted as (
    select
        charted.topic_id,
        charted.partition_on,
        mode() within group (order by charted.topic_title) as topic_title,
        mode() within group (order by charted.category_id) as category_id,
        count(distinct charted.channel_id)::integer as channels_count,
        count(*)::integer as videos_count,
        sum(charted.amount)::bigint as chart_views,
        max(charted.fetched_at) as fetched_at
    from charted
    inner join two_days
        on charted.topic_id = two_days.topic_id
        and charted.partition_on = two_days.on_date
    where two_days.channels_48h_count >= 2
    group by charted.topic_id, charted.partition_on
),

countries as (
    select
        charted.topic_id,
        charted.partition_on,
        count(distinct regions.region)::integer as countries_count
    from charted
    cross join lateral string_to_table(charted.regions, ',') as regions (region)
    group by charted.topic_id, charted.partition_on
),

elsewhere as (
    select
        topic_id,
        partition_on,
        sum(amount) filter (where source = 'hackernews')::bigint as hackernews_points,
        sum(amount) filter (where source = 'wikipedia')::bigint as wikipedia_views,
        max(fetched_at) as fetched_at
    from mentions
    where source <> 'chart'
    group by topic_id, partition_on
),

final as (
    select
        counted.topic_id,
        counted.partition_on as on_date,
        counted.topic_title,
        counted.category_id,
        counted.channels_count,
        newcomers.new_channels_count,
        two_days.channels_48h_count,
        case
            when exists (
                select 1 from chart_days
                where chart_days.partition_on in (counted.partition_on - 2, counted.partition_on - 3)
            ) then coalesce(previous.channels_48h_count, 0)
        end as previous_channels_48h_count,
        counted.videos_count,
        countries.countries_count,
        counted.chart_views,
        coalesce(elsewhere.hackernews_points, 0) as hackernews_points,
        coalesce(elsewhere.wikipedia_views, 0) as wikipedia_views,
        counted.fetched_at,
        greatest(counted.fetched_at, elsewhere.fetched_at) as known_at
    from counted
    inner join newcomers
        on counted.topic_id = newcomers.topic_id
        and counted.partition_on = newcomers.partition_on
    inner join two_days
        on counted.topic_id = two_days.topic_id
        and counted.partition_on = two_days.on_date
    inner join countries
        on counted.topic_id = countries.topic_id
        and counted.partition_on = countries.partition_on
    left join two_days as previous
        on counted.topic_id = previous.topic_id
        and counted.partition_on - 2 = previous.on_date
    left join elsewhere
        on counted.topic_id = elsewhere.topic_id
        and counted.partition_on = elsewhere.partition_on
    where {{ is_affected('counted.partition_on') }}
)

select * from final
