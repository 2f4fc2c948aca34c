{{ config(
    meta={'increment': {'key': 'partition_on', 'days_after': 28}},
    indexes=[
        {'columns': ['video_id', 'event_timestamp']},
        {'columns': ['video_id', 'partition_on'], 'unique': true},
        {'columns': ['partition_on']},
    ],
) }}

with readings as (
    select * from {{ ref('fct_video_reading') }}
    where {{ is_affected('partition_on') }}
),

channel_days as (
    select * from {{ ref('feat_channel__daily') }}
    where {{ is_affected('partition_on') }}
),

measured as (
    select
        *,
        extract(epoch from read_at - published_at)::double precision / 3600 as age_hours,
        coalesce(countries_count > 0, false) as is_charting
    from readings
),

-- A video without a category competes with the others that have none.
niches as (
    select
        partition_on,
        category_id,
        count(*)::integer as videos_count,
        count(distinct channel_id)::integer as channels_count,
        (count(*) filter (where age_hours < 48))::integer as new_videos_count,
        sum(views) as views,
        percentile_cont(0.5) within group (order by views) as median_views,
        percentile_cont(0.5) within group (order by age_hours) as median_age_hours,
        percentile_cont(0.5) within group (order by views / greatest(age_hours, 1)) as median_views_per_hour
    from measured
    where is_charting
    group by partition_on, category_id
),

days as (
    select
        partition_on,
        count(*)::integer as videos_count,
        max(known_at) as known_at
    from measured
    where is_charting
    group by partition_on
),

channels as (
    select
        partition_on,
        channel_id,
        count(*)::integer as videos_count,
        max(views) as most_views
    from measured
    where is_charting
    group by partition_on, channel_id
),

ranked as (
    select
        *,
        rank() over (partition by partition_on, category_id order by is_charting desc, views desc)::integer as views_rank,
        rank() over (
            partition by partition_on, category_id order by is_charting desc, views / greatest(age_hours, 1) desc
        )::integer as pace_rank
    from measured
),

final as (
    select
        ranked.video_id,
        ranked.read_at as event_timestamp,
        greatest(ranked.known_at, days.known_at, channel_days.created_timestamp) as created_timestamp,
        ranked.partition_on,
        ranked.best_rank as chart_best_rank,
        days.videos_count as chart_videos_count,
        niches.videos_count as niche_videos_count,
        niches.channels_count as niche_channels_count,
        niches.new_videos_count as niche_new_videos_count,
        niches.median_views as niche_median_views,
        niches.median_age_hours as niche_median_age_hours,
        niches.median_views_per_hour as niche_median_views_per_hour,
        niches.videos_count::double precision / days.videos_count as niche_videos_share,
        ranked.views / nullif(niches.views, 0)::double precision as niche_views_share,
        case
            when days.partition_on is not null
                then ranked.views_rank::double precision / greatest(niches.videos_count, ranked.views_rank)
        end as niche_views_place,
        case
            when days.partition_on is not null
                then ranked.pace_rank::double precision / greatest(niches.videos_count, ranked.pace_rank)
        end as niche_pace_place,
        ln((ranked.views + 1) / (niches.median_views + 1)) as niche_views_ratio,
        case when days.partition_on is not null then coalesce(channels.videos_count, 0) end as channel_charting_today_count,
        channels.most_views as channel_most_views_today,
        channel_days.subscribers_count as channel_subscribers_count,
        channel_days.uploads_28d_count as channel_uploads_28d_count,
        channel_days.charting_videos_28d_count as channel_charting_28d_count,
        channel_days.median_views_20 as channel_median_views_20,
        channel_days.like_rate_20 as channel_like_rate_20,
        ln((ranked.views + 1) / (channel_days.median_views_20 + 1)) as channel_views_ratio
    from ranked
    left join days
        on ranked.partition_on = days.partition_on
    left join niches
        on ranked.partition_on = niches.partition_on
        and ranked.category_id is not distinct from niches.category_id
    left join channels
        on ranked.partition_on = channels.partition_on
        and ranked.channel_id = channels.channel_id
    left join channel_days
        on ranked.partition_on = channel_days.partition_on
        and ranked.channel_id = channel_days.channel_id
)

select * from final
