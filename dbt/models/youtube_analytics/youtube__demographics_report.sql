with demographics as (
    select * from {{ ref('stg_youtube__channel_demographics') }}
),

metadata as (
    select * from {{ ref('youtube__video_metadata') }}
),

added as (
    select
        date_day,
        video_id,
        age_group,
        country_code,
        gender,
        source_relation,
        sum(views_percentage) as views_percentage
    from demographics
    group by date_day, video_id, age_group, country_code, gender, source_relation
),

final as (
    select
        added.date_day,
        added.video_id,
        metadata.video_title,
        metadata.video_description,
        metadata.channel_title,
        metadata.video_published_at,
        metadata.default_thumbnail_url,
        metadata.medium_thumbnail_url,
        metadata.high_thumbnail_url,
        added.age_group,
        added.country_code,
        added.gender,
        added.views_percentage,
        added.source_relation
    from added
    left join metadata on added.video_id = metadata.video_id
)

select * from final
