with source as (
    select * from {{ source('raw_youtube', 'analytics_channel_revenue') }}
),

final as (
    select
        partition_on,
        (payload ->> 'day')::date as on_date,
        payload ->> 'channel_id' as channel_id,
        round((payload ->> 'estimatedRevenue')::numeric * 1000000)::bigint as revenue_usd_micros,
        round((payload ->> 'estimatedAdRevenue')::numeric * 1000000)::bigint as ad_revenue_usd_micros,
        round((payload ->> 'estimatedRedPartnerRevenue')::numeric * 1000000)::bigint as premium_revenue_usd_micros,
        round((payload ->> 'grossRevenue')::numeric * 1000000)::bigint as gross_revenue_usd_micros,
        (payload ->> 'monetizedPlaybacks')::numeric::bigint as monetized_playbacks,
        round((payload ->> 'playbackBasedCpm')::numeric * 1000000)::bigint as playback_based_cpm_usd_micros,
        (payload ->> 'adImpressions')::numeric::bigint as ad_impressions,
        round((payload ->> 'cpm')::numeric * 1000000)::bigint as cpm_usd_micros,
        fetched_at,
        landing_id
    from source
)

select * from final
