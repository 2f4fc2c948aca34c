with launches as (
    select * from {{ ref('fct_video_launch') }}
),

final as (
    select
        video_id,
        channel_id,
        published_at as video_published_at,
        max(views) filter (where horizon_hours = 1) as views_1h,
        max(views) filter (where horizon_hours = 24) as views_24h,
        max(views) filter (where horizon_hours = 48) as views_48h,
        max(views) filter (where horizon_hours = 168) as views_7d
    from launches
    group by video_id, channel_id, published_at
)

select * from final
