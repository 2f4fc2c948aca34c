{{ config(indexes=[{'columns': ['slot_id', 'step', 'vendor'], 'unique': true}, {'columns': ['video_id']}]) }}

with entries as (
    select * from {{ ref('stg_ops__cost_entries') }}
),

publications as (
    select * from {{ ref('stg_ops__publications') }}
),

calendar as (
    select * from {{ ref('stg_ops__content_calendar') }}
),

-- What a reservation came to; one that is still open, or was given back, has cost nothing yet.
paid as (
    select
        reservation_id,
        min(slot_id) as slot_id,
        min(step) as step,
        min(vendor) as vendor,
        sum(usd_micros) as usd_micros,
        max(occurred_at) as paid_at
    from entries
    group by reservation_id
    having bool_or(event = 'committed')
),

final as (
    select
        paid.slot_id,
        paid.step,
        paid.vendor,
        coalesce(publications.channel_id, calendar.channel_id) as channel_id,
        publications.video_id,
        count(*)::integer as payments_count,
        sum(paid.usd_micros)::bigint as cost_usd_micros,
        max(paid.paid_at) as paid_at
    from paid
    left join publications on paid.slot_id = publications.slot_id
    -- A slot whose video failed before its publication has cost its channel all the same.
    left join calendar on paid.slot_id = calendar.slot_id
    group by paid.slot_id, paid.step, paid.vendor, publications.channel_id, calendar.channel_id, publications.video_id
)

select * from final
