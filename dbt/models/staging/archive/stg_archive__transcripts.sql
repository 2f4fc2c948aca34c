with source as (
    select * from {{ source('raw_archive', 'transcripts') }}
),

final as (
    select
        file_id,
        line_number,
        row_key,
        payload ->> 'video_id' as video_id,
        payload ->> 'title' as title,
        payload ->> 'channel_title' as channel_title,
        (payload ->> 'published_at')::timestamptz as published_at,
        payload ->> 'transcript' as transcript
    from source
)

select * from final
