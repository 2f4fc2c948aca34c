with source as (
    select * from {{ source('raw_youtube', 'captions') }}
),

final as (
    select
        partition_on,
        row_key as caption_id,
        payload #>> '{snippet,videoId}' as video_id,
        payload #>> '{snippet,language}' as language,
        payload #>> '{snippet,name}' as name,
        payload #>> '{snippet,trackKind}' as track_kind,
        payload #>> '{snippet,status}' as status,
        (payload #>> '{snippet,isDraft}')::boolean as is_draft,
        (payload #>> '{snippet,lastUpdated}')::timestamptz as updated_at,
        fetched_at,
        landing_id
    from source
)

select * from final
