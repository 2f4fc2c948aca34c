{{ config(materialized='table', indexes=[{'columns': ['channel_id', 'period', 'breakdown', 'value'], 'unique': true}]) }}

with videos as (
    select * from {{ ref('dim_video') }}
    where is_own
),

-- One set: days of videos of which both views and subscribers are known.
daily as (
    select
        *,
        max(on_date) over (partition by channel_id) as last_on
    from {{ ref('fct_video_daily') }}
    where views is not null and subscribers_gained is not null
),

periods as (
    select * from (values ('28d', 28), ('90d', 90)) as periods (period, days)
),

blocks as (
    select
        daily.channel_id,
        periods.period,
        parts.breakdown,
        parts.value,
        daily.on_date,
        sum(daily.views) as views,
        sum(daily.subscribers_gained) as subscribers_gained,
        sum(daily.subscribers_lost) as subscribers_lost
    from daily
    inner join periods on daily.on_date > daily.last_on - periods.days
    left join videos on daily.video_id = videos.video_id
    cross join
        lateral (
            values ('channel', daily.channel_id), ('format', videos.format), ('video', daily.video_id)
        ) as parts (breakdown, value)
    where parts.value is not null
    group by daily.channel_id, periods.period, parts.breakdown, parts.value, daily.on_date
),

added as (
    select
        channel_id,
        period,
        breakdown,
        value,
        count(*)::integer as days_count,
        min(on_date) as first_on,
        max(on_date) as last_on,
        sum(views)::bigint as views,
        sum(subscribers_gained)::bigint as subscribers_gained,
        sum(subscribers_lost)::bigint as subscribers_lost,
        1000 * {{ ratio_of_sums('subscribers_gained', 'views') }} as gained_per_1000_views,
        1000 * {{ ratio_error('subscribers_gained', 'views') }} as error
    from blocks
    group by channel_id, period, breakdown, value
),

bounded as (
    select
        *,
        {{ student_t('days_count - 1') }} * error as margin
    from added
),

final as (
    select
        channel_id,
        period,
        breakdown,
        value,
        first_on,
        last_on,
        days_count,
        views,
        subscribers_gained,
        subscribers_lost,
        gained_per_1000_views,
        case when gained_per_1000_views - margin is not null then greatest(gained_per_1000_views - margin, 0) end
            as gained_per_1000_views_low,
        gained_per_1000_views + margin as gained_per_1000_views_high
    from bounded
)

select * from final
