{{ config(materialized='table', indexes=[{'columns': ['channel_id', 'period'], 'unique': true}]) }}

with channels as (
    select * from {{ ref('dim_channel') }}
    where is_own
),

daily as (
    select
        *,
        subscribers_gained - subscribers_lost as subscribers_net,
        max(on_date) over (partition by channel_id) as last_on
    from {{ ref('fct_channel_daily') }}
),

periods as (
    select * from (values ('28d', 0, 28), ('previous_28d', 28, 28), ('90d', 0, 90)) as periods (period, first_day, days)
),

added as (
    select
        daily.channel_id,
        periods.period,
        count(*)::integer as days_count,
        count(daily.views)::integer as views_known_days,
        count(daily.impressions)::integer as impressions_known_days,
        count(daily.revenue_usd_micros)::integer as revenue_known_days,
        sum(daily.views)::bigint as views,
        sum(daily.watch_minutes) as watch_minutes,
        sum(daily.subscribers_net)::bigint as subscribers_net,
        sum(daily.impressions)::bigint as impressions,
        {{ weighted_mean('daily.ctr', 'daily.impressions') }} as ctr,
        sum(daily.revenue_usd_micros)::bigint as revenue_usd_micros,
        {{ per_thousand('daily.revenue_usd_micros', 'daily.views') }} as youtube_rpm_usd_micros
    from periods
    inner join daily on daily.last_on - daily.on_date between periods.first_day and periods.first_day + periods.days - 1
    group by daily.channel_id, periods.period
),

figures as (
    select
        channel_id,
        on_date,
        last_on,
        'views' as measure,
        views::numeric as amount
    from daily
    where views is not null
    union all
    select
        channel_id,
        on_date,
        last_on,
        'watch_minutes' as measure,
        watch_minutes::numeric as amount
    from daily
    where watch_minutes is not null
    union all
    select
        channel_id,
        on_date,
        last_on,
        'subscribers_net' as measure,
        subscribers_net::numeric as amount
    from daily
    where subscribers_net is not null
    union all
    select
        channel_id,
        on_date,
        last_on,
        'impressions' as measure,
        impressions::numeric as amount
    from daily
    where impressions is not null
    union all
    select
        channel_id,
        on_date,
        last_on,
        'revenue_usd_micros' as measure,
        revenue_usd_micros::numeric as amount
    from daily
    where revenue_usd_micros is not null
),

-- Each day of a period beside its day of the period before, as long before as the period is.
paired as (
    select
        figures.channel_id,
        periods.period,
        figures.measure,
        figures.on_date,
        figures.amount,
        earlier.amount as previous_amount
    from periods
    inner join figures on figures.last_on - figures.on_date between periods.first_day and periods.first_day + periods.days - 1
    inner join figures as earlier
        on figures.channel_id = earlier.channel_id
        and figures.measure = earlier.measure
        and figures.on_date - periods.days = earlier.on_date
),

counted as (
    select
        channel_id,
        period,
        measure,
        count(*) as days_count,
        max(count(*)) over (partition by channel_id, period) as most_days_count
    from paired
    group by channel_id, period, measure
),

-- A figure that is known of fewer than half as many pairs of days as the best known one is not compared: a single day of revenue
-- would leave a single day of views.
comparable as (
    select
        *,
        count(*) over (partition by channel_id, period) as measures_count
    from counted
    where 2 * days_count >= most_days_count
),

-- Days of which every compared figure is known.
shared as (
    select
        paired.*,
        comparable.measures_count,
        count(*) over (partition by paired.channel_id, paired.period, paired.on_date) as known_count
    from paired
    inner join comparable
        on paired.channel_id = comparable.channel_id
        and paired.period = comparable.period
        and paired.measure = comparable.measure
),

compared as (
    select
        channel_id,
        period,
        measure,
        count(*)::integer as days_count,
        sum(amount) as amount,
        sum(previous_amount) as previous_amount,
        case
            when sum(previous_amount) > 0
                then ((sum(amount) - sum(previous_amount)) / sum(previous_amount))::double precision
        end as change
    from shared
    where known_count = measures_count
    group by channel_id, period, measure
),

changes as (
    select
        channel_id,
        period,
        max(days_count) as compared_days,
        (max(amount) filter (where measure = 'views'))::bigint as compared_views,
        (max(previous_amount) filter (where measure = 'views'))::bigint
            as compared_previous_views,
        max(change) filter (where measure = 'views') as views_change,
        (max(amount) filter (where measure = 'watch_minutes'))::double precision as compared_watch_minutes,
        (max(previous_amount) filter (where measure = 'watch_minutes'))::double precision
            as compared_previous_watch_minutes,
        max(change) filter (where measure = 'watch_minutes') as watch_minutes_change,
        (max(amount) filter (where measure = 'subscribers_net'))::bigint as compared_subscribers_net,
        (max(previous_amount) filter (where measure = 'subscribers_net'))::bigint
            as compared_previous_subscribers_net,
        max(change) filter (where measure = 'subscribers_net') as subscribers_net_change,
        (max(amount) filter (where measure = 'impressions'))::bigint as compared_impressions,
        (max(previous_amount) filter (where measure = 'impressions'))::bigint
            as compared_previous_impressions,
        max(change) filter (where measure = 'impressions') as impressions_change,
        (max(amount) filter (where measure = 'revenue_usd_micros'))::bigint as compared_revenue_usd_micros,
        (max(previous_amount) filter (where measure = 'revenue_usd_micros'))::bigint
            as compared_previous_revenue_usd_micros,
        max(change) filter (where measure = 'revenue_usd_micros') as revenue_change
    from compared
    group by channel_id, period
),

last_days as (
    select
        channel_id,
        max(on_date) as last_on
    from daily
    group by channel_id
),

final as (
    select
        channels.channel_id,
        periods.period,
        channels.title,
        channels.niche,
        channels.subscribers_count,
        last_days.last_on,
        coalesce(added.days_count, 0) as days_count,
        coalesce(added.views_known_days, 0) as views_known_days,
        coalesce(added.impressions_known_days, 0) as impressions_known_days,
        coalesce(added.revenue_known_days, 0) as revenue_known_days,
        added.views,
        added.watch_minutes,
        added.subscribers_net,
        added.impressions,
        added.ctr,
        added.revenue_usd_micros,
        added.youtube_rpm_usd_micros,
        coalesce(changes.compared_days, 0) as compared_days,
        changes.compared_views,
        changes.compared_previous_views,
        changes.views_change,
        changes.compared_watch_minutes,
        changes.compared_previous_watch_minutes,
        changes.watch_minutes_change,
        changes.compared_subscribers_net,
        changes.compared_previous_subscribers_net,
        changes.subscribers_net_change,
        changes.compared_impressions,
        changes.compared_previous_impressions,
        changes.impressions_change,
        changes.compared_revenue_usd_micros,
        changes.compared_previous_revenue_usd_micros,
        changes.revenue_change
    from channels
    cross join periods
    left join added on channels.channel_id = added.channel_id and periods.period = added.period
    left join changes on channels.channel_id = changes.channel_id and periods.period = changes.period
    left join last_days on channels.channel_id = last_days.channel_id
)

select * from final
