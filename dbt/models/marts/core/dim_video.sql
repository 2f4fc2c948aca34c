{{ config(indexes=[{'columns': ['video_id'], 'unique': true}, {'columns': ['channel_id', 'published_at']}]) }}

with readings as (
    select distinct on (video_id)
        video_id,
        channel_id,
        channel_title,
        title,
        category_id,
        duration_seconds,
        published_at,
        is_own,
        read_at,
        min(read_at) over (partition by video_id) as first_seen_at
    from {{ ref('fct_video_reading') }}
    order by video_id, read_at desc, partition_on desc
),

-- The weekly lists know the videos that have left the daily ones.
listed as (
    select distinct on (video_id)
        video_id,
        channel_id,
        channel_title,
        title,
        category_id,
        duration_seconds,
        published_at,
        true as is_own,
        fetched_at as read_at,
        min(fetched_at) over (partition by video_id) as first_seen_at
    from {{ ref('stg_youtube__uploads') }}
    order by video_id, fetched_at desc, partition_on desc
),

-- Reports also tell of videos that were deleted before anybody read their title.
reported as (
    select
        video_id,
        min(channel_id) as channel_id,
        min(known_at) as first_seen_at
    from (
        select
            video_id,
            channel_id,
            known_at
        from {{ ref('fct_video_daily') }}
        union all
        select
            video_id,
            channel_id,
            known_at
        from {{ ref('fct_video_country_daily') }}
    ) as days
    group by video_id
),

known as (
    select
        *,
        1 as preference
    from readings
    union all
    select
        *,
        2 as preference
    from listed
    union all
    select
        video_id,
        channel_id,
        null as channel_title,
        null as title,
        null as category_id,
        null as duration_seconds,
        null as published_at,
        true as is_own,
        null as read_at,
        first_seen_at,
        3 as preference
    from reported
),

videos as (
    select distinct on (video_id)
        video_id,
        channel_id,
        channel_title,
        title,
        category_id,
        duration_seconds,
        published_at,
        bool_or(is_own) over (partition by video_id) as is_own,
        min(first_seen_at) over (partition by video_id) as first_seen_at
    from known
    order by video_id, read_at desc nulls last, preference
),

-- The newest word on videos without a length.
broadcasts as (
    select distinct on (video_id)
        video_id,
        live_broadcast
    from (
        select
            video_id,
            live_broadcast,
            fetched_at
        from {{ ref('stg_youtube__videos') }}
        where duration_seconds is null
        union all
        select
            video_id,
            live_broadcast,
            fetched_at
        from {{ ref('stg_youtube__uploads') }}
        where duration_seconds is null
        union all
        select
            video_id,
            live_broadcast,
            fetched_at
        from {{ ref('stg_youtube__chart_entries') }}
        where duration_seconds is null
        union all
        select
            video_id,
            live_broadcast,
            fetched_at
        from {{ ref('stg_youtube__video_statistics') }}
        where duration_seconds is null
    ) as told
    order by video_id, fetched_at desc
),

final as (
    select
        videos.video_id,
        videos.channel_id,
        videos.channel_title,
        videos.title,
        videos.category_id,
        videos.duration_seconds,
        case
            when videos.duration_seconds is null then case when broadcasts.live_broadcast = 'live' then 'live' end
            else {{ video_format('videos.duration_seconds', 'videos.published_at') }}
        end as format,
        videos.published_at,
        videos.is_own,
        videos.first_seen_at
    from videos
    left join broadcasts on videos.video_id = broadcasts.video_id
)

select * from final
