with segments as (
    select * from {{ ref('int_video__demographics_weighted') }}
),

metadata as (
    select * from {{ ref('youtube__video_metadata') }}
),

shared as (
    select
        *,
        sum(segment_views) over (partition by on_date, video_id, country_code) as told_views
    from segments
),

final as (
    select
        shared.on_date as date_day,
        shared.video_id,
        metadata.video_title,
        metadata.video_description,
        metadata.channel_title,
        metadata.video_published_at,
        metadata.default_thumbnail_url,
        metadata.medium_thumbnail_url,
        metadata.high_thumbnail_url,
        shared.age_group_code as age_group,
        shared.country_code,
        shared.gender_code as gender,
        shared.segment_views / shared.told_views as views_percentage,
        'raw_reporting' as source_relation,
        shared.segment_views
    from shared
    left join metadata on shared.video_id = metadata.video_id
)

select * from final
