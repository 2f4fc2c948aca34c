{{ config(
    meta={'increment': {
        'key': 'on_date',
        'found_in': 'int_report__fetched',
        'day_columns': ['partition_on', 'viewed_partition_on'],
    }},
    indexes=[
        {'columns': ['on_date', 'video_id', 'country_code', 'age_group', 'gender'], 'unique': true},
        {'columns': ['channel_id', 'on_date']},
    ],
) }}

{%- set audience = 'channel_id, on_date, video_id, live_or_on_demand, subscribed_status, country_code' %}

with shares as (
    {{ current_lines('stg_reporting__channel_demographics') }}
),

viewed as (
    {{ current_lines('stg_reporting__channel_basic') }}
),

-- Stacked, not joined: the planner cannot tell how many lines a report has, and would search one for each line of the other.
stacked as (
    select
        {{ audience }},
        age_group,
        gender,
        age_group_code,
        gender_code,
        views_pct,
        null::bigint as views,
        partition_on,
        null::date as viewed_partition_on,
        fetched_at
    from shares
    union all
    select
        {{ audience }},
        null as age_group,
        null as gender,
        null as age_group_code,
        null as gender_code,
        null as views_pct,
        views,
        null as partition_on,
        partition_on as viewed_partition_on,
        null as fetched_at
    from viewed
),

-- The report's shares are of one audience: a video's viewers of one country, subscription and way of watching.
weighted as (
    select
        *,
        views_pct / nullif(sum(views_pct) over by_audience, 0) * sum(views) over by_audience as segment_views,
        max(viewed_partition_on) over by_audience as weight_partition_on
    from stacked
    window by_audience as (partition by {{ audience }})
),

final as (
    select
        on_date,
        video_id,
        country_code,
        age_group,
        gender,
        age_group_code,
        gender_code,
        channel_id,
        sum(segment_views)::double precision as segment_views,
        max(partition_on) as partition_on,
        max(weight_partition_on) as viewed_partition_on,
        max(fetched_at) as known_at
    from weighted
    where views_pct is not null and segment_views >= 0
    group by on_date, video_id, country_code, age_group, gender, age_group_code, gender_code, channel_id
    having sum(segment_views) > 0
)

select * from final
