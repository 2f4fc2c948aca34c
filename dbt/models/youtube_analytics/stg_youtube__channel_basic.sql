with lines as (
    {{ current_lines('stg_reporting__channel_basic') }}
),

final as (
    select
        md5(concat_ws('|', on_date, video_id, live_or_on_demand, subscribed_status, country_code)) as _fivetran_id,
        on_date as date_day,
        fetched_at as _fivetran_synced,
        average_view_pct / 100 as average_view_duration_percentage,
        average_view_seconds as average_view_duration_seconds,
        channel_id,
        video_id,
        live_or_on_demand,
        subscribed_status,
        country_code,
        comments,
        dislikes,
        likes,
        shares,
        subscribers_gained,
        subscribers_lost,
        views,
        engaged_views,
        watch_minutes as watch_time_minutes,
        'raw_reporting' as source_relation
    from lines
)

select * from final
