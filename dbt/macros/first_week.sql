{#-
CTE body: own videos with the seven Pacific days in which they are measured, and the moment those days were known.
The days begin with the publishing day; a video older than the channel's first report begins with that report, so that a channel
has labels from its first week on. Only complete windows. Expects the CTEs `videos` and `daily` (fct_video_daily).
-#}
{% macro first_week_windows() -%}
    select
        videos.video_id,
        videos.channel_id,
        videos.title,
        videos.category_id,
        videos.duration_seconds,
        videos.published_at,
        starts.first_on,
        max(days.known_at) as known_at
    from videos
    inner join (
        select channel_id, min(on_date) as first_on, max(on_date) as last_on from daily group by channel_id
    ) as reported on videos.channel_id = reported.channel_id
    cross join lateral (
        select greatest((videos.published_at at time zone 'America/Los_Angeles')::date, reported.first_on) as first_on
    ) as starts
    inner join (
        select channel_id, on_date, max(known_at) as known_at from daily group by channel_id, on_date
    ) as days
        on videos.channel_id = days.channel_id
        and days.on_date between starts.first_on and starts.first_on + 6
    where starts.first_on + 6 <= reported.last_on
    group by
        videos.video_id, videos.channel_id, videos.title, videos.category_id, videos.duration_seconds,
        videos.published_at, starts.first_on
{%- endmacro %}
