with source as (
    select * from {{ source('raw_youtube', 'analytics_retention') }}
),

final as (
    select
        partition_on,
        payload ->> 'video' as video_id,
        payload ->> 'channel_id' as channel_id,
        (payload ->> 'start')::date as first_on,
        (payload ->> 'end')::date as last_on,
        payload -> 'curve' as curve,
        fetched_at,
        landing_id
    from source
)

select * from final
