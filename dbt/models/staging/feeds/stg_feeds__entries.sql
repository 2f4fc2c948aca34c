with source as (
    select * from {{ source('raw_feeds', 'entries') }}
),

final as (
    select
        partition_on,
        payload ->> 'feed' as feed_id,
        payload ->> 'entry_id' as entry_id,
        payload ->> 'title' as title,
        payload ->> 'link' as url,
        payload ->> 'summary' as summary,
        (payload ->> 'rank')::integer as rank,
        (payload ->> 'published_at')::timestamptz as published_at,
        fetched_at,
        landing_id
    from source
)

select * from final
