{{ config(materialized='table', indexes=[{'columns': ['channel_id', 'period'], 'unique': true}]) }}

with channels as (
    select * from {{ ref('dim_channel') }}
    where is_own
),

daily as (
    select * from {{ ref('fct_channel_daily') }}
),

aged as (
    select
        *,
        max(on_date) over (partition by channel_id) as last_on,
        max(on_date) over (partition by channel_id) - on_date as days_ago
    from daily
),

periods as (
    select *
    from (values ('28d', 0, 27), ('previous_28d', 28, 55), ('90d', 0, 89)) as periods (period, first_day, last_day)
),

final as (
    select
        channels.channel_id,
        periods.period,
        channels.title,
        channels.niche,
        channels.subscribers_count,
        max(aged.last_on) as last_on,
        count(aged.on_date)::integer as days_count,
        sum(aged.views)::bigint as views,
        sum(aged.watch_minutes) as watch_minutes,
        sum(aged.subscribers_gained - aged.subscribers_lost)::bigint as subscribers_net,
        sum(aged.impressions)::bigint as impressions,
        sum(aged.ctr * aged.impressions)
        / nullif(sum(aged.impressions) filter (where aged.ctr is not null), 0)::double precision as ctr,
        sum(aged.revenue_usd_micros)::bigint as revenue_usd_micros
    from channels
    cross join periods
    left join aged
        on channels.channel_id = aged.channel_id
        and aged.days_ago between periods.first_day and periods.last_day
    group by channels.channel_id, periods.period, channels.title, channels.niche, channels.subscribers_count
)

select * from final
