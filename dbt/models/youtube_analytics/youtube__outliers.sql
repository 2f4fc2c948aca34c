with outliers as (
    select * from {{ ref('fct_video_outlier') }}
),

final as (
    select
        video_id,
        channel_id,
        horizon_hours,
        population,
        format,
        views,
        surrounding_median_views as median_views,
        outlier_ratio,
        is_outlier
    from outliers
)

select * from final
