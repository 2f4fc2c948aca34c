with source as (
    select * from {{ source('raw_youtube', 'analytics_playback_locations') }}
),

final as (
    select
        source.partition_on,
        (source.payload ->> 'day')::date as on_date,
        source.payload ->> 'channel_id' as channel_id,
        {{ decoded('insightPlaybackLocationType', 'playback_location') }},
        (source.payload ->> 'views')::numeric::bigint as views,
        (source.payload ->> 'estimatedMinutesWatched')::double precision as watch_minutes,
        source.fetched_at,
        source.landing_id
    from source
    {{ query_names_joined('playback_location_type', 'insightPlaybackLocationType', 'playback_location') }}
)

select * from final
