{{ config(
    materialized='table',
    indexes=[
        {'columns': ['video_id', 'age_days', 'place'], 'unique': true},
        {'columns': ['channel_id']},
    ],
) }}

{% set least_curves, judged_curves, places = 5, 10, 5 %}

with curves as (
    select * from {{ ref('fct_video_retention') }}
),

videos as (
    select * from {{ ref('dim_video') }}
    where is_own
),

daily as (
    select * from {{ ref('fct_video_daily') }}
    where views is not null
),

steps as (
    select
        curves.video_id,
        curves.age_days,
        videos.channel_id,
        videos.format,
        videos.title,
        videos.duration_seconds,
        curves.first_on,
        curves.last_on,
        curves.elapsed_ratio as to_ratio,
        lag(curves.elapsed_ratio) over along as from_ratio,
        100 * (lag(curves.audience_watch_ratio) over along - curves.audience_watch_ratio) as lost_pct
    from curves
    inner join videos on curves.video_id = videos.video_id
    where videos.format is not null
    window along as (partition by curves.video_id, curves.age_days order by curves.elapsed_ratio)
),

usual as (
    select
        channel_id,
        format,
        age_days,
        to_ratio,
        count(*)::integer as curves_count,
        percentile_cont(0.5) within group (order by lost_pct) as median_lost_pct,
        percentile_cont(0.9) within group (order by lost_pct) as high_lost_pct
    from steps
    where lost_pct is not null
    group by channel_id, format, age_days, to_ratio
    having count(*) >= {{ least_curves }}
),

compared as (
    select
        steps.*,
        usual.curves_count,
        usual.median_lost_pct as channel_median_lost_pct,
        usual.high_lost_pct as channel_high_lost_pct,
        steps.lost_pct - usual.median_lost_pct as excess_pct
    from steps
    left join usual
        on steps.channel_id = usual.channel_id
        and steps.format = usual.format
        and steps.age_days = usual.age_days
        and steps.to_ratio = usual.to_ratio
    where steps.lost_pct > 0
),

ranked as (
    select
        *,
        row_number() over (
            partition by video_id, age_days order by excess_pct desc nulls last, lost_pct desc, to_ratio
        )::integer as place
    from compared
),

viewed as (
    select
        ranked.video_id,
        ranked.age_days,
        sum(daily.views) as views
    from ranked
    inner join daily
        on ranked.video_id = daily.video_id
        and daily.on_date between ranked.first_on and ranked.last_on
    where ranked.place = 1
    group by ranked.video_id, ranked.age_days
),

final as (
    select
        ranked.video_id,
        ranked.age_days,
        ranked.place,
        ranked.channel_id,
        ranked.format,
        ranked.title,
        ranked.from_ratio,
        ranked.to_ratio,
        ranked.from_ratio * ranked.duration_seconds as from_seconds,
        ranked.to_ratio * ranked.duration_seconds as to_seconds,
        ranked.lost_pct,
        ranked.curves_count,
        ranked.channel_median_lost_pct,
        ranked.channel_high_lost_pct,
        ranked.excess_pct,
        viewed.views::bigint as views,
        -- Chance: the viewers lost are about a Poisson count, so two of its standard deviations.
        case
            when ranked.curves_count >= {{ judged_curves }}
                then
                    ranked.excess_pct > 3 * (ranked.channel_high_lost_pct - ranked.channel_median_lost_pct)
                    and ranked.excess_pct
                    > 200 * sqrt(ranked.lost_pct / 100 / nullif(greatest(viewed.views, 0), 0)::double precision)
        end as is_unusual
    from ranked
    left join viewed on ranked.video_id = viewed.video_id and ranked.age_days = viewed.age_days
    where ranked.place <= {{ places }}
)

select * from final
