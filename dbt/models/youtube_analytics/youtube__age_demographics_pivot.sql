with pivot as (
    select * from {{ ref('int_youtube__age_pivot') }}
),

metadata as (
    select * from {{ ref('youtube__video_metadata') }}
),

final as (
    select
        pivot.date_day,
        pivot.video_id,
        metadata.video_title,
        metadata.video_description,
        metadata.video_published_at,
        metadata.channel_title,
        metadata.default_thumbnail_url,
        pivot.age_13_17 as age_13_17_view_percentage,
        pivot.age_18_24 as age_18_24_view_percentage,
        pivot.age_25_34 as age_25_34_view_percentage,
        pivot.age_35_44 as age_35_44_view_percentage,
        pivot.age_45_54 as age_45_54_view_percentage,
        pivot.age_55_64 as age_55_64_view_percentage,
        pivot.age_65 as age_65_view_percentage,
        pivot.source_relation,
        pivot.told_views
    from pivot
    left join metadata on pivot.video_id = metadata.video_id
)

select * from final
