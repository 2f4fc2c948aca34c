{{ config(meta={'dagster': {'ref': {'name': 'dim_video'}}}) }}

-- Videos whose channel is not in dim_channel.
select videos.video_id
from {{ ref('dim_video') }} as videos
left join {{ ref('dim_channel') }} as channels on videos.channel_id = channels.channel_id
where channels.channel_id is null
