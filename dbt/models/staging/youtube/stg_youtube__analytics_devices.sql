with source as (
    select * from {{ source('raw_youtube', 'analytics_devices') }}
),

final as (
    select
        source.partition_on,
        (source.payload ->> 'day')::date as on_date,
        source.payload ->> 'channel_id' as channel_id,
        {{ decoded('deviceType', 'device_type') }},
        {{ decoded('operatingSystem', 'operating_system') }},
        (source.payload ->> 'views')::numeric::bigint as views,
        (source.payload ->> 'estimatedMinutesWatched')::double precision as watch_minutes,
        source.fetched_at,
        source.landing_id
    from source
    {{ query_names_joined('device_type', 'deviceType', 'device_type') }}
    {{ query_names_joined('operating_system', 'operatingSystem', 'operating_system') }}
)

select * from final
