with segments as (
    select * from {{ ref('int_video__demographics_weighted') }}
),

final as (
    select
        on_date as date_day,
        video_id,
        sum(segment_views) filter (where gender_code = 'FEMALE') / sum(segment_views) as female,
        sum(segment_views) filter (where gender_code = 'MALE') / sum(segment_views) as male,
        sum(segment_views) filter (where gender_code = 'GENDER_OTHER') / sum(segment_views) as gender_other,
        'raw_reporting' as source_relation,
        sum(segment_views) as told_views
    from segments
    group by on_date, video_id
)

select * from final
