with source as (
    select * from {{ source('ops', 'content_calendar') }}
),

final as (
    select
        slot_id,
        channel_id,
        lane_id,
        scheduled_on,
        scheduled_at,
        topic,
        content_type,
        priority,
        status::text as status,
        metadata
    from source
)

select * from final
