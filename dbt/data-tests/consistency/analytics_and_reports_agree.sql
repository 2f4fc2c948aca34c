{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'fct_video_country_daily'}}}) }}

-- Channel days on which the views of the Analytics API and of the bulk report differ by more than late corrections do: a
-- twentieth and 20 views. Only days that both cover, and that are old enough to have settled.
with analytics as (
    select
        channel_id,
        on_date,
        sum(views) as views
    from {{ ref('fct_video_daily') }}
    where views is not null
    group by channel_id, on_date
),

reports as (
    select
        channel_id,
        on_date,
        sum(views) as views
    from {{ ref('fct_video_country_daily') }}
    group by channel_id, on_date
),

settled as (
    select max(on_date) - 3 as on_date from analytics
)

select
    channel_id,
    on_date,
    analytics.views,
    reports.views as report_views
from analytics
inner join reports using (channel_id, on_date)
where
    on_date <= (select settled.on_date from settled)
    and abs(analytics.views - reports.views) > 20 + 0.05 * greatest(analytics.views, reports.views)
