{{ config(
    materialized='incremental',
    meta={'increment': {'key': 'partition_on'}},
    indexes=[
        {'columns': ['partition_on', 'region', 'chart_category_id', 'rank'], 'unique': true},
        {'columns': ['video_id', 'partition_on']},
    ],
) }}

with chart_entries as (
    select * from {{ ref('stg_youtube__chart_entries') }}
    where {{ is_affected('partition_on') }}
),

final as (
    select
        partition_on,
        region,
        chart_category_id,
        rank,
        video_id,
        channel_id,
        category_id,
        views,
        likes,
        comments,
        fetched_at
    from chart_entries
)

select * from final
