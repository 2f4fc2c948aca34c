with source as (
    select * from {{ source('ops', 'trends') }}
),

final as (
    select
        trend_id,
        title,
        niche,
        score,
        velocity,
        sources_count,
        first_seen_at,
        last_seen_at,
        expires_at
    from source
)

select * from final
