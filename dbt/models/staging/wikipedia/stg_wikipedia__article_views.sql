with source as (
    select * from {{ source('raw_wikipedia', 'article_views') }}
),

final as (
    select
        partition_on,
        (payload ->> 'day')::date as on_date,
        payload ->> 'project' as project,
        payload ->> 'article' as article,
        replace(payload ->> 'article', '_', ' ') as title,
        (payload ->> 'views')::bigint as views,
        fetched_at,
        landing_id
    from source
)

select * from final
