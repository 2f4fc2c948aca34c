with demographics as (
    select * from {{ ref('youtube__demographics_report') }}
),

final as (
    select
        date_day,
        video_id,
        sum(views_percentage) filter (where gender = 'FEMALE') as female,
        sum(views_percentage) filter (where gender = 'MALE') as male,
        sum(views_percentage) filter (where gender = 'GENDER_OTHER') as gender_other,
        source_relation
    from demographics
    group by date_day, video_id, source_relation
)

select * from final
