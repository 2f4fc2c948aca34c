{{ config(indexes=[
    {'columns': ['video_id', 'period', 'age_group', 'gender'], 'unique': true},
    {'columns': ['channel_id', 'period']},
]) }}

with segments as (
    select * from {{ ref('int_video__demographics_weighted') }}
),

countries as (
    select * from {{ ref('fct_video_country_daily') }}
),

last_days as (
    select
        channel_id,
        max(on_date) as last_on
    from segments
    group by channel_id
),

recent as (
    select
        segments.*,
        last_days.last_on,
        segments.on_date > last_days.last_on - 28 as is_28d
    from segments
    inner join last_days on segments.channel_id = last_days.channel_id
    where segments.on_date > last_days.last_on - 90
),

by_segment as (
    select
        channel_id,
        video_id,
        age_group,
        gender,
        last_on,
        sum(segment_views) filter (where is_28d) as views_28d,
        sum(segment_views) as views_90d,
        max(known_at) as known_at
    from recent
    group by channel_id, video_id, age_group, gender, last_on
),

days_told as (
    select
        video_id,
        count(distinct on_date) filter (where is_28d)::integer as days_28d,
        count(distinct on_date)::integer as days_90d
    from recent
    group by video_id
),

viewed as (
    select
        countries.video_id,
        sum(countries.views) filter (where countries.on_date > last_days.last_on - 28)::bigint as views_28d,
        sum(countries.views)::bigint as views_90d
    from countries
    inner join last_days
        on countries.channel_id = last_days.channel_id
        and countries.on_date between last_days.last_on - 89 and last_days.last_on
    group by countries.video_id
),

periods as (
    select
        by_segment.video_id,
        parts.period,
        by_segment.age_group,
        by_segment.gender,
        by_segment.channel_id,
        by_segment.last_on - parts.days + 1 as first_on,
        by_segment.last_on,
        parts.days_count,
        parts.segment_views,
        sum(parts.segment_views) over (partition by by_segment.video_id, parts.period) as told_views,
        parts.views,
        by_segment.known_at
    from by_segment
    inner join days_told on by_segment.video_id = days_told.video_id
    left join viewed on by_segment.video_id = viewed.video_id
    cross join
        lateral (
            values
            ('28d', 28, days_told.days_28d, by_segment.views_28d, viewed.views_28d),
            ('90d', 90, days_told.days_90d, by_segment.views_90d, viewed.views_90d)
        ) as parts (period, days, days_count, segment_views, views)
    where parts.segment_views is not null
),

final as (
    select
        video_id,
        period,
        age_group,
        gender,
        channel_id,
        first_on,
        last_on,
        days_count,
        100 * segment_views / told_views as views_pct,
        segment_views,
        told_views,
        views,
        100 * told_views / nullif(greatest(views, 0), 0) as coverage_pct,
        known_at
    from periods
)

select * from final
