{{ config(materialized='view') }}

with daily as (
    select * from {{ ref('fct_video_daily') }}
    where revenue_usd_micros is not null
),

records as (
    select * from {{ ref('stg_ops__revenue_records') }}
),

final as (
    select
        daily.channel_id,
        daily.video_id,
        daily.on_date,
        split.source,
        'estimated' as status,
        daily.video_id || ':' || daily.on_date || ':' || split.source as reference_id,
        split.amount_usd_micros
    from daily
    cross join lateral (
        values
        ('ads', coalesce(daily.ad_revenue_usd_micros, 0)),
        ('premium', coalesce(daily.premium_revenue_usd_micros, 0)),
        (
            'other',
            daily.revenue_usd_micros - coalesce(daily.ad_revenue_usd_micros, 0) - coalesce(daily.premium_revenue_usd_micros, 0)
        )
    ) as split (source, amount_usd_micros)
    where split.amount_usd_micros <> 0
    union all
    select
        channel_id,
        video_id,
        earned_on as on_date,
        source,
        status,
        reference_id,
        amount_usd_micros
    from records
)

select * from final
