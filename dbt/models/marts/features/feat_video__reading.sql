{{ config(
    meta={'increment': {'key': 'video_id', 'found_in': 'fct_video_reading'}},
    indexes=[
        {'columns': ['video_id', 'event_timestamp']},
        {'columns': ['video_id', 'partition_on'], 'unique': true},
        {'columns': ['partition_on']},
    ],
) }}

with readings as (
    select * from {{ ref('fct_video_reading') }}
    where {{ is_affected('video_id') }}
),

compared as (
    select
        *,
        extract(epoch from read_at - published_at)::double precision / 3600 as age_hours,
        lag(views) over by_time as previous_views,
        extract(epoch from read_at - lag(read_at) over by_time)::double precision / 3600 as hours_since_previous,
        row_number() over by_time as readings_count,
        max(known_at) over by_time as all_known_at
    from readings
    window by_time as (partition by video_id order by read_at, partition_on)
),

moving as (
    select
        *,
        views - previous_views as views_gained,
        (views - previous_views) / nullif(hours_since_previous, 0) as velocity
    from compared
),

final as (
    select
        video_id,
        read_at as event_timestamp,
        all_known_at as created_timestamp,
        partition_on,
        channel_id,
        category_id,
        is_own,
        views,
        likes,
        comments,
        countries_count,
        best_rank,
        age_hours,
        views / greatest(age_hours, 1) as views_per_hour,
        hours_since_previous,
        views_gained,
        velocity,
        (velocity - lag(velocity) over (partition by video_id order by read_at, partition_on))
        / nullif(hours_since_previous, 0) as acceleration,
        ln(greatest(views, 1)::double precision / greatest(previous_views, 1))
        * 48 / nullif(hours_since_previous, 0) as growth_previous_48h,
        likes::double precision / nullif(views, 0) as like_rate,
        comments::double precision / nullif(views, 0) as comment_rate,
        readings_count::integer as readings_count
    from moving
)

select * from final
