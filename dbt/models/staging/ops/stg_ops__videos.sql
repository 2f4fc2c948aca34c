with source as (
    select * from {{ source('ops', 'videos') }}
),

final as (
    select
        slot_id,
        channel_id,
        youtube_video_id as video_id,
        title,
        script,
        status::text as status,
        duration_seconds,
        scheduled_at,
        published_at,
        generation_started_at,
        generation_finished_at,
        quality_score,
        cost_usd_micros,
        updated_at
    from source
)

select * from final
