{{ config(
    materialized='incremental',
    meta={'increment': {'key': 'on_date', 'found_in': 'int_report__fetched'}},
    indexes=[
        {'columns': ['video_id', 'on_date', 'subscribed_status'], 'unique': true},
        {'columns': ['on_date']},
        {'columns': ['channel_id', 'on_date']},
    ],
) }}

with lines as (
    {{ current_lines('stg_reporting__channel_basic') }}
),

final as (
    select
        video_id,
        subscribed_status,
        channel_id,
        on_date,
        sum(views)::bigint as views,
        sum(engaged_views)::bigint as engaged_views,
        sum(watch_minutes)::double precision as watch_minutes,
        {{ weighted_mean('average_view_seconds', 'views') }} as average_view_seconds,
        {{ weighted_mean('average_view_pct', 'views') }} as average_view_pct,
        sum(likes)::bigint as likes,
        sum(comments)::bigint as comments,
        sum(shares)::bigint as shares,
        min(partition_on) as partition_on,
        max(fetched_at) as known_at
    from lines
    group by video_id, subscribed_status, channel_id, on_date
)

select * from final
