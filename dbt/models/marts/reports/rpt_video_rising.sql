with features as (
    select * from {{ ref('feat_video__reading') }}
),

readings as (
    select * from {{ ref('fct_video_reading') }}
),

categories as (
    select * from {{ ref('video_categories') }}
),

final as (
    select
        features.partition_on as on_date,
        features.category_id,
        categories.title as niche,
        features.video_id,
        readings.title,
        features.channel_id,
        readings.channel_title,
        features.views,
        case when {{ is_day_apart('features.hours_since_previous') }} then round(features.velocity * 24)::bigint end
            as views_gained_24h,
        case
            when {{ is_day_apart('features.hours_since_previous') }}
                then 100 * features.velocity * 24 / nullif(features.views - features.views_gained, 0)
        end as growth_pct,
        features.hours_since_previous,
        features.countries_count,
        features.best_rank,
        features.age_hours,
        readings.published_at
    from features
    inner join readings
        on features.video_id = readings.video_id
        and features.partition_on = readings.partition_on
    left join categories on features.category_id = categories.category_id
    where features.countries_count > 0 and features.hours_since_previous <= 72
)

select * from final
