{{ config(indexes=[{'columns': ['video_id'], 'unique': true}, {'columns': ['channel_id']}]) }}

with videos as (
    select * from {{ ref('dim_video') }}
    where is_own
),

daily as (
    select
        video_id,
        sum(views)::bigint as views
    from {{ ref('fct_video_daily') }}
    group by video_id
),

revenue as (
    select
        video_id,
        sum(amount_usd_micros)::bigint as revenue_usd_micros
    from {{ ref('fct_revenue') }}
    where status <> 'expected' and video_id is not null
    group by video_id
),

cost as (
    select
        video_id,
        sum(cost_usd_micros)::bigint as cost_usd_micros
    from {{ ref('fct_video_cost') }}
    where video_id is not null
    group by video_id
),

final as (
    select
        videos.video_id,
        videos.channel_id,
        videos.title,
        videos.published_at,
        coalesce(daily.views, 0) as views,
        coalesce(revenue.revenue_usd_micros, 0) as revenue_usd_micros,
        coalesce(cost.cost_usd_micros, 0) as cost_usd_micros,
        coalesce(revenue.revenue_usd_micros, 0) - coalesce(cost.cost_usd_micros, 0) as profit_usd_micros,
        round(1000 * coalesce(revenue.revenue_usd_micros, 0) / nullif(daily.views, 0)::numeric)::bigint as rpm_usd_micros,
        (coalesce(revenue.revenue_usd_micros, 0) - cost.cost_usd_micros)::double precision
        / nullif(cost.cost_usd_micros, 0) as roi
    from videos
    left join daily on videos.video_id = daily.video_id
    left join revenue on videos.video_id = revenue.video_id
    left join cost on videos.video_id = cost.video_id
)

select * from final
