{{ config(
    materialized='incremental',
    meta={'increment': {
        'key': 'video_id',
        'found_in': 'int_video__counted_early',
        'day_columns': ['published_partition_on', 'before_partition_on', 'after_partition_on'],
    }},
    indexes=[
        {'columns': ['video_id', 'horizon_hours'], 'unique': true},
        {'columns': ['channel_id', 'published_at']},
    ],
) }}

with counts as (
    select * from {{ ref('int_video__counted_early') }}
    where {{ is_affected('video_id') }}
),

published as (
    select distinct on (video_id)
        video_id,
        channel_id,
        published_at,
        partition_on
    from counts
    where published_at is not null
    order by video_id, partition_on, source
),

horizons as (
    select
        published.*,
        horizons.hours
    from published
    cross join (values (1), (24), (48), (168)) as horizons (hours)
),

-- A count in the first minute has the age of one minute: a logarithm is taken of it.
aged as (
    select
        counts.*,
        greatest(extract(epoch from counts.read_at - published.published_at)::double precision / 3600, 1 / 60.0) as age_hours
    from counts
    inner join published on counts.video_id = published.video_id
    where counts.read_at >= published.published_at
),

neighbours as (
    select
        horizons.video_id,
        horizons.channel_id,
        horizons.published_at,
        horizons.hours as horizon_hours,
        horizons.partition_on as published_partition_on,
        before.partition_on as before_partition_on,
        after.partition_on as after_partition_on,
        before.views as before_views,
        after.views as after_views,
        before.likes as before_likes,
        after.likes as after_likes,
        before.comments as before_comments,
        after.comments as after_comments,
        after.age_hours - before.age_hours as hours_between,
        greatest(before.read_at, after.read_at) as known_at,
        coalesce(ln(horizons.hours / before.age_hours) / nullif(ln(after.age_hours / before.age_hours), 0), 0) as way,
        before.age_hours >= horizons.hours / 2.0 and after.age_hours <= horizons.hours * 2.0 as is_near
    from horizons
    left join lateral (
        select aged.* from aged
        where aged.video_id = horizons.video_id and aged.age_hours <= horizons.hours
        order by aged.read_at desc, aged.partition_on, aged.source
        limit 1
    ) as before on true
    left join lateral (
        select aged.* from aged
        where aged.video_id = horizons.video_id and aged.age_hours >= horizons.hours
        order by aged.read_at, aged.partition_on, aged.source
        limit 1
    ) as after on true
),

final as (
    select
        video_id,
        horizon_hours,
        channel_id,
        published_at,
        case when is_near then round(before_views + way * (after_views - before_views))::bigint end as views,
        case when is_near then round(before_likes + way * (after_likes - before_likes))::bigint end as likes,
        case when is_near then round(before_comments + way * (after_comments - before_comments))::bigint end as comments,
        hours_between,
        published_partition_on,
        before_partition_on,
        after_partition_on,
        known_at
    from neighbours
)

select * from final
