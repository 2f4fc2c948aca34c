with daily as (
    select * from {{ ref('fct_channel_daily') }}
),

channels as (
    select * from {{ ref('dim_channel') }}
),

final as (
    select
        daily.on_date as date_day,
        daily.channel_id,
        channels.title as channel_title,
        daily.videos_count,
        daily.views,
        daily.engaged_views,
        daily.watch_minutes as watch_time_minutes,
        daily.likes,
        daily.comments,
        daily.shares,
        daily.subscribers_gained,
        daily.subscribers_lost,
        daily.impressions,
        daily.ctr,
        daily.revenue_usd_micros
    from daily
    left join channels on daily.channel_id = channels.channel_id
)

select * from final
