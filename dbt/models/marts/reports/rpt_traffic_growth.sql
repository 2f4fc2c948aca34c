{{ config(materialized='table', indexes=[{'columns': ['channel_id', 'period', 'traffic_source'], 'unique': true}]) }}

with sources as (
    select
        channel_id,
        on_date,
        value as traffic_source,
        views,
        watch_minutes
    from {{ ref('fct_channel_breakdown_daily') }}
    where
        breakdown = 'traffic_source'
        -- Younger days were not counted to their end when they were read.
        and (known_at at time zone 'America/Los_Angeles')::date - on_date >= 2
),

periods as (
    select * from (values ('7d', 7), ('28d', 28)) as periods (period, days)
),

-- A day that was read lists every source that had views.
known_days as (
    select distinct
        channel_id,
        on_date
    from sources
),

last_days as (
    select
        channel_id,
        max(on_date) as last_on
    from known_days
    group by channel_id
),

-- Both periods are whole weeks: a day is held beside the one of the same weekday.
paired_days as (
    select
        last_days.channel_id,
        periods.period,
        periods.days,
        later.on_date,
        earlier.on_date as before_on
    from last_days
    cross join periods
    inner join known_days as later
        on last_days.channel_id = later.channel_id
        and later.on_date > last_days.last_on - periods.days
    inner join known_days as earlier
        on later.channel_id = earlier.channel_id
        and later.on_date - periods.days = earlier.on_date
),

lengths as (
    select
        channel_id,
        period,
        count(*)::integer as days_count,
        min(on_date) as first_on,
        max(on_date) as last_on,
        min(before_on) as before_first_on,
        max(before_on) as before_last_on
    from paired_days
    group by channel_id, period
),

sides as (
    select
        paired_days.channel_id,
        paired_days.period,
        sources.traffic_source,
        sources.views,
        sources.watch_minutes,
        false as is_before
    from paired_days
    inner join sources on paired_days.channel_id = sources.channel_id and paired_days.on_date = sources.on_date
    union all
    select
        paired_days.channel_id,
        paired_days.period,
        sources.traffic_source,
        sources.views,
        sources.watch_minutes,
        true as is_before
    from paired_days
    inner join sources on paired_days.channel_id = sources.channel_id and paired_days.before_on = sources.on_date
),

added as (
    select
        channel_id,
        period,
        traffic_source,
        coalesce(sum(views) filter (where not is_before), 0)::bigint as views,
        coalesce(sum(views) filter (where is_before), 0)::bigint as before_views,
        sum(watch_minutes) filter (where not is_before) as watch_minutes,
        sum(watch_minutes) filter (where is_before) as before_watch_minutes
    from sides
    group by channel_id, period, traffic_source
),

final as (
    select
        added.channel_id,
        added.period,
        added.traffic_source,
        lengths.days_count,
        lengths.first_on,
        lengths.last_on,
        lengths.before_first_on,
        lengths.before_last_on,
        added.views,
        added.before_views,
        added.views - added.before_views as views_gained,
        100.0 * (added.views - added.before_views) / nullif(greatest(added.before_views, 0), 0)::double precision as growth_pct,
        100.0 * added.views / nullif(greatest(sum(added.views) over by_channel, 0), 0)::double precision as views_pct,
        100.0 * added.before_views / nullif(greatest(sum(added.before_views) over by_channel, 0), 0)::double precision
            as before_views_pct,
        added.watch_minutes,
        added.before_watch_minutes
    from added
    inner join lengths on added.channel_id = lengths.channel_id and added.period = lengths.period
    window by_channel as (partition by added.channel_id, added.period)
)

select * from final
