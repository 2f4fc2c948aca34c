with source as (
    select * from {{ source('ops', 'rejected_rows') }}
),

final as (
    select
        rejection_id,
        asset_key,
        landing_id,
        file_id,
        row_key as rejected_key,
        place,
        reason,
        rejected_at
    from source
)

select * from final
