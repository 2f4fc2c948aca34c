{{ config(indexes=[{'columns': ['video_id', 'horizon_hours'], 'unique': true}, {'columns': ['channel_id', 'published_at']}]) }}

with launches as (
    select * from {{ ref('fct_video_launch') }}
    where views is not null and channel_id is not null and format is not null
),

surrounded as (
    select
        *,
        array_agg(views) over (
            partition by channel_id, population, format, horizon_hours order by published_at, video_id
            rows between 5 preceding and 5 following exclude current row
        ) as surrounding_views
    from launches
),

compared as (
    select
        surrounded.*,
        typical.videos_count,
        typical.median_views
    from surrounded
    cross join lateral (
        select
            count(*)::integer as videos_count,
            percentile_cont(0.5) within group (order by around.views) as median_views
        from unnest(surrounded.surrounding_views) as around (views)
    ) as typical
),

final as (
    select
        video_id,
        horizon_hours,
        channel_id,
        published_at,
        population,
        format,
        views,
        videos_count as surrounding_videos_count,
        median_views as surrounding_median_views,
        views / nullif(median_views, 0) as outlier_ratio,
        coalesce(views >= 2 * median_views and median_views > 0, false) as is_outlier
    from compared
    where videos_count >= 3
)

select * from final
