with source as (
    select * from {{ source('raw_youtube', 'snapshots') }}
),

final as (
    select
        partition_on,
        payload ->> 'video_id' as video_id,
        (payload ->> 'read_at')::timestamptz as read_at,
        (payload ->> 'viewCount')::bigint as views,
        (payload ->> 'likeCount')::bigint as likes,
        (payload ->> 'commentCount')::bigint as comments,
        fetched_at,
        landing_id
    from source
)

select * from final
