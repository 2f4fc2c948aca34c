with landings as (
    select * from {{ ref('stg_ops__landings') }}
),

latest as (
    select distinct on (asset_key)
        asset_key,
        partition_on,
        fetched_at,
        landed_at,
        row_count,
        rejected_count,
        left_out_count,
        stopped_by
    from landings
    order by asset_key, landing_id desc
),

days as (
    select
        asset_key,
        max(partition_on) as last_partition_on,
        count(distinct partition_on)::integer as partitions_count
    from landings
    group by asset_key
),

final as (
    select
        latest.asset_key,
        days.last_partition_on,
        days.partitions_count,
        latest.fetched_at,
        latest.landed_at,
        extract(epoch from now() - latest.landed_at)::double precision / 3600 as hours_since_landing,
        latest.row_count,
        latest.rejected_count,
        latest.left_out_count,
        latest.stopped_by
    from latest
    inner join days on latest.asset_key = days.asset_key
)

select * from final
