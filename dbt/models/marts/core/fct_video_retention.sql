{{ config(
    materialized='incremental',
    meta={'increment': {'key': 'video_id', 'found_in': 'stg_youtube__analytics_retention'}},
    indexes=[
        {'columns': ['video_id', 'age_days', 'elapsed_ratio'], 'unique': true},
        {'columns': ['partition_on']},
    ],
) }}

with curves as (
    select
        *,
        last_on - first_on as age_days
    from {{ ref('stg_youtube__analytics_retention') }}
    where jsonb_array_length(curve) > 0 and {{ is_affected('video_id') }}
),

latest as (
    select distinct on (video_id, age_days)
        *,
        age_days = max(age_days) over (partition by video_id) as is_oldest
    from curves
    order by video_id, age_days, fetched_at desc, partition_on desc
),

final as (
    select
        latest.video_id,
        latest.channel_id,
        latest.age_days,
        latest.is_oldest,
        (point.value ->> 0)::double precision as elapsed_ratio,
        (point.value ->> 1)::double precision as audience_watch_ratio,
        (point.value ->> 2)::double precision as relative_retention,
        latest.first_on,
        latest.last_on,
        latest.partition_on,
        latest.fetched_at as known_at
    from latest
    cross join lateral jsonb_array_elements(latest.curve) as point (value)
)

select * from final
