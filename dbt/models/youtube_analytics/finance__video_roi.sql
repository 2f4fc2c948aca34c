with profit as (
    select * from {{ ref('fct_video_profit') }}
),

final as (
    select
        video_id,
        channel_id,
        views,
        revenue_usd_micros,
        cost_usd_micros,
        profit_usd_micros,
        rpm_usd_micros,
        roi
    from profit
)

select * from final
