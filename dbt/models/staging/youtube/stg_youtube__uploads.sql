with source as (
    select * from {{ source('raw_youtube', 'uploads') }}
),

final as (
    select
        partition_on,
        {{ video_resource_columns('payload') }},
        fetched_at,
        landing_id
    from source
)

select * from final
