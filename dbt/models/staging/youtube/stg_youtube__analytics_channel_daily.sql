with source as (
    select * from {{ source('raw_youtube', 'analytics_channel_daily') }}
),

final as (
    select
        partition_on,
        (payload ->> 'day')::date as on_date,
        payload ->> 'channel_id' as channel_id,
        (payload ->> 'views')::numeric::bigint as views,
        (payload ->> 'engagedViews')::numeric::bigint as engaged_views,
        (payload ->> 'estimatedMinutesWatched')::double precision as watch_minutes,
        (payload ->> 'averageViewDuration')::double precision as average_view_seconds,
        (payload ->> 'averageViewPercentage')::double precision as average_view_pct,
        (payload ->> 'likes')::numeric::bigint as likes,
        (payload ->> 'comments')::numeric::bigint as comments,
        (payload ->> 'shares')::numeric::bigint as shares,
        (payload ->> 'subscribersGained')::numeric::bigint as subscribers_gained,
        (payload ->> 'subscribersLost')::numeric::bigint as subscribers_lost,
        fetched_at,
        landing_id
    from source
)

select * from final
