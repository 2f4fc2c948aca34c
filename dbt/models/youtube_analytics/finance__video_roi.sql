with profit as (
    select * from {{ ref('fct_video_profit') }}
),

final as (
    select
        video_id,
        channel_id,
        views,
        views_known_days,
        revenue_known_days,
        revenue_usd_micros,
        cost_usd_micros,
        profit_usd_micros,
        youtube_rpm_usd_micros,
        all_income_rpm_usd_micros,
        roi
    from profit
)

select * from final
