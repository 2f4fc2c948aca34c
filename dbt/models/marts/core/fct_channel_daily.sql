{{ config(indexes=[{'columns': ['channel_id', 'on_date'], 'unique': true}, {'columns': ['on_date']}]) }}

with daily as (
    select * from {{ ref('fct_video_daily') }}
),

final as (
    select
        channel_id,
        on_date,
        count(*) filter (where views > 0)::integer as videos_count,
        sum(views)::bigint as views,
        sum(engaged_views)::bigint as engaged_views,
        sum(watch_minutes) as watch_minutes,
        sum(average_view_pct * views) / nullif(sum(views) filter (where average_view_pct is not null), 0)::double precision
            as average_view_pct,
        sum(likes)::bigint as likes,
        sum(comments)::bigint as comments,
        sum(shares)::bigint as shares,
        sum(subscribers_gained)::bigint as subscribers_gained,
        sum(subscribers_lost)::bigint as subscribers_lost,
        sum(impressions)::bigint as impressions,
        sum(ctr * impressions) / nullif(sum(impressions) filter (where ctr is not null), 0)::double precision as ctr,
        sum(revenue_usd_micros)::bigint as revenue_usd_micros,
        max(known_at) as known_at
    from daily
    group by channel_id, on_date
)

select * from final
