with costs as (
    select * from {{ ref('rpt_cost_ledger') }}
),

final as (
    select
        on_date,
        step,
        vendor,
        payments_count,
        usd_micros
    from costs
)

select * from final
