with source as (
    select * from {{ source('ops', 'model_performance') }}
),

final as (
    select
        model,
        model_version,
        metric,
        value,
        low,
        high,
        baseline,
        evaluated_at,
        trained_as_of
    from source
)

select * from final
