with source as (
    select * from {{ source('ops', 'ledger_quota') }}
),

final as (
    select
        entry_id,
        reservation_id,
        event,
        project,
        bucket,
        pacific_day,
        units,
        occurred_at
    from source
)

select * from final
