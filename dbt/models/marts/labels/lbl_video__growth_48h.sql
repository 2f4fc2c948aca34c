{{ config(
    materialized='incremental',
    meta={'increment': {'key': 'video_id', 'found_in': 'feat_video__reading', 'days_before': 2, 'days_after': 8}},
    indexes=[
        {'columns': ['video_id', 'partition_on'], 'unique': true},
        {'columns': ['event_timestamp']},
        {'columns': ['partition_on']},
    ],
) }}

-- A count that stands still since the reading before was not read anew: it tells neither where a video stands nor how it grew.
with readings as (
    select * from {{ ref('feat_video__reading') }}
    where {{ is_affected('video_id') }} and views_gained is distinct from 0
),

landings as (
    select * from {{ ref('int_landing__current') }}
),

-- Days on which a video without a reading is known to have none.
complete_days as (
    select
        partition_on,
        max(fetched_at) as known_at
    from landings
    where asset_key in ('raw_youtube/charts', 'raw_youtube/video_statistics')
    group by partition_on
    having count(*) = 2
),

candidates as (
    select * from readings
    where age_hours between 0 and 168 and views >= 100 and (not is_own or countries_count > 0)
),

paired as (
    select
        candidates.*,
        later.views as views_48h,
        extract(epoch from later.event_timestamp - candidates.event_timestamp)::double precision / 3600 as hours_between,
        later.video_id is not null as is_observed,
        greatest(candidates.created_timestamp, coalesce(later.created_timestamp, complete_days.known_at)) as known_at
    from candidates
    left join readings as later
        on candidates.video_id = later.video_id
        and candidates.partition_on + 2 = later.partition_on
        and later.event_timestamp - candidates.event_timestamp between interval '36 hours' and interval '60 hours'
    left join complete_days
        on candidates.partition_on + 2 = complete_days.partition_on
        and complete_days.known_at - candidates.event_timestamp between interval '36 hours' and interval '60 hours'
    where later.video_id is not null or complete_days.partition_on is not null
),

final as (
    select
        video_id,
        event_timestamp,
        known_at,
        partition_on,
        channel_id,
        category_id,
        countries_count > 0 as is_charting,
        age_hours,
        case
            when age_hours < 12 then '0-12'
            when age_hours < 24 then '12-24'
            when age_hours < 36 then '24-36'
            when age_hours < 48 then '36-48'
            when age_hours < 72 then '48-72'
            when age_hours < 96 then '72-96'
            when age_hours < 120 then '96-120'
            else '120-168'
        end as age_band,
        views as views_now,
        views_48h,
        hours_between,
        ln(greatest(views_48h, 1)::double precision / views) * 48 / hours_between as growth_48h,
        is_observed,
        row_number() over (partition by video_id order by event_timestamp, partition_on)::integer as readings_count
    from paired
)

select * from final
