{{ config(
    materialized='incremental',
    meta={'increment': {'key': 'partition_on'}},
    indexes=[
        {'columns': ['video_id', 'partition_on'], 'unique': true},
        {'columns': ['partition_on']},
        {'columns': ['channel_id', 'partition_on']},
    ],
) }}

with own_videos as (
    select * from {{ ref('stg_youtube__videos') }}
    where {{ is_affected('partition_on') }}
),

chart_entries as (
    select * from {{ ref('stg_youtube__chart_entries') }}
    where {{ is_affected('partition_on') }}
),

statistics as (
    select * from {{ ref('stg_youtube__video_statistics') }}
    where {{ is_affected('partition_on') }}
),

{% set columns -%}
    partition_on, video_id, channel_id, channel_title, title, category_id, published_at, duration_seconds,
        views, likes, comments, fetched_at
{%- endset %}
sightings as (
    select
        {{ columns }},
        'videos' as source,
        1 as preference
    from own_videos
    union all
    select
        {{ columns }},
        'charts' as source,
        2 as preference
    from chart_entries
    union all
    select
        {{ columns }},
        'video_statistics' as source,
        3 as preference
    from statistics
),

preferred as (
    select distinct on (partition_on, video_id)
        *,
        bool_or(source = 'videos') over (partition by partition_on, video_id) as is_own
    from sightings
    order by partition_on, video_id, views is null, preference, views desc nulls last, title
),

-- A day whose charts were not read does not say that a video is on none.
chart_days as (
    select distinct partition_on from chart_entries
),

charted as (
    select
        partition_on,
        video_id,
        count(distinct region)::integer as countries_count,
        min(rank) as best_rank,
        max(fetched_at) as fetched_at
    from chart_entries
    group by partition_on, video_id
),

final as (
    select
        preferred.video_id,
        preferred.partition_on,
        preferred.fetched_at as read_at,
        greatest(preferred.fetched_at, charted.fetched_at) as known_at,
        preferred.channel_id,
        preferred.channel_title,
        preferred.title,
        preferred.category_id,
        preferred.published_at,
        preferred.duration_seconds,
        preferred.is_own,
        preferred.source,
        preferred.views,
        preferred.likes,
        preferred.comments,
        case when chart_days.partition_on is not null then coalesce(charted.countries_count, 0) end as countries_count,
        charted.best_rank
    from preferred
    left join chart_days on preferred.partition_on = chart_days.partition_on
    left join charted
        on preferred.partition_on = charted.partition_on
        and preferred.video_id = charted.video_id
    where preferred.views is not null
)

select * from final
