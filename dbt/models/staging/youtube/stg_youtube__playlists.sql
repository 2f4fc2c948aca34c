with source as (
    select * from {{ source('raw_youtube', 'playlists') }}
),

final as (
    select
        partition_on,
        row_key as playlist_id,
        payload #>> '{snippet,channelId}' as channel_id,
        payload #>> '{snippet,title}' as title,
        payload #>> '{snippet,description}' as description,
        (payload #>> '{snippet,publishedAt}')::timestamptz as published_at,
        (payload #>> '{contentDetails,itemCount}')::integer as videos_count,
        payload #>> '{status,privacyStatus}' as privacy_status,
        fetched_at,
        landing_id
    from source
)

select * from final
