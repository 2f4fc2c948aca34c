with pivot as (
    select * from {{ ref('int_youtube__gender_pivot') }}
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
        pivot.female as female_view_percentage,
        pivot.male as male_view_percentage,
        pivot.gender_other as gender_other_view_percentage,
        pivot.source_relation,
        pivot.told_views
    from pivot
    left join metadata on pivot.video_id = metadata.video_id
)

select * from final
