with source as (
    select * from {{ source('ops', 'imported_files') }}
),

final as (
    select
        file_id,
        sha256,
        name,
        kind,
        format,
        rows_read,
        rows_landed,
        rows_rejected,
        imported_at
    from source
)

select * from final
