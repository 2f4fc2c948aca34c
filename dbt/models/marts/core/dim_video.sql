{{ config(indexes=[{'columns': ['video_id'], 'unique': true}, {'columns': ['channel_id', 'published_at']}]) }}

with readings as (
    select * from {{ ref('fct_video_reading') }}
),

final as (
    select distinct on (video_id)
        video_id,
        channel_id,
        channel_title,
        title,
        category_id,
        duration_seconds,
        published_at,
        is_own,
        min(read_at) over (partition by video_id) as first_seen_at
    from readings
    order by video_id, read_at desc, partition_on desc
)

select * from final
