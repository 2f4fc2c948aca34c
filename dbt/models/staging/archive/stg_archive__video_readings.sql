with source as (
    select * from {{ source('raw_archive', 'video_readings') }}
),

final as (
    select
        file_id,
        line_number,
        row_key,
        payload ->> 'video_id' as video_id,
        (payload ->> 'read_at')::timestamptz as read_at,
        payload ->> 'channel_id' as channel_id,
        payload ->> 'channel_title' as channel_title,
        payload ->> 'title' as title,
        (payload ->> 'published_at')::timestamptz as published_at,
        (payload ->> 'duration_seconds')::double precision as duration_seconds,
        (payload ->> 'views')::bigint as views,
        (payload ->> 'likes')::bigint as likes,
        (payload ->> 'comments')::bigint as comments,
        payload as values_read
    from source
)

select * from final
