{{ config(indexes=[{'columns': ['channel_id', 'month_on'], 'unique': true}]) }}

with channels as (
    select * from {{ ref('stg_ops__channels') }}
),

daily as (
    select
        channel_id,
        date_trunc('month', on_date)::date as month_on,
        sum(views)::bigint as views,
        count(views)::integer as views_known_days,
        sum(revenue_usd_micros)::bigint as revenue_usd_micros,
        count(revenue_usd_micros)::integer as revenue_known_days,
        {{ per_thousand('revenue_usd_micros', 'views') }} as youtube_rpm_usd_micros,
        sum(views) filter (where revenue_usd_micros is not null) as earning_views,
        sum(revenue_usd_micros) filter (where views is not null) as seen_revenue_usd_micros
    from {{ ref('fct_channel_daily') }}
    group by channel_id, date_trunc('month', on_date)
),

revenue as (
    select
        channel_id,
        date_trunc('month', on_date)::date as month_on,
        sum(amount_usd_micros) filter (where source = 'ads') as ads_usd_micros,
        sum(amount_usd_micros) filter (where source = 'premium') as premium_usd_micros,
        sum(amount_usd_micros) filter (where source = 'affiliate') as affiliate_usd_micros,
        sum(amount_usd_micros) filter (where source = 'sponsorship') as sponsorship_usd_micros,
        sum(amount_usd_micros) filter (where source = 'merchandise') as merchandise_usd_micros,
        sum(amount_usd_micros) filter (where status <> 'estimated') as booked_usd_micros,
        sum(amount_usd_micros) filter (where status <> 'estimated' and source in ('ads', 'premium', 'other'))
            as corrected_usd_micros
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

joined as (
    select
        channel_id,
        month_on,
        daily.views,
        daily.youtube_rpm_usd_micros,
        daily.earning_views,
        daily.seen_revenue_usd_micros,
        coalesce(daily.views_known_days, 0) as views_known_days,
        coalesce(daily.revenue_known_days, 0) as revenue_known_days,
        daily.revenue_usd_micros as youtube_usd_micros,
        -- What is booked and what is paid is all there is: nobody else reports it.
        coalesce(revenue.ads_usd_micros, 0)::bigint as ads_usd_micros,
        coalesce(revenue.premium_usd_micros, 0)::bigint as premium_usd_micros,
        coalesce(revenue.affiliate_usd_micros, 0)::bigint as affiliate_usd_micros,
        coalesce(revenue.sponsorship_usd_micros, 0)::bigint as sponsorship_usd_micros,
        coalesce(revenue.merchandise_usd_micros, 0)::bigint as merchandise_usd_micros,
        coalesce(revenue.booked_usd_micros, 0)::bigint as booked_usd_micros,
        coalesce(revenue.corrected_usd_micros, 0)::bigint as corrected_usd_micros,
        coalesce(cost.cost_usd_micros, 0) as cost_usd_micros
    from daily
    full outer join revenue using (channel_id, month_on)
    full outer join cost using (channel_id, month_on)
),

known as (
    select
        joined.*,
        -- A channel that YouTube does not pay has earned nothing from it, and nobody can read that day by day.
        coalesce(joined.youtube_usd_micros, case when not channels.is_monetized then 0 end) + joined.corrected_usd_micros
            as paid_usd_micros,
        joined.booked_usd_micros - joined.corrected_usd_micros as others_usd_micros
    from joined
    left join channels on joined.channel_id = channels.channel_id
),

final as (
    select
        channel_id,
        month_on,
        views,
        views_known_days,
        revenue_known_days,
        case when paid_usd_micros is not null then ads_usd_micros end as ads_usd_micros,
        case when paid_usd_micros is not null then premium_usd_micros end as premium_usd_micros,
        affiliate_usd_micros,
        sponsorship_usd_micros,
        merchandise_usd_micros,
        paid_usd_micros - ads_usd_micros - premium_usd_micros as other_usd_micros,
        paid_usd_micros + others_usd_micros as revenue_usd_micros,
        cost_usd_micros,
        paid_usd_micros + others_usd_micros - cost_usd_micros as profit_usd_micros,
        youtube_rpm_usd_micros,
        case
            when earning_views > 0
                then round(1000 * (seen_revenue_usd_micros + booked_usd_micros) / earning_views::numeric)::bigint
        end as all_income_rpm_usd_micros,
        (paid_usd_micros + others_usd_micros - cost_usd_micros)::double precision / nullif(cost_usd_micros, 0) as roi
    from known
)

select * from final
