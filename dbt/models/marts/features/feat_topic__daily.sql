{{ config(
    meta={'increment': {'key': 'partition_on', 'days_after': 11}},
    indexes=[
        {'columns': ['topic_id', 'partition_on'], 'unique': true},
        {'columns': ['topic_id', 'event_timestamp']},
        {'columns': ['partition_on']},
    ],
) }}

with topic_days as (
    select * from {{ ref('fct_topic_daily') }}
    where {{ is_affected('on_date') }}
),

mentions as (
    select * from {{ ref('int_topic__mentioned') }}
    where source = 'chart' and {{ is_affected('partition_on') }}
),

readings as (
    select * from {{ ref('feat_video__reading') }}
    where {{ is_affected('partition_on') }}
),

-- Views gained in a day, of the videos whose previous reading is a day old.
gains as (
    select
        mentions.topic_id,
        mentions.partition_on,
        round(sum(readings.velocity * 24))::bigint as views_gained,
        count(*)::integer as videos_count,
        max(readings.created_timestamp) as known_at
    from mentions
    inner join readings
        on mentions.mention_id = readings.video_id
        and mentions.partition_on = readings.partition_on
    where {{ is_day_apart('readings.hours_since_previous') }}
    group by mentions.topic_id, mentions.partition_on
),

final as (
    select
        topic_days.topic_id,
        topic_days.fetched_at as event_timestamp,
        greatest(topic_days.known_at, gains.known_at) as created_timestamp,
        topic_days.on_date as partition_on,
        topic_days.channels_count,
        topic_days.new_channels_count,
        topic_days.videos_count,
        topic_days.countries_count,
        gains.views_gained,
        coalesce(gains.videos_count, 0) as views_gained_videos_count,
        topic_days.hackernews_points,
        topic_days.wikipedia_views,
        ln((topic_days.channels_48h_count + 1)::double precision / (topic_days.previous_channels_48h_count + 1)) as momentum
    from topic_days
    left join gains
        on topic_days.topic_id = gains.topic_id
        and topic_days.on_date = gains.partition_on
)

select * from final
