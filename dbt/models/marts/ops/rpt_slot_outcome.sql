with calendar as (
    select * from {{ ref('stg_ops__content_calendar') }}
),

publications as (
    select * from {{ ref('stg_ops__publications') }}
),

made as (
    select * from {{ ref('stg_ops__videos') }}
),

attempts as (
    select distinct on (slot_id)
        slot_id,
        attempt,
        status,
        error
    from {{ ref('stg_ops__generation_jobs') }}
    order by slot_id, attempt desc, started_at desc, job_id
),

cost as (
    select
        slot_id,
        sum(cost_usd_micros)::bigint as cost_usd_micros
    from {{ ref('fct_video_cost') }}
    group by slot_id
),

daily as (
    select * from {{ ref('fct_video_daily') }}
),

-- The day up to which the reports of a channel tell of all its videos.
reported as (
    select
        channel_id,
        max(on_date) as last_on
    from daily
    where views is not null
    group by channel_id
),

published as (
    select
        publications.slot_id,
        publications.video_id,
        publications.channel_id,
        (coalesce(made.published_at, publications.publish_at) at time zone 'America/Los_Angeles')::date as first_on
    from publications
    left join made on publications.slot_id = made.slot_id
    where publications.video_id is not null and publications.state = 'published'
),

first_week as (
    select
        published.slot_id,
        sum(daily.views)::bigint as views,
        count(daily.views)::integer as views_known_days,
        count(daily.impressions)::integer as impressions_known_days,
        {{ weighted_mean('daily.ctr', 'daily.impressions') }} as ctr,
        {{ weighted_mean('daily.average_view_pct', 'daily.views') }} as average_view_pct
    from published
    inner join reported
        on published.channel_id = reported.channel_id
        and reported.last_on >= published.first_on + 6
    left join daily
        on published.video_id = daily.video_id
        and daily.on_date between published.first_on and published.first_on + 6
    group by published.slot_id
),

final as (
    select
        calendar.slot_id,
        calendar.channel_id,
        calendar.scheduled_on,
        calendar.topic,
        calendar.status,
        coalesce(attempts.attempt, 0) as attempts_count,
        -- Why the last attempt failed; a later one that succeeded has none.
        case when attempts.status = 'failed' then coalesce(attempts.error, publications.error) else publications.error end
            as failed_reason,
        cost.cost_usd_micros,
        coalesce(publications.quality_score, made.quality_score) as quality_score,
        calendar.metadata ->> 'decision' as verdict,
        publications.video_id,
        coalesce(publications.title, made.title) as title,
        made.published_at,
        first_week.views as first_week_views,
        first_week.ctr as first_week_ctr,
        first_week.average_view_pct as first_week_average_view_pct,
        coalesce(first_week.views_known_days, 0) as first_week_views_known_days,
        coalesce(first_week.impressions_known_days, 0) as first_week_impressions_known_days
    from calendar
    left join publications on calendar.slot_id = publications.slot_id
    left join made on calendar.slot_id = made.slot_id
    left join attempts on calendar.slot_id = attempts.slot_id
    left join cost on calendar.slot_id = cost.slot_id
    left join first_week on calendar.slot_id = first_week.slot_id
)

select * from final
