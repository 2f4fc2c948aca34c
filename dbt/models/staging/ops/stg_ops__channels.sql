with source as (
    select * from {{ source('ops', 'channels') }}
),

final as (
    select
        channel_id,
        handle,
        title,
        niche,
        category_id,
        timezone,
        language,
        is_active,
        is_monetized,
        connected_at
    from source
)

select * from final
