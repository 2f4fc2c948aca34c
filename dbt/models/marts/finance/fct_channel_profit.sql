{{ config(indexes=[{'columns': ['channel_id', 'month_on'], 'unique': true}]) }}

with daily as (
    select
        channel_id,
        date_trunc('month', on_date)::date as month_on,
        sum(views)::bigint as views
    from {{ ref('fct_channel_daily') }}
    group by channel_id, date_trunc('month', on_date)
),

revenue as (
    select
        channel_id,
        date_trunc('month', on_date)::date as month_on,
        {% for source in ['ads', 'premium', 'affiliate', 'sponsorship', 'merchandise', 'other'] -%}
        coalesce(sum(amount_usd_micros) filter (where source = '{{ source }}'), 0)::bigint as {{ source }}_usd_micros,
        {% endfor -%}
        sum(amount_usd_micros)::bigint as revenue_usd_micros
    from {{ ref('fct_revenue') }}
    where status <> 'expected'
    group by channel_id, date_trunc('month', on_date)
),

cost as (
    select
        channel_id,
        date_trunc('month', paid_at at time zone 'America/Los_Angeles')::date as month_on,
        sum(cost_usd_micros)::bigint as cost_usd_micros
    from {{ ref('fct_video_cost') }}
    where channel_id is not null
    group by channel_id, date_trunc('month', paid_at at time zone 'America/Los_Angeles')
),

final as (
    select
        channel_id,
        month_on,
        coalesce(daily.views, 0) as views,
        {% for source in ['ads', 'premium', 'affiliate', 'sponsorship', 'merchandise', 'other'] -%}
        coalesce(revenue.{{ source }}_usd_micros, 0) as {{ source }}_usd_micros,
        {% endfor -%}
        coalesce(revenue.revenue_usd_micros, 0) as revenue_usd_micros,
        coalesce(cost.cost_usd_micros, 0) as cost_usd_micros,
        coalesce(revenue.revenue_usd_micros, 0) - coalesce(cost.cost_usd_micros, 0) as profit_usd_micros,
        round(1000 * coalesce(revenue.revenue_usd_micros, 0) / nullif(daily.views, 0)::numeric)::bigint as rpm_usd_micros,
        (coalesce(revenue.revenue_usd_micros, 0) - cost.cost_usd_micros)::double precision
        / nullif(cost.cost_usd_micros, 0) as roi
    from daily
    full outer join revenue using (channel_id, month_on)
    full outer join cost using (channel_id, month_on)
)

select * from final
