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

-- Whether the channel charted with the topic in the seven days before, and does so on the next day.
charted as (
    select
        *,
        max(partition_on) over (
            partition by topic_id, channel_id order by partition_on
            range between interval '7 days' preceding and interval '1 day' preceding
        ) is null as is_new,
        max(partition_on) over (
            partition by topic_id, channel_id order by partition_on
            range between interval '1 day' following and interval '1 day' following
        ) is null as is_leaving
    from mentions
    where source = 'chart'
),

counted as (
    select
        topic_id,
        partition_on,
        mode() within group (order by topic_title) as topic_title,
        mode() within group (order by category_id) as category_id,
        count(distinct channel_id)::integer as channels_count,
        count(distinct channel_id) filter (where is_new)::integer as new_channels_count,
        count(distinct channel_id) filter (where is_leaving)::integer as leaving_channels_count,
        count(*)::integer as videos_count,
        string_agg(regions, ',') as regions,
        sum(amount)::bigint as chart_views,
        max(fetched_at) as fetched_at
    from charted
    group by topic_id, partition_on
),

-- Distinct channels of two days are those of the second day and those that left after the first.
compared as (
    select
        *,
        channels_count + coalesce(sum(leaving_channels_count) over (
            by_day range between interval '1 day' preceding and interval '1 day' preceding
        ), 0) as channels_48h_count,
        coalesce(sum(channels_count) over (
            by_day range between interval '2 days' preceding and interval '2 days' preceding
        ), 0) + coalesce(sum(leaving_channels_count) over (
            by_day range between interval '3 days' preceding and interval '3 days' preceding
        ), 0) as previous_channels_48h_count
    from counted
    window by_day as (partition by topic_id order by partition_on)
),

chart_days as (
    select distinct partition_on from charted
),

-- What is known of the days before: a channel is new, and a topic grows, only against days whose charts were read.
known_days as (
    select
        chart_days.partition_on,
        (count(*) filter (where earlier.partition_on >= chart_days.partition_on - 7))::integer as chart_days_7d_count,
        bool_or(earlier.partition_on = chart_days.partition_on - 1) is true as has_day_before,
        (count(*) filter (where earlier.partition_on between chart_days.partition_on - 3 and chart_days.partition_on - 2)) = 2
            as has_previous_48h
    from chart_days
    left join chart_days as earlier on chart_days.partition_on > earlier.partition_on
    group by chart_days.partition_on
),

story_days as (
    select distinct partition_on from {{ ref('stg_hackernews__stories') }}
    where {{ is_affected('partition_on') }}
),

pageview_days as (
    select distinct partition_on from {{ ref('stg_wikipedia__pageviews') }}
    where {{ is_affected('partition_on') }}
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
        compared.topic_id,
        compared.partition_on as on_date,
        compared.topic_title,
        compared.category_id,
        compared.channels_count,
        case when known_days.chart_days_7d_count > 0 then compared.new_channels_count end as new_channels_count,
        compared.channels_48h_count::integer as channels_48h_count,
        case when known_days.has_day_before and known_days.has_previous_48h then compared.previous_channels_48h_count::integer end
            as previous_channels_48h_count,
        known_days.chart_days_7d_count,
        compared.videos_count,
        (select count(distinct regions.region) from string_to_table(compared.regions, ',') as regions (region))::integer
            as countries_count,
        compared.chart_views,
        case when story_days.partition_on is not null then coalesce(elsewhere.hackernews_points, 0) end as hackernews_points,
        case when pageview_days.partition_on is not null then coalesce(elsewhere.wikipedia_views, 0) end as wikipedia_views,
        compared.fetched_at,
        greatest(compared.fetched_at, elsewhere.fetched_at) as known_at
    from compared
    inner join known_days on compared.partition_on = known_days.partition_on
    left join story_days on compared.partition_on = story_days.partition_on
    left join pageview_days on compared.partition_on = pageview_days.partition_on
    left join elsewhere
        on compared.topic_id = elsewhere.topic_id
        and compared.partition_on = elsewhere.partition_on
    where compared.channels_48h_count >= 2 and {{ is_affected('compared.partition_on') }}
)

select * from final
