{% set sources = [
    (source('raw_google', 'trends'), 'google.trends', "payload ->> 'title'", "(payload ->> 'searches')::double precision"),
    (source('raw_hackernews', 'stories'), 'hackernews.top', "payload ->> 'title'", "(payload ->> 'score')::double precision"),
    (source('raw_reddit', 'posts'), 'reddit.hot', "payload ->> 'title'", "(payload ->> 'score')::double precision"),
    (source('raw_feeds', 'entries'), 'feeds.entry', "payload ->> 'title'", '0'),
    (
        source('raw_wikipedia', 'pageviews'), 'wikipedia.pageviews', "replace(payload ->> 'article', '_', ' ')",
        "(payload ->> 'views')::double precision"
    ),
    (
        source('raw_youtube', 'charts'), 'youtube.charts', "payload #>> '{item,snippet,title}'",
        "(payload #>> '{item,statistics,viewCount}')::double precision"
    ),
] %}

with final as (
    {% for relation, name, title, score in sources -%}
    select
        '{{ name }}' as source,
        row_key,
        {{ title }} as title,
        fetched_at as observed_at,
        (payload ->> 'rank')::integer as rank,
        coalesce({{ score }}, 0) as score
    from {{ relation }}
    where {{ title }} is not null
    union all
    {% endfor -%}
    select
        'twitter.trends' as source,
        row_key,
        payload ->> 'title' as title,
        (payload ->> 'observed_at')::timestamptz as observed_at,
        (payload ->> 'rank')::integer as rank,
        coalesce((payload ->> 'volume')::double precision, 0) as score
    from {{ source('raw_archive', 'trend_entries') }}
)

select * from final
