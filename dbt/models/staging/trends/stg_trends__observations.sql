with searches as (
    select * from {{ source('raw_google', 'trends') }}
),

stories as (
    select * from {{ source('raw_hackernews', 'stories') }}
),

posts as (
    select * from {{ source('raw_reddit', 'posts') }}
),

entries as (
    select * from {{ source('raw_feeds', 'entries') }}
),

pageviews as (
    select * from {{ source('raw_wikipedia', 'pageviews') }}
),

charts as (
    select * from {{ source('raw_youtube', 'charts') }}
),

archived as (
    select * from {{ ref('stg_archive__trend_entries') }}
),

united as (
    select
        'google.trends' as source,
        row_key,
        payload ->> 'title' as title,
        fetched_at as observed_at,
        (payload ->> 'rank')::bigint as rank,
        (payload ->> 'searches')::double precision as score
    from searches
    union all
    select
        'hackernews.top' as source,
        row_key,
        payload ->> 'title' as title,
        fetched_at as observed_at,
        (payload ->> 'rank')::bigint as rank,
        (payload ->> 'score')::double precision as score
    from stories
    union all
    select
        'reddit.hot' as source,
        row_key,
        payload ->> 'title' as title,
        fetched_at as observed_at,
        (payload ->> 'rank')::bigint as rank,
        (payload ->> 'score')::double precision as score
    from posts
    union all
    select
        'feeds.entry' as source,
        row_key,
        payload ->> 'title' as title,
        fetched_at as observed_at,
        (payload ->> 'rank')::bigint as rank,
        null as score
    from entries
    union all
    select
        'wikipedia.pageviews' as source,
        row_key,
        replace(payload ->> 'article', '_', ' ') as title,
        fetched_at as observed_at,
        (payload ->> 'rank')::bigint as rank,
        (payload ->> 'views')::double precision as score
    from pageviews
    union all
    select
        'youtube.charts' as source,
        row_key,
        payload #>> '{item,snippet,title}' as title,
        fetched_at as observed_at,
        (payload ->> 'rank')::bigint as rank,
        (payload #>> '{item,statistics,viewCount}')::double precision as score
    from charts
    union all
    select
        service || '.' || list as source,
        row_key,
        title,
        coalesce(read_at, (on_date + 1)::timestamp at time zone 'UTC') as observed_at,
        rank,
        volume as score
    from archived
),

final as (
    select
        source,
        row_key,
        title,
        observed_at,
        rank,
        score
    from united
    where title is not null
)

select * from final
