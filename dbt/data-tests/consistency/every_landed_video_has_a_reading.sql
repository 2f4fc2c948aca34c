{{ config(meta={'dagster': {'ref': {'name': 'fct_video_reading'}}}) }}

-- Days whose distinct videos with a view count differ between the landed rows and the readings.
with landed as (
    select
        partition_on,
        row_key as video_id
    from {{ source('raw_youtube', 'videos') }}
    where payload #> '{statistics,viewCount}' is not null
    union
    select
        partition_on,
        row_key as video_id
    from {{ source('raw_youtube', 'video_statistics') }}
    where payload #> '{statistics,viewCount}' is not null
    union
    select
        partition_on,
        payload #>> '{item,id}' as video_id
    from {{ source('raw_youtube', 'charts') }}
    where payload #> '{item,statistics,viewCount}' is not null
),

landed_days as (
    select
        partition_on,
        count(*) as videos
    from landed
    group by partition_on
),

reading_days as (
    select
        partition_on,
        count(*) as videos
    from {{ ref('fct_video_reading') }}
    group by partition_on
)

select
    partition_on,
    landed_days.videos,
    reading_days.videos as reading_videos
from landed_days
full outer join reading_days using (partition_on)
where landed_days.videos is distinct from reading_days.videos
