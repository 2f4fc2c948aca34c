with features as (
    select * from {{ ref('feat_channel__daily') }}
    where is_own
),

readings as (
    select * from {{ ref('fct_video_reading') }}
    where is_own
),

final as (
    select
        features.channel_id,
        features.partition_on as on_date,
        features.uploads_28d_count as videos_28d_count,
        features.median_views_20 as median_views,
        best.video_id as best_video_id,
        best.title as best_video_title,
        best.views as best_views,
        features.average_view_pct_20 as average_view_pct,
        features.ctr_20 as ctr
    from features
    left join lateral (
        select
            readings.video_id,
            readings.title,
            readings.views
        from readings
        where
            readings.channel_id = features.channel_id
            and readings.partition_on = features.partition_on
            and readings.published_at > features.event_timestamp - interval '28 days'
            and readings.published_at <= features.event_timestamp
        order by readings.views desc, readings.video_id
        limit 1
    ) as best on true
)

select * from final
