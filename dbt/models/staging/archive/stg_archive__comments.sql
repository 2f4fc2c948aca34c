with source as (
    select * from {{ source('raw_archive', 'comments') }}
),

final as (
    select
        file_id,
        line_number,
        row_key,
        payload ->> 'video_id' as video_id,
        payload ->> 'comment_id' as comment_id,
        payload ->> 'text' as comment_text,
        (payload ->> 'likes')::bigint as likes,
        (payload ->> 'replies')::bigint as replies,
        (payload ->> 'posted_at')::timestamptz as posted_at
    from source
)

select * from final
