with source as (
    select * from {{ source('raw_archive', 'channel_readings') }}
),

final as (
    select
        file_id,
        line_number,
        row_key,
        payload ->> 'channel_id' as channel_id,
        payload ->> 'channel_title' as channel_title,
        (payload ->> 'on_date')::date as on_date,
        (payload ->> 'subscribers')::bigint as subscribers,
        (payload ->> 'views')::bigint as views,
        (payload ->> 'videos')::bigint as videos
    from source
)

select * from final
