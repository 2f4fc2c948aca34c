with source as (
    select * from {{ source('ops', 'model_observations') }}
),

final as (
    select
        observation_id,
        observed_at,
        model,
        model_version,
        entity_key,
        inputs,
        outputs
    from source
)

select * from final
