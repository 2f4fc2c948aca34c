with source as (
    select * from {{ source('raw_archive', 'chart_entries') }}
),

final as (
    select
        file_id,
        line_number,
        row_key,
        payload ->> 'region' as region,
        payload ->> 'chart' as chart,
        (payload ->> 'charted_on')::date as charted_on,
        (payload ->> 'read_at')::timestamptz as read_at,
        payload ->> 'video_id' as video_id,
        payload ->> 'title' as title,
        payload ->> 'channel_title' as channel_title,
        (payload ->> 'category_id')::bigint as category_id,
        (payload ->> 'published_at')::timestamptz as published_at,
        (payload ->> 'views')::bigint as views,
        (payload ->> 'likes')::bigint as likes,
        (payload ->> 'comments')::bigint as comments,
        payload as values_read
    from source
)

select * from final
