with source as (
    select * from {{ source('ops', 'publications') }}
),

final as (
    select
        slot_id,
        channel_id,
        video_id,
        title,
        state,
        publish_at,
        thumbnail_set_at,
        duration_seconds,
        quality_score,
        error,
        created_at,
        updated_at
    from source
)

select * from final
