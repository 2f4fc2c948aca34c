with source as (
    select * from {{ source('raw_reddit', 'posts') }}
),

final as (
    select
        partition_on,
        payload ->> 'id' as post_id,
        payload ->> 'subreddit' as subreddit,
        payload ->> 'title' as title,
        (payload ->> 'rank')::integer as rank,
        (payload ->> 'score')::bigint as score,
        (payload ->> 'upvote_ratio')::double precision as upvote_ratio,
        (payload ->> 'num_comments')::bigint as comments,
        to_timestamp((payload ->> 'created_utc')::double precision) as posted_at,
        payload ->> 'permalink' as permalink,
        payload ->> 'domain' as domain,
        (payload ->> 'over_18')::boolean as is_adult,
        fetched_at,
        landing_id
    from source
)

select * from final
