{{ config(materialized='view') }}

with trends as (
    select * from {{ ref('stg_ops__trends') }}
),

evidence as (
    select * from {{ ref('stg_ops__trend_evidence') }}
),

topics as (
    select * from {{ ref('dim_topic') }}
),

told as (
    select
        trend_id,
        count(*)::integer as observations_count,
        string_agg(distinct source, ', ' order by source) as sources
    from evidence
    group by trend_id
),

final as (
    select
        trends.trend_id,
        trends.title,
        trends.niche,
        trends.score,
        trends.velocity,
        trends.sources_count,
        coalesce(told.observations_count, 0) as observations_count,
        told.sources,
        topics.topic_id,
        trends.first_seen_at,
        trends.last_seen_at,
        trends.expires_at
    from trends
    left join told on trends.trend_id = told.trend_id
    left join topics on lower(trends.title) = topics.topic_id
)

select * from final
