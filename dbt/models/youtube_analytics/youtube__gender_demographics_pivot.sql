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
        {% for value in ['female', 'male', 'gender_other'] -%}
        pivot.{{ value }} as {{ value }}_view_percentage,
        {% endfor -%}
        pivot.source_relation
    from pivot
    left join metadata on pivot.video_id = metadata.video_id
)

select * from final
