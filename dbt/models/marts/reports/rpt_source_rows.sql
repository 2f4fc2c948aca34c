with landings as (
    select * from {{ ref('int_landing__current') }}
),

final as (
    select
        asset_key,
        partition_on,
        row_count,
        fetched_at
    from landings
)

select * from final
