with retention as (
    select * from {{ ref('fct_video_retention') }}
),

final as (
    select
        video_id,
        channel_id,
        age_days,
        is_oldest,
        elapsed_ratio as elapsed_video_time_ratio,
        audience_watch_ratio,
        relative_retention as relative_retention_performance
    from retention
)

select * from final
