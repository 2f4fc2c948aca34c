{{ config(meta={'dagster': {'ref': {'name': 'feat_video__reading'}}}) }}

-- Readings without features, and features without a reading.
select
    video_id,
    partition_on
from {{ ref('fct_video_reading') }} as readings
full outer join {{ ref('feat_video__reading') }} as features using (video_id, partition_on)
where readings.views is distinct from features.views
