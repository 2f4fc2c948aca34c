with features as (
    select * from {{ ref('feat_topic__daily') }}
),

topic_days as (
    select * from {{ ref('fct_topic_daily') }}
),

categories as (
    select * from {{ ref('video_categories') }}
),

final as (
    select
        topic_days.on_date,
        topic_days.category_id,
        categories.title as niche,
        topic_days.topic_id,
        topic_days.topic_title,
        features.channels_count,
        features.new_channels_count,
        features.countries_count,
        features.videos_count,
        features.views_gained,
        features.views_gained_videos_count,
        features.momentum,
        features.hackernews_points,
        features.wikipedia_views,
        topic_days.chart_days_7d_count
    from topic_days
    inner join features
        on topic_days.topic_id = features.topic_id
        and topic_days.on_date = features.partition_on
    left join categories on topic_days.category_id = categories.category_id
)

select * from final
