{{ config(meta={'dagster': {'ref': {'name': 'fct_revenue'}}}) }}

-- Days on which the income by source is not what the latest fetches and the revenue records say in all.
with latest as (
    select distinct on (row_key)
        (payload ->> 'day')::date as on_date,
        round((payload ->> 'estimatedRevenue')::numeric * 1000000) as usd_micros
    from {{ source('raw_youtube', 'analytics_revenue') }}
    order by row_key, fetched_at desc, partition_on desc
),

told as (
    select
        on_date,
        usd_micros
    from latest
    union all
    select
        earned_on as on_date,
        amount_usd_micros as usd_micros
    from {{ source('ops', 'revenue_records') }}
),

told_days as (
    select
        on_date,
        sum(usd_micros) as usd_micros
    from told
    group by on_date
),

split_days as (
    select
        on_date,
        sum(amount_usd_micros) as usd_micros
    from {{ ref('fct_revenue') }}
    group by on_date
)

select
    on_date,
    told_days.usd_micros,
    split_days.usd_micros as split_usd_micros
from told_days
full outer join split_days using (on_date)
where coalesce(told_days.usd_micros, 0) <> coalesce(split_days.usd_micros, 0)
