with source as (
    select * from {{ source('raw_google', 'trends') }}
),

final as (
    select
        partition_on,
        payload ->> 'geo' as geo,
        payload ->> 'cadence' as cadence,
        payload ->> 'title' as title,
        (payload ->> 'rank')::integer as rank,
        payload ->> 'approx_traffic' as approx_traffic,
        (payload ->> 'searches')::bigint as searches,
        (payload ->> 'started_at')::timestamptz as started_at,
        payload -> 'news' as news,
        fetched_at,
        landing_id
    from source
)

select * from final
