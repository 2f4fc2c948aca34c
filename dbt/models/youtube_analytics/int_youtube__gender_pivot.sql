with demographics as (
    select * from {{ ref('youtube__demographics_report') }}
),

final as (
    select
        date_day,
        video_id,
        source_relation,
        {% for value in ['FEMALE', 'MALE', 'GENDER_OTHER'] -%}
        sum(views_percentage) filter (where gender = '{{ value }}') as {{ value | lower | trim('_') }}
        {{- '' if loop.last else ',' }}
        {% endfor %}
    from demographics
    group by date_day, video_id, source_relation
)

select * from final
