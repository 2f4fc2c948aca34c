{{ config(indexes=[{'columns': ['video_id'], 'unique': true}, {'columns': ['channel_id']}]) }}

with videos as (
    select * from {{ ref('dim_video') }}
    where is_own
),

channels as (
    select * from {{ ref('stg_ops__channels') }}
),

publications as (
    select * from {{ ref('stg_ops__publications') }}
    where video_id is not null
),

daily as (
    select
        video_id,
        sum(views)::bigint as views,
        count(views)::integer as views_known_days,
        sum(revenue_usd_micros)::bigint as revenue_usd_micros,
        count(revenue_usd_micros)::integer as revenue_known_days,
        {{ per_thousand('revenue_usd_micros', 'views') }} as youtube_rpm_usd_micros,
        sum(views) filter (where revenue_usd_micros is not null) as earning_views,
        sum(revenue_usd_micros) filter (where views is not null) as seen_revenue_usd_micros
    from {{ ref('fct_video_daily') }}
    group by video_id
),

booked as (
    select
        video_id,
        sum(amount_usd_micros)::bigint as usd_micros
    from {{ ref('fct_revenue') }}
    where status not in ('estimated', 'expected') and video_id is not null
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

known as (
    select
        videos.video_id,
        videos.channel_id,
        videos.title,
        videos.published_at,
        daily.views,
        daily.youtube_rpm_usd_micros,
        daily.earning_views,
        daily.seen_revenue_usd_micros,
        coalesce(daily.views_known_days, 0) as views_known_days,
        coalesce(daily.revenue_known_days, 0) as revenue_known_days,
        -- A channel that YouTube does not pay has earned nothing from it, and nobody can read that day by day.
        coalesce(daily.revenue_usd_micros, case when not channels.is_monetized then 0 end) as youtube_revenue_usd_micros,
        -- What is booked is all there is: nobody else reports it.
        coalesce(booked.usd_micros, 0) as booked_revenue_usd_micros,
        -- A video that was made elsewhere cost what nobody here knows.
        case when publications.video_id is not null then coalesce(cost.cost_usd_micros, 0) end as cost_usd_micros
    from videos
    left join channels on videos.channel_id = channels.channel_id
    left join publications on videos.video_id = publications.video_id
    left join daily on videos.video_id = daily.video_id
    left join booked on videos.video_id = booked.video_id
    left join cost on videos.video_id = cost.video_id
),

final as (
    select
        video_id,
        channel_id,
        title,
        published_at,
        views,
        views_known_days,
        revenue_known_days,
        youtube_revenue_usd_micros,
        booked_revenue_usd_micros,
        youtube_revenue_usd_micros + booked_revenue_usd_micros as revenue_usd_micros,
        cost_usd_micros,
        youtube_revenue_usd_micros + booked_revenue_usd_micros - cost_usd_micros as profit_usd_micros,
        youtube_rpm_usd_micros,
        case
            when earning_views > 0
                then round(1000 * (seen_revenue_usd_micros + booked_revenue_usd_micros) / earning_views::numeric)::bigint
        end as all_income_rpm_usd_micros,
        (youtube_revenue_usd_micros + booked_revenue_usd_micros - cost_usd_micros)::double precision
        / nullif(cost_usd_micros, 0) as roi
    from known
)

select * from final
