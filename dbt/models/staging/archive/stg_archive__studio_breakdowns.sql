with source as (
    select * from {{ source('raw_archive', 'studio_breakdowns') }}
),

final as (
    select
        file_id,
        line_number,
        row_key,
        (payload ->> 'on_date')::date as on_date,
        payload ->> 'video_id' as video_id,
        coalesce(payload ->> 'country', payload ->> 'country_name', payload ->> 'geography') as country,
        payload ->> 'traffic_source' as traffic_source,
        (payload ->> 'views')::bigint as views,
        (payload ->> 'watch_time_hours')::double precision as watch_hours,
        payload as values_read
    from source
)

select * from final
