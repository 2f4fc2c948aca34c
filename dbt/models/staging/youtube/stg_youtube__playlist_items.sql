with source as (
    select * from {{ source('raw_youtube', 'playlist_items') }}
),

final as (
    select
        partition_on,
        payload #>> '{snippet,playlistId}' as playlist_id,
        coalesce(payload #>> '{contentDetails,videoId}', payload #>> '{snippet,resourceId,videoId}') as video_id,
        payload #>> '{snippet,channelId}' as channel_id,
        payload #>> '{snippet,title}' as title,
        (payload #>> '{snippet,position}')::integer as position,
        (payload #>> '{snippet,publishedAt}')::timestamptz as added_at,
        (payload #>> '{contentDetails,videoPublishedAt}')::timestamptz as published_at,
        fetched_at,
        landing_id
    from source
)

select * from final
