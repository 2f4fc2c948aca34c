with entries as (
    select * from {{ ref('stg_ops__cost_entries') }}
),

final as (
    select
        (occurred_at at time zone 'UTC')::date as on_date,
        step,
        vendor,
        count(distinct slot_id)::integer as slots_count,
        count(*) filter (where event = 'committed')::integer as payments_count,
        sum(usd_micros)::bigint as usd_micros
    from entries
    group by (occurred_at at time zone 'UTC')::date, step, vendor
)

select * from final
