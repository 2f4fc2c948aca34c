with source as (
    select * from {{ source('raw_archive', 'view_series') }}
),

final as (
    select
        file_id,
        line_number,
        row_key,
        payload ->> 'video_id' as video_id,
        payload -> 'daily_views' as daily_views
    from source
)

select * from final
