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
        compared.new_channels_count,
        compared.channels_48h_count::integer as channels_48h_count,
        case
            when
                compared.partition_on - 2 = any(array(select chart_days.partition_on from chart_days))
                or compared.partition_on - 3 = any(array(select chart_days.partition_on from chart_days))
                then compared.previous_channels_48h_count::integer
        end as previous_channels_48h_count,
        compared.videos_count,
        (select count(distinct regions.region) from string_to_table(compared.regions, ',') as regions (region))::integer
            as countries_count,
        compared.chart_views,
        coalesce(elsewhere.hackernews_points, 0) as hackernews_points,
        coalesce(elsewhere.wikipedia_views, 0) as wikipedia_views,
        compared.fetched_at,
        greatest(compared.fetched_at, elsewhere.fetched_at) as known_at
    from compared
    left join elsewhere
        on compared.topic_id = elsewhere.topic_id
        and compared.partition_on = elsewhere.partition_on
    where compared.channels_48h_count >= 2 and {{ is_affected('compared.partition_on') }}
)

select * from final
