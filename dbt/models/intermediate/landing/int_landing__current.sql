{{ config(materialized='table', indexes=[{'columns': ['asset_key', 'partition_on'], 'unique': true}]) }}

with landings as (
    select * from {{ ref('stg_ops__landings') }}
),

final as (
    select distinct on (asset_key, partition_on)
        asset_key,
        partition_on,
        landing_id,
        fetched_at,
        landed_at,
        row_count
    from landings
    order by asset_key, partition_on, landing_id desc
)

select * from final
