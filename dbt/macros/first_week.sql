{#-
CTE body: own videos with the seven Pacific days from their publishing day on, and the moment those days were known.
Only first weeks: all seven days, the publishing day among them, are covered by the channel's reports of the measure. A video that
was published before the first report, or whose week has a gap, has none. A day counts as covered when any video of the channel has
the measure on it: YouTube leaves out the lines of videos that nobody saw. Expects the CTEs `videos` and `daily` (fct_video_daily).
-#}
{% macro first_week_windows(measure) -%}
    select
        videos.video_id,
        videos.channel_id,
        videos.title,
        videos.category_id,
        videos.duration_seconds,
        videos.published_at,
        days.first_on,
        days.known_at
    from videos
    inner join (
        select
            channel_id,
            on_date - 6 as first_on,
            count(*) over seven_days as days_count,
            max(known_at) over seven_days as known_at
        from (
            select
                channel_id,
                on_date,
                max(known_at) as known_at
            from daily
            where {{ measure }} is not null
            group by channel_id, on_date
        ) as covered
        window seven_days as (partition by channel_id order by on_date range between interval '6 days' preceding and current row)
    ) as days
        on videos.channel_id = days.channel_id
        and days.first_on = (videos.published_at at time zone 'America/Los_Angeles')::date
    where days.days_count = 7
{%- endmacro %}
