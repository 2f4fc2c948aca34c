with source as (
    select * from {{ source('raw_youtube', 'comments') }}
),

final as (
    select
        partition_on,
        row_key as comment_id,
        payload #>> '{snippet,videoId}' as video_id,
        payload #>> '{snippet,channelId}' as channel_id,
        payload #>> '{snippet,parentId}' as parent_id,
        payload #>> '{snippet,textDisplay}' as comment_text,
        (payload #>> '{snippet,likeCount}')::bigint as likes,
        (payload #>> '{snippet,publishedAt}')::timestamptz as published_at,
        (payload #>> '{snippet,updatedAt}')::timestamptz as updated_at,
        fetched_at,
        landing_id
    from source
)

select * from final
