with source as (
    select * from {{ source('raw_youtube', 'analytics_search_terms') }}
),

final as (
    select
        partition_on,
        payload ->> 'channel_id' as channel_id,
        (payload ->> 'start')::date as first_on,
        (payload ->> 'end')::date as last_on,
        payload ->> 'insightTrafficSourceDetail' as search_term,
        (payload ->> 'views')::numeric::bigint as views,
        (payload ->> 'estimatedMinutesWatched')::double precision as watch_minutes,
        fetched_at,
        landing_id
    from source
)

select * from final
