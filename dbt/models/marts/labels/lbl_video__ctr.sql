{{ config(indexes=[{'columns': ['video_id'], 'unique': true}]) }}

with videos as (
    select * from {{ ref('dim_video') }}
    where is_own
),

daily as (
    select * from {{ ref('fct_video_daily') }}
    where impressions is not null
),

windows as (
    {{ first_week_windows() }}
),

measured as (
    select
        windows.video_id,
        sum(daily.impressions)::bigint as impressions,
        round(sum(daily.impressions * daily.ctr))::bigint as clicks
    from windows
    inner join daily
        on windows.video_id = daily.video_id
        and daily.on_date between windows.first_on and windows.first_on + 6
    group by windows.video_id
),

final as (
    select
        windows.video_id,
        windows.channel_id,
        windows.published_at as event_timestamp,
        windows.known_at,
        windows.title,
        windows.category_id,
        windows.duration_seconds,
        windows.published_at,
        windows.first_on,
        measured.impressions,
        measured.clicks,
        measured.clicks::double precision / measured.impressions as ctr
    from windows
    inner join measured on windows.video_id = measured.video_id
    where measured.impressions >= 500
)

select * from final
