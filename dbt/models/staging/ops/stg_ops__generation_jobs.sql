with source as (
    select * from {{ source('ops', 'generation_jobs') }}
),

final as (
    select
        job_id,
        slot_id,
        status::text as status,
        attempt,
        error,
        started_at,
        finished_at
    from source
)

select * from final
