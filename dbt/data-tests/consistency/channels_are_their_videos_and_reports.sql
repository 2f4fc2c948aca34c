{{ config(meta={'dagster': {'ref': {'name': 'fct_channel_daily'}}}) }}

-- Channel days on which three words for the same views are too far apart: the channel's own query, the sum of its videos, and the
-- bulk reports. The videos may have fewer (old ones are asked for once a week, deleted ones not at all) but not more; a report
-- tells of all of them. Tolerance: a tenth of the channel's views and 50, for each is fetched at a time of its own and corrected
-- later. Only days that have settled, three before the channel's last, and only where both words are known.
with channels as (
    select
        channel_id,
        on_date,
        views
    from {{ ref('fct_channel_daily') }}
    where views is not null
),

settled as (
    select
        channel_id,
        max(on_date) - 3 as on_date
    from channels
    group by channel_id
),

told as (
    select
        'videos' as told_by,
        channel_id,
        on_date,
        sum(views) as views
    from {{ ref('fct_video_daily') }}
    where views is not null
    group by channel_id, on_date
    union all
    select
        'channel_basic' as told_by,
        channel_id,
        on_date,
        sum(views) as views
    from {{ ref('fct_video_country_daily') }}
    group by channel_id, on_date
    union all
    select
        'channel_combined' as told_by,
        lines.channel_id,
        lines.on_date,
        sum(lines.views) as views
    from {{ ref('stg_reporting__channel_combined') }} as lines
    inner join {{ ref('int_report__current') }} as latest
        on lines.channel_id = latest.channel_id
        and lines.on_date = latest.on_date
        and lines.partition_on = latest.partition_on
        and lines.report_created_at = latest.report_created_at
    where latest.report = 'channel_combined'
    group by lines.channel_id, lines.on_date
),

final as (
    select
        told.told_by,
        channels.channel_id,
        channels.on_date,
        channels.views,
        told.views as told_views,
        told.views - channels.views as surplus,
        50 + 0.1 * abs(channels.views) as tolerance
    from channels
    inner join settled on channels.channel_id = settled.channel_id and channels.on_date <= settled.on_date
    inner join told on channels.channel_id = told.channel_id and channels.on_date = told.on_date
)

select * from final
where surplus > tolerance or (told_by <> 'videos' and -surplus > tolerance)
