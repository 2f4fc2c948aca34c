with source as (
    select * from {{ source('ops', 'report_files') }}
),

final as (
    select
        report_id,
        channel_id,
        report_type,
        day as on_date,
        created_at,
        sha256,
        size_bytes,
        rows_count,
        fetched_at,
        landed_on
    from source
)

select * from final
