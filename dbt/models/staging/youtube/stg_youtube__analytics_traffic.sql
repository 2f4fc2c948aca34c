with source as (
    select * from {{ source('raw_youtube', 'analytics_traffic') }}
),

final as (
    select
        source.partition_on,
        (source.payload ->> 'day')::date as on_date,
        source.payload ->> 'channel_id' as channel_id,
        {{ decoded('insightTrafficSourceType', 'traffic_source') }},
        (source.payload ->> 'views')::numeric::bigint as views,
        (source.payload ->> 'estimatedMinutesWatched')::double precision as watch_minutes,
        source.fetched_at,
        source.landing_id
    from source
    {{ query_names_joined('traffic_source_type', 'insightTrafficSourceType', 'traffic_source') }}
)

select * from final
