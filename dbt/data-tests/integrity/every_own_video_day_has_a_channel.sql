{{ config(meta={'dagster': {'ref': {'name': 'fct_video_daily'}}}) }}

-- Daily figures of a channel that is not one of the operator's.
select distinct daily.channel_id
from {{ ref('fct_video_daily') }} as daily
left join {{ ref('dim_channel') }} as channels on daily.channel_id = channels.channel_id and channels.is_own
where channels.channel_id is null
