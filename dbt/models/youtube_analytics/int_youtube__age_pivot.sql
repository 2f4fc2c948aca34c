with segments as (
    select * from {{ ref('int_video__demographics_weighted') }}
),

final as (
    select
        on_date as date_day,
        video_id,
        sum(segment_views) filter (where age_group_code = 'AGE_13_17') / sum(segment_views) as age_13_17,
        sum(segment_views) filter (where age_group_code = 'AGE_18_24') / sum(segment_views) as age_18_24,
        sum(segment_views) filter (where age_group_code = 'AGE_25_34') / sum(segment_views) as age_25_34,
        sum(segment_views) filter (where age_group_code = 'AGE_35_44') / sum(segment_views) as age_35_44,
        sum(segment_views) filter (where age_group_code = 'AGE_45_54') / sum(segment_views) as age_45_54,
        sum(segment_views) filter (where age_group_code = 'AGE_55_64') / sum(segment_views) as age_55_64,
        sum(segment_views) filter (where age_group_code = 'AGE_65_') / sum(segment_views) as age_65,
        'raw_reporting' as source_relation,
        sum(segment_views) as told_views
    from segments
    group by on_date, video_id
)

select * from final
