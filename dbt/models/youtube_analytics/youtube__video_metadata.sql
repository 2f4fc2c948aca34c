with videos as (
    select * from {{ ref('stg_youtube__video') }}
),

final as (
    select
        *,
        video_thumbnails #>> '{default,url}' as default_thumbnail_url,
        video_thumbnails #>> '{standard,url}' as standard_thumbnail_url,
        video_thumbnails #>> '{medium,url}' as medium_thumbnail_url,
        video_thumbnails #>> '{high,url}' as high_thumbnail_url
    from videos
)

select * from final
