with source as (
    select * from {{ source('ops', 'channel_credentials') }}
),

final as (
    select
        channel_id,
        scopes,
        granted_at,
        last_used_at,
        health::text as health,
        checked_at
    from source
)

select * from final
