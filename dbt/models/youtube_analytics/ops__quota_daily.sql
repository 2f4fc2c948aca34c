with quota as (
    select * from {{ ref('rpt_quota_daily') }}
),

final as (
    select
        pacific_day,
        project,
        bucket,
        calls_count,
        units
    from quota
)

select * from final
