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
        payload ->> 'viewer_age' as viewer_age,
        payload ->> 'viewer_gender' as viewer_gender,
        payload ->> 'device_type' as device_type,
        payload ->> 'step' as step,
        (payload ->> 'starts_on')::date as starts_on,
        (payload ->> 'period_days')::integer as period_days,
        (payload ->> 'views')::bigint as views,
        coalesce(
            (payload ->> 'watch_time_hours')::double precision,
            (payload ->> 'watch_time_minutes')::double precision / 60,
            (payload ->> 'watch_time_seconds')::double precision / 3600
        ) as watch_hours,
        (payload ->> 'impressions')::bigint as impressions,
        (payload ->> 'impressions_click_through_rate_pct')::double precision as impressions_ctr_pct,
        (payload ->> 'views_share_pct')::double precision as views_share_pct,
        (payload ->> 'watch_time_hours_share_pct')::double precision as watch_share_pct,
        payload as values_read
    from source
)

select * from final
