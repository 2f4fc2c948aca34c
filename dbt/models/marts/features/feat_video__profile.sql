{{ config(
    meta={'increment': {'key': 'video_id', 'found_in': 'fct_video_reading'}},
    indexes=[{'columns': ['video_id', 'event_timestamp']}],
) }}

with readings as (
    select * from {{ ref('fct_video_reading') }}
    where {{ is_affected('video_id') }}
),

attributed as (
    select
        *,
        row(channel_id, title, category_id, duration_seconds, published_at, is_own)::text as attributes
    from readings
),

compared as (
    select
        *,
        lag(attributes) over (partition by video_id order by read_at, partition_on) as previous_attributes
    from attributed
),

final as (
    select
        video_id,
        read_at as event_timestamp,
        known_at as created_timestamp,
        partition_on,
        channel_id,
        title,
        category_id,
        duration_seconds,
        extract(hour from published_at at time zone 'UTC')::integer as published_hour,
        extract(isodow from published_at at time zone 'UTC')::integer as published_dow,
        extract(isodow from published_at at time zone 'UTC') >= 6 as is_weekend,
        is_own
    from compared
    where attributes is distinct from previous_attributes
)

select * from final
