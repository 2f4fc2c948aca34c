{{ config(meta={'dagster': {'ref': {'name': 'fct_video_daily'}}}) }}

-- Pacific days whose views differ between the landed rows, each video's last fetch taken, and the daily fact.
with landed as (
    select distinct on (row_key)
        (payload ->> 'day')::date as on_date,
        (payload ->> 'views')::numeric as views
    from {{ source('raw_youtube', 'analytics_daily') }}
    order by row_key, fetched_at desc, partition_on desc
),

source_days as (
    select
        on_date,
        count(*) as videos,
        sum(views) as views
    from landed
    group by on_date
),

fact_days as (
    select
        on_date,
        count(*) as videos,
        sum(views) as views
    from {{ ref('fct_video_daily') }}
    where analytics_partition_on is not null
    group by on_date
)

select
    on_date,
    source_days.views,
    fact_days.views as fact_views
from source_days
full outer join fact_days using (on_date)
where source_days.videos is distinct from fact_days.videos or source_days.views is distinct from fact_days.views
