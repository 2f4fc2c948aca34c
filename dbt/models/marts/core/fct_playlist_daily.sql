{{ config(
    materialized='incremental',
    meta={'increment': {'key': 'on_date', 'found_in': 'int_report__fetched'}},
    indexes=[
        {'columns': ['playlist_id', 'on_date'], 'unique': true},
        {'columns': ['on_date']},
        {'columns': ['channel_id', 'on_date']},
    ],
) }}

with lines as (
    {{ current_lines('stg_reporting__playlist_basic') }}
),

final as (
    select
        playlist_id,
        channel_id,
        on_date,
        sum(views)::bigint as views,
        sum(engaged_views)::bigint as engaged_views,
        sum(watch_minutes)::double precision as watch_minutes,
        sum(playlist_starts)::bigint as playlist_starts,
        sum(playlist_saves_added)::bigint as playlist_saves_added,
        sum(playlist_saves_removed)::bigint as playlist_saves_removed,
        {{ weighted_mean('average_view_seconds', 'views') }} as average_view_seconds,
        min(partition_on) as partition_on,
        max(fetched_at) as known_at
    from lines
    group by playlist_id, channel_id, on_date
)

select * from final
