with source as (
    select * from {{ source('raw_youtube', 'reach_daily') }}
),

final as (
    select
        partition_on,
        to_date(payload ->> 'date', 'YYYYMMDD') as on_date,
        payload ->> 'video_id' as video_id,
        payload ->> 'channel_id' as channel_id,
        (payload ->> 'video_thumbnail_impressions')::numeric::bigint as impressions,
        (payload ->> 'video_thumbnail_impressions_ctr')::double precision as ctr,
        (payload ->> 'report_created_at')::timestamptz as report_created_at,
        fetched_at,
        landing_id
    from source
)

select * from final
