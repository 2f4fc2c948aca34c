{{ config(
    meta={'increment': {'key': 'partition_on', 'days_after': 28}},
    indexes=[
        {'columns': ['channel_id', 'partition_on'], 'unique': true},
        {'columns': ['channel_id', 'event_timestamp']},
        {'columns': ['partition_on']},
    ],
) }}

with readings as (
    select * from {{ ref('fct_video_reading') }}
    where {{ is_affected('partition_on', days_before=27) }}
),

snapshots as (
    select * from {{ ref('stg_youtube__channels') }}
    where {{ is_affected('partition_on') }}
),

metrics as (
    select * from {{ ref('int_video__metrics_fetched') }}
    where source in ('analytics', 'reach') and {{ is_affected('partition_on', days_before=28) }}
),

channel_days as (
    select
        channel_id,
        partition_on as on_day,
        bool_or(is_own) as is_own,
        max(read_at) as event_timestamp
    from readings
    where {{ is_affected('partition_on') }}
    group by channel_id, partition_on
),

-- Each reading is the latest of its video from its own day until the day before the next reading, and at most 28 days long.
reading_spans as (
    select
        *,
        least(lead(partition_on) over by_day - 1, partition_on + 27) as until_on,
        max(partition_on) filter (where countries_count > 0) over by_day as charted_on
    from readings
    window by_day as (partition by video_id order by partition_on)
),

-- How many of the last 28 days' charts were read: of a day whose charts were not, nobody knows who charted.
chart_days as (
    select distinct partition_on from readings
    where countries_count is not null
),

charts as (
    select
        channel_days.on_day,
        count(distinct chart_days.partition_on)::integer as chart_days_28d_count
    from channel_days
    inner join chart_days on chart_days.partition_on between channel_days.on_day - 27 and channel_days.on_day
    group by channel_days.on_day
),

known_videos as (
    select
        channel_days.channel_id,
        channel_days.on_day,
        channel_days.is_own,
        channel_days.event_timestamp,
        reading_spans.video_id,
        reading_spans.views,
        reading_spans.likes,
        reading_spans.known_at,
        reading_spans.published_at > channel_days.event_timestamp - interval '28 days' as is_recent,
        coalesce(reading_spans.charted_on >= channel_days.on_day - 27, false) as is_charting,
        row_number() over (
            partition by channel_days.channel_id, channel_days.on_day
            order by reading_spans.published_at desc, reading_spans.video_id
        ) <= 20 as is_last_20
    from channel_days
    inner join reading_spans
        on channel_days.channel_id = reading_spans.channel_id
        and channel_days.on_day between reading_spans.partition_on and reading_spans.until_on
        and channel_days.event_timestamp >= reading_spans.published_at
),

viewed as (
    select
        channel_id,
        on_day,
        count(*) filter (where is_recent)::integer as uploads_28d_count,
        count(*) filter (where is_charting)::integer as charting_videos_28d_count,
        percentile_cont(0.5) within group (order by views) filter (where is_last_20) as median_views_20,
        {{ ratio_of_sums('case when is_last_20 then likes end', 'case when is_last_20 then views end') }} as like_rate_20,
        max(known_at) as known_at
    from known_videos
    group by channel_id, on_day
),

-- A day's figure is re-read by later fetches: each fetch holds until the day before the next one.
metric_spans as (
    select
        *,
        coalesce(
            lead(partition_on) over (partition by source, video_id, on_date order by partition_on) - 1, 'infinity'
        ) as until_on
    from metrics
),

measured as (
    select
        known_videos.channel_id,
        known_videos.on_day,
        {{ weighted_mean('metric_spans.average_view_pct', 'metric_spans.views') }} as average_view_pct_20,
        {{ weighted_mean('metric_spans.ctr', 'metric_spans.impressions') }} as ctr_20,
        max(metric_spans.fetched_at) as known_at
    from known_videos
    inner join metric_spans
        on known_videos.video_id = metric_spans.video_id
        and known_videos.on_day between metric_spans.partition_on and metric_spans.until_on
        and metric_spans.partition_on >= known_videos.on_day - 28
        and metric_spans.on_date >= known_videos.on_day - 28
    where known_videos.is_own and known_videos.is_last_20
    group by known_videos.channel_id, known_videos.on_day
),

final as (
    select
        channel_days.channel_id,
        channel_days.event_timestamp,
        greatest(channel_days.event_timestamp, viewed.known_at, measured.known_at, snapshots.fetched_at)
            as created_timestamp,
        channel_days.on_day as partition_on,
        channel_days.is_own,
        snapshots.subscribers_count,
        viewed.uploads_28d_count,
        case when charts.chart_days_28d_count > 0 then viewed.charting_videos_28d_count end as charting_videos_28d_count,
        coalesce(charts.chart_days_28d_count, 0) as chart_days_28d_count,
        viewed.median_views_20,
        measured.average_view_pct_20,
        measured.ctr_20,
        viewed.like_rate_20
    from channel_days
    inner join viewed
        on channel_days.channel_id = viewed.channel_id
        and channel_days.on_day = viewed.on_day
    left join charts on channel_days.on_day = charts.on_day
    left join measured
        on channel_days.channel_id = measured.channel_id
        and channel_days.on_day = measured.on_day
    left join snapshots
        on channel_days.channel_id = snapshots.channel_id
        and channel_days.on_day = snapshots.partition_on
)

select * from final
