{{ config(indexes=[{'columns': ['video_id'], 'unique': true}]) }}

with videos as (
    select * from {{ ref('dim_video') }}
    where is_own
),

daily as (
    select * from {{ ref('fct_video_daily') }}
),

made as (
    select * from {{ ref('stg_ops__videos') }}
    where video_id is not null
),

windows as (
    {{ first_week_windows('views') }}
),

measured as (
    select
        windows.*,
        {{ video_format('windows.duration_seconds', 'windows.published_at') }} as format,
        sum(daily.views)::bigint as views,
        sum(daily.average_view_pct * daily.views) / sum(daily.views)::double precision as average_view_pct
    from windows
    inner join daily
        on windows.video_id = daily.video_id
        and daily.on_date between windows.first_on and windows.first_on + 6
    where daily.views > 0 and daily.average_view_pct is not null
    group by
        windows.video_id, windows.channel_id, windows.title, windows.category_id, windows.duration_seconds,
        windows.published_at, windows.first_on, windows.known_at
),

-- A Short is watched through where a long video is not: compared are videos of one format.
placed as (
    select
        *,
        row_number() over (partition by channel_id, format order by published_at, video_id) as place
    from measured
),

previous as (
    select
        placed.video_id,
        percentile_cont(0.5) within group (order by earlier.average_view_pct) as median_pct,
        max(earlier.known_at) as known_at
    from placed
    inner join placed as earlier
        on placed.channel_id = earlier.channel_id
        and placed.format = earlier.format
        and earlier.place between placed.place - 20 and placed.place - 1
    group by placed.video_id
    having count(*) >= 5
),

final as (
    select
        measured.video_id,
        measured.channel_id,
        measured.published_at as event_timestamp,
        greatest(measured.known_at, previous.known_at) as known_at,
        measured.title,
        made.script,
        measured.category_id,
        measured.duration_seconds,
        measured.published_at,
        measured.first_on,
        measured.views,
        measured.average_view_pct,
        previous.median_pct as previous_median_pct,
        measured.average_view_pct > previous.median_pct as is_above_median
    from measured
    inner join previous on measured.video_id = previous.video_id
    left join made on measured.video_id = made.video_id
)

select * from final
