with source as (
    select * from {{ source('ops', 'landings') }}
),

final as (
    select
        landing_id,
        asset_key,
        partition_on,
        fetched_at,
        landed_at,
        row_count,
        rejected_count,
        left_out_count,
        stopped_by,
        payload_digest
    from source
)

select * from final
