{{ config(materialized='table', indexes=[{'columns': ['channel_id', 'format'], 'unique': true}]) }}

{% set window_days = 28 %}

with channel_readings as (
    select
        *,
        row_number() over (partition by channel_id order by partition_on desc) as age_rank,
        max(fetched_at) over (partition by channel_id) as last_fetched_at
    from {{ ref('stg_youtube__competitor_channels') }}
),

video_readings as (
    select
        channel_id,
        partition_on,
        video_id,
        published_at,
        views,
        fetched_at,
        coalesce({{ video_format('duration_seconds', 'published_at') }}, 'unknown') as format
    from {{ ref('stg_youtube__competitor_videos') }}
),

channels as (
    select
        channel_id,
        title,
        subscribers_count,
        views,
        fetched_at
    from channel_readings
    where age_rank = 1
),

-- The channel's count of views a week before, or as near to it as there is one.
earlier_channels as (
    select distinct on (channel_id)
        channel_id,
        views,
        fetched_at
    from channel_readings
    where age_rank > 1 and fetched_at >= last_fetched_at - interval '7 days 12 hours'
    order by channel_id, partition_on
),

lists as (
    select
        channel_id,
        partition_on,
        max(fetched_at) as read_at
    from video_readings
    group by channel_id, partition_on
),

last_lists as (
    select distinct on (channel_id) *
    from lists
    order by channel_id, partition_on desc
),

earlier_lists as (
    select distinct on (lists.channel_id) lists.*
    from lists
    inner join last_lists
        on lists.channel_id = last_lists.channel_id
        and lists.partition_on < last_lists.partition_on
        and lists.read_at >= last_lists.read_at - interval '7 days 12 hours'
    order by lists.channel_id, lists.partition_on
),

-- A video that was published since then has gained all its views; one that is missing from the earlier list is not known to.
videos as (
    select
        latest.channel_id,
        latest.format,
        latest.published_at,
        latest.views,
        last_lists.read_at,
        earlier_lists.read_at as earlier_read_at,
        extract(epoch from last_lists.read_at - latest.published_at)::double precision / 86400 as age_days,
        case
            when latest.published_at > earlier_lists.read_at then latest.views
            else latest.views - earlier.views
        end as views_gained
    from last_lists
    inner join video_readings as latest
        on last_lists.channel_id = latest.channel_id
        and last_lists.partition_on = latest.partition_on
    left join earlier_lists on last_lists.channel_id = earlier_lists.channel_id
    left join video_readings as earlier
        on earlier_lists.channel_id = earlier.channel_id
        and earlier_lists.partition_on = earlier.partition_on
        and latest.video_id = earlier.video_id
    where latest.published_at > last_lists.read_at - interval '{{ window_days }} days'
),

spaced as (
    select
        videos.*,
        parts.part,
        videos.published_at - lag(videos.published_at) over (
            partition by videos.channel_id, parts.part order by videos.published_at
        ) as since_previous
    from videos
    cross join lateral (values ('all'), (videos.format)) as parts (part)
),

added as (
    select
        channel_id,
        part as format,
        max(read_at) as read_at,
        count(*)::integer as videos_count,
        percentile_cont(0.5) within group (order by since_previous) as median_between,
        count(*) filter (where views is not null and age_days >= 1)::integer as rated_videos_count,
        percentile_cont(0.5) within group (order by views / age_days) filter (where views is not null and age_days >= 1)
            as median_views_per_day,
        count(views_gained)::integer as gained_videos_count,
        sum(views_gained)::bigint as views_gained,
        extract(epoch from max(read_at) - max(earlier_read_at))::double precision / 86400 as gained_days
    from spaced
    group by channel_id, part
),

parts as (
    select
        channel_id,
        format
    from added
    union
    select
        channel_id,
        'all' as format
    from channels
),

final as (
    select
        parts.channel_id,
        parts.format,
        channels.title,
        channels.subscribers_count,
        added.read_at,
        added.videos_count,
        added.videos_count / {{ window_days / 7 }}::double precision as videos_per_week,
        extract(epoch from added.median_between)::double precision / 86400 as median_days_between,
        added.rated_videos_count,
        added.median_views_per_day,
        added.gained_videos_count,
        added.gained_days,
        added.views_gained / nullif(added.gained_days, 0) as views_gained_per_day,
        case
            when parts.format = 'all'
                then
                    (channels.views - earlier_channels.views)
                    / nullif(extract(epoch from channels.fetched_at - earlier_channels.fetched_at)::double precision / 86400, 0)
        end as channel_views_per_day
    from parts
    left join added on parts.channel_id = added.channel_id and parts.format = added.format
    left join channels on parts.channel_id = channels.channel_id
    left join earlier_channels on parts.channel_id = earlier_channels.channel_id
)

select * from final
