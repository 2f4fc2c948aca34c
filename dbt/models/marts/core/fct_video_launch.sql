{{ config(
    materialized='incremental',
    meta={'increment': {
        'key': 'video_id',
        'found_in': 'int_video__counted_early',
        'day_columns': [
            'published_partition_on', 'population_partition_on', 'length_partition_on', 'before_partition_on', 'after_partition_on',
        ],
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

-- All videos of own and of watched channels are counted; of others those that chart, which are the best of theirs.
populations as (
    select distinct on (video_id)
        video_id,
        population,
        partition_on
    from counts
    order by video_id, array_position(array['own', 'watched', 'charting'], population), partition_on
),

lengths as (
    select distinct on (video_id)
        video_id,
        duration_seconds,
        partition_on
    from counts
    where duration_seconds is not null
    order by video_id, partition_on, source
),

horizons as (
    select * from (values (1), (24), (48), (168)) as horizons (hours)
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

-- Sorted once each: a lateral search for every video and age reads all counts for each of them.
preceding as (
    select distinct on (aged.video_id, horizons.hours)
        aged.*,
        horizons.hours
    from aged
    inner join horizons on aged.age_hours <= horizons.hours
    order by aged.video_id, horizons.hours, aged.read_at desc, aged.partition_on, aged.source
),

following as (
    select distinct on (aged.video_id, horizons.hours)
        aged.*,
        horizons.hours
    from aged
    inner join horizons on aged.age_hours >= horizons.hours
    order by aged.video_id, horizons.hours, aged.read_at, aged.partition_on, aged.source
),

neighbours as (
    select
        published.video_id,
        published.channel_id,
        published.published_at,
        horizons.hours as horizon_hours,
        populations.population,
        {{ video_format('lengths.duration_seconds', 'published.published_at') }} as format,
        published.partition_on as published_partition_on,
        populations.partition_on as population_partition_on,
        lengths.partition_on as length_partition_on,
        preceding.partition_on as before_partition_on,
        following.partition_on as after_partition_on,
        preceding.views as before_views,
        following.views as after_views,
        preceding.likes as before_likes,
        following.likes as after_likes,
        preceding.comments as before_comments,
        following.comments as after_comments,
        following.age_hours - preceding.age_hours as hours_between,
        greatest(preceding.read_at, following.read_at) as known_at,
        coalesce(ln(horizons.hours / preceding.age_hours) / nullif(ln(following.age_hours / preceding.age_hours), 0), 0) as way,
        preceding.age_hours >= horizons.hours / 2.0 and following.age_hours <= horizons.hours * 2.0 as is_near
    from published
    inner join populations on published.video_id = populations.video_id
    left join lengths on published.video_id = lengths.video_id
    cross join horizons
    left join preceding on published.video_id = preceding.video_id and horizons.hours = preceding.hours
    left join following on published.video_id = following.video_id and horizons.hours = following.hours
),

final as (
    select
        video_id,
        horizon_hours,
        channel_id,
        published_at,
        population,
        format,
        case when is_near then round(before_views + way * (after_views - before_views))::bigint end as views,
        case when is_near then round(before_likes + way * (after_likes - before_likes))::bigint end as likes,
        case when is_near then round(before_comments + way * (after_comments - before_comments))::bigint end as comments,
        hours_between,
        published_partition_on,
        population_partition_on,
        length_partition_on,
        before_partition_on,
        after_partition_on,
        known_at
    from neighbours
)

select * from final
