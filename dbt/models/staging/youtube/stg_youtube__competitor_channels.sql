with source as (
    select * from {{ source('raw_youtube', 'competitor_channels') }}
),

final as (
    select
        partition_on,
        row_key as channel_id,
        payload #>> '{snippet,title}' as title,
        payload #>> '{snippet,customUrl}' as custom_url,
        (payload #>> '{snippet,publishedAt}')::timestamptz as published_at,
        (payload #>> '{statistics,subscriberCount}')::bigint as subscribers_count,
        (payload #>> '{statistics,viewCount}')::bigint as views,
        (payload #>> '{statistics,videoCount}')::integer as videos_count,
        fetched_at,
        landing_id
    from source
)

select * from final
