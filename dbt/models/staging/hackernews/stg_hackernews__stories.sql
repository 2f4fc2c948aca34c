with source as (
    select * from {{ source('raw_hackernews', 'stories') }}
),

final as (
    select
        partition_on,
        row_key as story_id,
        (payload ->> 'rank')::integer as rank,
        payload ->> 'title' as title,
        payload ->> 'url' as url,
        (payload ->> 'score')::integer as points,
        (payload ->> 'descendants')::integer as comments,
        to_timestamp((payload ->> 'time')::double precision) as published_at,
        fetched_at,
        landing_id
    from source
)

select * from final
