with demographics as (
    select * from {{ ref('youtube__demographics_report') }}
),

final as (
    select
        date_day,
        video_id,
        sum(views_percentage) filter (where age_group = 'AGE_13_17') as age_13_17,
        sum(views_percentage) filter (where age_group = 'AGE_18_24') as age_18_24,
        sum(views_percentage) filter (where age_group = 'AGE_25_34') as age_25_34,
        sum(views_percentage) filter (where age_group = 'AGE_35_44') as age_35_44,
        sum(views_percentage) filter (where age_group = 'AGE_45_54') as age_45_54,
        sum(views_percentage) filter (where age_group = 'AGE_55_64') as age_55_64,
        sum(views_percentage) filter (where age_group = 'AGE_65_') as age_65,
        source_relation
    from demographics
    group by date_day, video_id, source_relation
)

select * from final
