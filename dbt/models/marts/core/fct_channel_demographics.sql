{{ config(
    materialized='incremental',
    meta={'increment': {'key': 'last_on', 'found_in': 'int_report__fetched', 'found_key': 'on_date'}},
    indexes=[
        {'columns': ['channel_id', 'last_on', 'age_group', 'gender'], 'unique': true},
        {'columns': ['last_on']},
    ],
) }}

with lines as (
    {{ current_lines('stg_youtube__analytics_demographics', day_column='last_on') }}
),

final as (
    select
        channel_id,
        last_on,
        age_group,
        gender,
        max(first_on) as first_on,
        sum(views_pct) as views_pct,
        min(partition_on) as partition_on,
        max(fetched_at) as known_at
    from lines
    group by channel_id, last_on, age_group, gender
)

select * from final
