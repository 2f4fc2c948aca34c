with entries as (
    select * from {{ ref('stg_ops__quota_entries') }}
),

final as (
    select
        pacific_day,
        project,
        bucket,
        count(*) filter (where event = 'committed')::integer as calls_count,
        sum(units)::bigint as units,
        coalesce(sum(units) filter (where event = 'released'), 0)::bigint as released_units,
        max(occurred_at) as last_call_at
    from entries
    group by pacific_day, project, bucket
)

select * from final
