{{ config(indexes=[{'columns': ['slot_id'], 'unique': true}]) }}

with publications as (
    select * from {{ ref('stg_ops__publications') }}
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
        state = 'published' as is_published,
        error,
        updated_at
    from publications
)

select * from final
