with channels as (
    select * from {{ ref('stg_ops__channels') }}
),

launches as (
    select * from {{ ref('fct_video_outlier') }}
    where population = 'own' and horizon_hours in (24, 48, 168)
),

-- On the logarithm, for views of videos spread over orders of magnitude; one view more, for none has no logarithm.
placed as (
    select
        launches.channel_id,
        launches.format,
        launches.horizon_hours,
        launches.published_at at time zone channels.timezone as published_local,
        channels.timezone,
        launches.views,
        ln((launches.views + 1) / (launches.surrounding_median_views + 1)) as lift
    from launches
    inner join channels on launches.channel_id = channels.channel_id
),

slots as (
    select
        *,
        trim(to_char(published_local, 'Day')) as weekday,
        to_char(published_local, 'HH24') as hour
    from placed
),

added as (
    select
        channel_id,
        format,
        horizon_hours,
        case grouping(weekday, hour) when 0 then 'weekday_hour' when 1 then 'weekday' else 'hour' end as breakdown,
        concat_ws(' ', weekday, hour) as value,
        timezone,
        count(*)::integer as videos_count,
        percentile_cont(0.5) within group (order by views) as median_views,
        avg(lift) as lift,
        stddev_samp(lift) / sqrt(count(*)) as lift_error
    from slots
    group by channel_id, format, horizon_hours, timezone, grouping sets ((weekday, hour), (weekday), (hour))
),

final as (
    select
        channel_id,
        format,
        horizon_hours,
        breakdown,
        value,
        timezone,
        videos_count,
        median_views,
        exp(lift) as launch_ratio,
        exp(lift - {{ student_t('videos_count - 1') }} * lift_error) as launch_ratio_low,
        exp(lift + {{ student_t('videos_count - 1') }} * lift_error) as launch_ratio_high
    from added
)

select * from final
