{{ config(
    materialized='incremental',
    meta={'increment': {'key': 'comment_id', 'found_in': 'stg_youtube__comments'}},
    indexes=[
        {'columns': ['comment_id'], 'unique': true},
        {'columns': ['partition_on']},
        {'columns': ['video_id', 'published_at']},
    ],
) }}

with comments as (
    select * from {{ ref('stg_youtube__comments') }}
    where {{ is_affected('comment_id') }}
),

final as (
    select distinct on (comment_id)
        comment_id,
        video_id,
        channel_id,
        parent_id,
        comment_text,
        likes,
        published_at,
        updated_at,
        partition_on,
        fetched_at as known_at
    from comments
    order by comment_id, fetched_at desc, partition_on desc
)

select * from final
