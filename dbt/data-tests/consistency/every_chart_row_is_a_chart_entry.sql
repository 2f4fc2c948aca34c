{{ config(meta={'dagster': {'ref': {'name': 'fct_chart_entry'}}}) }}

-- Days on which the charts hold another number of places, or of views, than the landed rows.
with landed as (
    select
        partition_on,
        count(*) as places,
        sum((payload #>> '{item,statistics,viewCount}')::bigint) as views
    from {{ source('raw_youtube', 'charts') }}
    group by partition_on
),

entries as (
    select
        partition_on,
        count(*) as places,
        sum(views) as views
    from {{ ref('fct_chart_entry') }}
    group by partition_on
)

select
    partition_on,
    landed.places,
    entries.places as entries_places
from landed
full outer join entries using (partition_on)
where landed.places is distinct from entries.places or landed.views is distinct from entries.views
