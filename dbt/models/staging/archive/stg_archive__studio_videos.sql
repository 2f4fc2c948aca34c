with source as (
    select * from {{ source('raw_archive', 'studio_videos') }}
),

final as (
    select
        file_id,
        line_number,
        row_key,
        payload ->> 'video_id' as video_id,
        payload ->> 'title' as title,
        (payload ->> 'published_on')::date as published_on,
        (payload ->> 'duration_seconds')::integer as duration_seconds,
        (payload ->> 'views')::bigint as views,
        (payload ->> 'watch_time_hours')::double precision as watch_hours,
        (payload ->> 'impressions')::bigint as impressions,
        (payload ->> 'impressions_click_through_rate_pct')::double precision as impressions_ctr_pct,
        (payload ->> 'average_percentage_viewed_pct')::double precision as average_viewed_pct,
        (payload ->> 'subscribers')::bigint as subscribers,
        (payload ->> 'estimated_revenue_usd_micros')::bigint as revenue_usd_micros,
        payload as values_read
    from source
)

select * from final
