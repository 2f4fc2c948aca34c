with traffic as (
    select * from {{ ref('fct_video_traffic_daily') }}
),

final as (
    select
        on_date as date_day,
        video_id,
        channel_id,
        traffic_source,
        views,
        engaged_views,
        watch_minutes as watch_time_minutes
    from traffic
)

select * from final
