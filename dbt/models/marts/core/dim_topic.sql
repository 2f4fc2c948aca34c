{{ config(indexes=[{'columns': ['topic_id'], 'unique': true}]) }}

with topic_days as (
    select * from {{ ref('fct_topic_daily') }}
),

final as (
    select distinct on (topic_id)
        topic_id,
        topic_title as title,
        category_id,
        min(fetched_at) over (partition by topic_id) as first_seen_at
    from topic_days
    order by topic_id, on_date desc
)

select * from final
