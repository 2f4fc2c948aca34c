{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'fct_video_country_daily'}}}) }}

-- Channel days on which the views of the Analytics API and of the bulk report differ by more than late corrections do: a
-- twentieth and 20 views. Only days that both cover and that are old enough to have settled, and only videos that the query was
-- asked for: the report also tells of videos that are too old to be asked for.
with analytics as (
    select
        video_id,
        channel_id,
        on_date,
        views
    from {{ ref('fct_video_daily') }}
    where views is not null
),

reports as (
    select
        video_id,
        channel_id,
        on_date,
        sum(views) as views
    from {{ ref('fct_video_country_daily') }}
    group by video_id, channel_id, on_date
),

reported as (
    select distinct
        channel_id,
        on_date
    from reports
),

settled as (
    select max(on_date) - 3 as on_date from analytics
),

final as (
    select
        channel_id,
        on_date,
        sum(analytics.views) as views,
        coalesce(sum(reports.views), 0) as report_views
    from analytics
    inner join reported using (channel_id, on_date)
    left join reports using (video_id, channel_id, on_date)
    where on_date <= (select settled.on_date from settled)
    group by channel_id, on_date
)

select * from final
where abs(views - report_views) > 20 + 0.05 * greatest(views, report_views)
