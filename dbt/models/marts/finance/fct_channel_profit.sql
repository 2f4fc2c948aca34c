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
        coalesce(sum(amount_usd_micros) filter (where source = 'ads'), 0)::bigint as ads_usd_micros,
        coalesce(sum(amount_usd_micros) filter (where source = 'premium'), 0)::bigint as premium_usd_micros,
        coalesce(sum(amount_usd_micros) filter (where source = 'affiliate'), 0)::bigint as affiliate_usd_micros,
        coalesce(sum(amount_usd_micros) filter (where source = 'sponsorship'), 0)::bigint as sponsorship_usd_micros,
        coalesce(sum(amount_usd_micros) filter (where source = 'merchandise'), 0)::bigint as merchandise_usd_micros,
        coalesce(sum(amount_usd_micros) filter (where source = 'other'), 0)::bigint as other_usd_micros,
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
        coalesce(revenue.ads_usd_micros, 0) as ads_usd_micros,
        coalesce(revenue.premium_usd_micros, 0) as premium_usd_micros,
        coalesce(revenue.affiliate_usd_micros, 0) as affiliate_usd_micros,
        coalesce(revenue.sponsorship_usd_micros, 0) as sponsorship_usd_micros,
        coalesce(revenue.merchandise_usd_micros, 0) as merchandise_usd_micros,
        coalesce(revenue.other_usd_micros, 0) as other_usd_micros,
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
