with source as (
    select * from {{ source('raw_archive', 'studio_daily') }}
),

valued as (
    select
        *,
        jsonb_path_query_first(
            payload, '$.keyvalue() ? (@.key like_regex "^estimated_revenue_[a-z]{3}_micros$" && @.value != null)'
        ) as revenue
    from source
),

final as (
    select
        file_id,
        line_number,
        row_key,
        payload ->> 'step' as step,
        (payload ->> 'starts_on')::date as starts_on,
        (payload ->> 'period_days')::integer as period_days,
        payload ->> 'video_id' as video_id,
        (payload ->> 'views')::bigint as views,
        coalesce(
            (payload ->> 'watch_time_hours')::double precision,
            (payload ->> 'watch_time_minutes')::double precision / 60,
            (payload ->> 'watch_time_seconds')::double precision / 3600
        ) as watch_hours,
        (payload ->> 'impressions')::bigint as impressions,
        (payload ->> 'impressions_click_through_rate_pct')::double precision as impressions_ctr_pct,
        (payload ->> 'average_percentage_viewed_pct')::double precision as average_viewed_pct,
        (payload ->> 'subscribers')::bigint as subscribers,
        (payload ->> 'estimated_revenue_usd_micros')::bigint as revenue_usd_micros,
        split_part(revenue ->> 'key', '_', 3) as revenue_currency,
        (revenue ->> 'value')::bigint as revenue_micros,
        payload as values_read
    from valued
    where payload ->> 'step' <> 'day'
)

select * from final
