with source as (
    select * from {{ source('raw_archive', 'trend_entries') }}
),

final as (
    select
        file_id,
        line_number,
        row_key,
        payload ->> 'service' as service,
        payload ->> 'list' as list,
        payload ->> 'region' as region,
        (payload ->> 'on_date')::date as on_date,
        (payload ->> 'read_at')::timestamptz as read_at,
        coalesce(payload ->> 'rank', payload ->> 'position')::bigint as rank,
        coalesce(payload ->> 'topic', payload ->> 'title') as title,
        coalesce(
            payload ->> 'peak_volume', payload ->> 'tweet_volume', payload ->> 'points', payload ->> 'pageviews'
        )::double precision as volume,
        (payload ->> 'trended_seconds')::double precision as trended_seconds
    from source
)

select * from final
