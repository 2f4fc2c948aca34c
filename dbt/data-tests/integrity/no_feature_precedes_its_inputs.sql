{{ config(meta={'dagster': {'ref': {'name': 'feat_topic__daily'}}}) }}

-- Feature rows and labels that claim to have been known before the fetch of their own day.
select
    video_id as entity_id,
    event_timestamp
from {{ ref('feat_video__profile') }}
where created_timestamp < event_timestamp
union all
select
    topic_id,
    event_timestamp
from {{ ref('feat_topic__daily') }}
where created_timestamp < event_timestamp
