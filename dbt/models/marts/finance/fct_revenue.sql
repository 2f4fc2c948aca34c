{{ config(materialized='view') }}

with daily as (
    select * from {{ ref('fct_video_daily') }}
    where revenue_usd_micros is not null
),

-- Of a chain of records only the one that none follows counts.
records as (
    select records.*
    from {{ ref('stg_ops__revenue_records') }} as records
    left join {{ ref('stg_ops__revenue_records') }} as later on records.record_id = later.follows_record_id
    where later.record_id is null
),

split as (
    select
        daily.*,
        sources.source,
        case sources.source
            when 'ads' then coalesce(daily.ad_revenue_usd_micros, 0)
            when 'premium' then coalesce(daily.premium_revenue_usd_micros, 0)
            else
                daily.revenue_usd_micros - coalesce(daily.ad_revenue_usd_micros, 0)
                - coalesce(daily.premium_revenue_usd_micros, 0)
        end as amount_usd_micros
    from daily
    cross join (values ('ads'), ('premium'), ('other')) as sources (source)
),

final as (
    select
        channel_id,
        video_id,
        on_date,
        source,
        'estimated' as status,
        video_id || ':' || on_date || ':' || source as reference_id,
        amount_usd_micros
    from split
    where amount_usd_micros <> 0
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
