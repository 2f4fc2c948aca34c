with source as (
    select * from {{ source('ops', 'ledger_cost') }}
),

final as (
    select
        entry_id,
        reservation_id,
        event,
        slot_id,
        step,
        vendor,
        usd_micros,
        occurred_at
    from source
)

select * from final
