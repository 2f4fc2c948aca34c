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

thumbnails as (
    select * from {{ ref('stg_youtube__thumbnails') }}
),

windows as (
    {{ first_week_windows('impressions') }}
),

measured as (
    select
        windows.video_id,
        sum(daily.impressions) filter (where daily.ctr is not null)::bigint as impressions,
        round(sum(daily.impressions * daily.ctr))::bigint as clicks
    from windows
    inner join daily
        on windows.video_id = daily.video_id
        and daily.on_date between windows.first_on and windows.first_on + 6
    group by windows.video_id
),

pictures as (
    select distinct on (windows.video_id) thumbnails.*
    from windows
    inner join thumbnails on windows.video_id = thumbnails.video_id
    order by windows.video_id, abs(extract(epoch from thumbnails.fetched_at - windows.published_at)), thumbnails.fetched_at
),

final as (
    select
        windows.video_id,
        windows.channel_id,
        windows.published_at as event_timestamp,
        greatest(windows.known_at, pictures.fetched_at) as known_at,
        windows.title,
        made.script,
        windows.category_id,
        windows.duration_seconds,
        windows.published_at,
        windows.first_on,
        pictures.brightness as thumbnail_brightness,
        pictures.contrast as thumbnail_contrast,
        pictures.colourfulness as thumbnail_colourfulness,
        pictures.text_area as thumbnail_text_area,
        pictures.edge_density as thumbnail_edge_density,
        pictures.legibility as thumbnail_legibility,
        pictures.faces as thumbnail_faces,
        pictures.face_area as thumbnail_face_area,
        measured.impressions,
        measured.clicks,
        measured.clicks::double precision / measured.impressions as ctr
    from windows
    inner join measured on windows.video_id = measured.video_id
    left join made on windows.video_id = made.video_id
    left join pictures on windows.video_id = pictures.video_id
    where measured.impressions >= 500
)

select * from final
