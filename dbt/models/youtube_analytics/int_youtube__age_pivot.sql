with demographics as (
    select * from {{ ref('youtube__demographics_report') }}
),

final as (
    select
        date_day,
        video_id,
        source_relation,
        {% for value in ['AGE_13_17', 'AGE_18_24', 'AGE_25_34', 'AGE_35_44', 'AGE_45_54', 'AGE_55_64', 'AGE_65_'] -%}
        sum(views_percentage) filter (where age_group = '{{ value }}') as {{ value | lower | trim('_') }}
        {{- '' if loop.last else ',' }}
        {% endfor %}
    from demographics
    group by date_day, video_id, source_relation
)

select * from final
