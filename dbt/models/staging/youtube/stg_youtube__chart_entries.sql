with source as (
    select * from {{ source('raw_youtube', 'charts') }}
),

final as (
    select
        partition_on,
        payload ->> 'region' as region,
        (payload ->> 'chart_category')::integer as chart_category_id,
        (payload ->> 'rank')::integer as rank,
        {{ video_resource_columns("(payload -> 'item')") }},
        fetched_at,
        landing_id
    from source
)

select * from final
