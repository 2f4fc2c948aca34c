{{ config(indexes=[{'columns': ['channel_id'], 'unique': true}]) }}

with readings as (
    select * from {{ ref('fct_video_reading') }}
),

snapshots as (
    select * from {{ ref('stg_youtube__channels') }}
),

own_channels as (
    select * from {{ ref('stg_ops__channels') }}
),

seen_in_readings as (
    select
        channel_id,
        (array_agg(channel_title order by read_at desc, video_id))[1] as title,
        (array_agg(category_id order by read_at desc, video_id))[1] as category_id,
        min(read_at) as first_seen_at
    from readings
    where channel_id is not null
    group by channel_id
),

latest_snapshots as (
    select distinct on (channel_id)
        channel_id,
        title,
        subscribers_count,
        min(fetched_at) over (partition by channel_id) as first_seen_at
    from snapshots
    order by channel_id, fetched_at desc, partition_on desc
),

final as (
    select
        channel_id,
        own_channels.handle,
        coalesce(own_channels.title, latest_snapshots.title, seen_in_readings.title) as title,
        own_channels.niche,
        coalesce(own_channels.category_id, seen_in_readings.category_id) as category_id,
        own_channels.channel_id is not null or latest_snapshots.channel_id is not null as is_own,
        latest_snapshots.subscribers_count,
        least(latest_snapshots.first_seen_at, seen_in_readings.first_seen_at) as first_seen_at
    from seen_in_readings
    full outer join latest_snapshots using (channel_id)
    full outer join own_channels using (channel_id)
)

select * from final
