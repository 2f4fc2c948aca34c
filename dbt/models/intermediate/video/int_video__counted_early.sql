{{ config(
    meta={'increment': {'key': 'partition_on'}},
    indexes=[
        {'columns': ['video_id', 'read_at']},
        {'columns': ['partition_on']},
    ],
) }}

-- Fourteen days: twice the last launch horizon of 168 hours, so that a count after it is found as far off as the launch allows.
with readings as (
    select * from {{ ref('fct_video_reading') }}
    where {{ is_affected('partition_on') }}
),

snapshots as (
    select * from {{ ref('stg_youtube__snapshots') }}
    where {{ is_affected('partition_on') }}
),

competitors as (
    select * from {{ ref('stg_youtube__competitor_videos') }}
    where {{ is_affected('partition_on') }}
),

final as (
    select
        partition_on,
        'reading' as source,
        video_id,
        read_at,
        case when is_own then 'own' else 'charting' end as population,
        channel_id,
        published_at,
        duration_seconds,
        views,
        likes,
        comments
    from readings
    where read_at between published_at and published_at + interval '14 days'
    union all
    select
        partition_on,
        'snapshot' as source,
        video_id,
        read_at,
        'own' as population,
        null as channel_id,
        null as published_at,
        null as duration_seconds,
        views,
        likes,
        comments
    from snapshots
    where views is not null
    union all
    select
        partition_on,
        'competitor' as source,
        video_id,
        fetched_at as read_at,
        'watched' as population,
        channel_id,
        published_at,
        duration_seconds,
        views,
        likes,
        comments
    from competitors
    where views is not null and fetched_at between published_at and published_at + interval '14 days'
)

select * from final
