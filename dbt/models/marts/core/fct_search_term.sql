{{ config(
    materialized='incremental',
    meta={'increment': {'key': 'last_on', 'found_in': 'int_report__fetched', 'found_key': 'on_date'}},
    indexes=[
        {'columns': ['channel_id', 'last_on', 'search_term'], 'unique': true},
        {'columns': ['last_on']},
    ],
) }}

with lines as (
    {{ current_lines('stg_youtube__analytics_search_terms', day_column='last_on') }}
),

added as (
    select
        channel_id,
        last_on,
        search_term,
        max(first_on) as first_on,
        sum(views)::bigint as views,
        sum(watch_minutes) as watch_minutes,
        sum(views) filter (where watch_minutes is not null)::bigint as timed_views,
        min(partition_on) as partition_on,
        max(fetched_at) as known_at
    from lines
    group by channel_id, last_on, search_term
),

final as (
    select
        channel_id,
        last_on,
        search_term,
        first_on,
        last_on - first_on + 1 as days_count,
        rank() over (partition by channel_id, last_on order by views desc nulls last)::integer as place,
        views,
        watch_minutes,
        60 * watch_minutes / nullif(timed_views, 0) as average_view_seconds,
        partition_on,
        known_at
    from added
)

select * from final
