with source as (
    select * from {{ source('ops', 'trend_evidence') }}
),

final as (
    select
        trend_id,
        source,
        row_key as observed_key,
        observed_at,
        title,
        score
    from source
)

select * from final
