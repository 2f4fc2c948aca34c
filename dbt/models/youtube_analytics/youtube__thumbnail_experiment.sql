{% set least_impressions, least_days = 1000, 3 %}

with thumbnails as (
    select * from {{ ref('stg_youtube__thumbnails') }}
),

videos as (
    select * from {{ ref('dim_video') }}
),

landings as (
    select * from {{ ref('stg_ops__landings') }}
    where asset_key = 'raw_youtube/thumbnails' and stopped_by is null
),

readings as (
    select * from {{ ref('fct_video_reading') }}
    where is_own
),

reach as (
    select * from {{ ref('fct_video_reach_daily') }}
    where rated_impressions > 0
),

changes as (
    select
        video_id,
        sha256,
        partition_on,
        fetched_at,
        coalesce(lag(sha256) over (partition by video_id order by partition_on), '') <> sha256 as is_change
    from thumbnails
),

pictures as (
    select
        video_id,
        sha256,
        fetched_at,
        partition_on,
        row_number() over by_day as variant,
        count(*) over (partition by video_id) as pictures_count,
        lead(partition_on) over by_day as next_partition_on
    from changes
    where is_change
    window by_day as (partition by video_id order by partition_on)
),

-- The last moment before the next picture at which the video was read and its picture still had the same address.
stood as (
    select
        pictures.video_id,
        pictures.variant,
        max(readings.read_at) as stood_at
    from pictures
    inner join readings
        on pictures.video_id = readings.video_id
        and readings.partition_on between pictures.partition_on and pictures.next_partition_on - 1
    inner join landings on readings.partition_on = landings.partition_on
    group by pictures.video_id, pictures.variant
),

-- Whole Pacific days on which the picture surely stood: those that a change may have fallen on are left out. The first picture
-- also before it was fetched, where that was soon after publishing.
spans as (
    select
        pictures.video_id,
        pictures.variant,
        pictures.pictures_count,
        pictures.sha256,
        pictures.partition_on as first_on,
        pictures.next_partition_on - 1 as last_on,
        case
            when pictures.variant = 1 and pictures.fetched_at <= videos.published_at + interval '48 hours'
                then (videos.published_at at time zone 'America/Los_Angeles')::date
            else (pictures.fetched_at at time zone 'America/Los_Angeles')::date + 1
        end as counted_first_on,
        case
            when pictures.next_partition_on is not null
                then (coalesce(stood.stood_at, pictures.fetched_at) at time zone 'America/Los_Angeles')::date - 1
        end as counted_last_on
    from pictures
    left join videos on pictures.video_id = videos.video_id
    left join stood on pictures.video_id = stood.video_id and pictures.variant = stood.variant
),

counted as (
    select
        spans.video_id,
        spans.variant,
        spans.pictures_count,
        reach.on_date,
        reach.traffic_source,
        reach.device_type,
        reach.rated_impressions as impressions,
        reach.clicks
    from spans
    inner join reach
        on spans.video_id = reach.video_id
        and spans.counted_first_on <= reach.on_date
        and coalesce(spans.counted_last_on, 'infinity'::date) >= reach.on_date
),

-- Kept whole: a condition on the view's rows must not have them computed again for each row.
totals as materialized (
    select
        video_id,
        variant,
        pictures_count,
        count(distinct on_date)::integer as days_count,
        sum(impressions)::bigint as impressions,
        sum(clicks) as clicks
    from counted
    group by video_id, variant, pictures_count
),

-- From here on by windows, not by joins: the planner cannot tell how many rows these have.
celled as (
    select
        *,
        sum(impressions) over by_cell as cell_impressions,
        sum(clicks) over by_cell as cell_clicks,
        sum(impressions) over by_variant as variant_impressions,
        dense_rank() over (partition by video_id, variant order by on_date) as day_number
    from counted
    where pictures_count > 1
    window
        by_cell as (partition by video_id, variant, traffic_source, device_type),
        by_variant as (partition by video_id, variant)
),

measured as (
    select
        *,
        max(day_number) over (partition by video_id, variant) as days_count
    from celled
),

numbered as (
    select
        *,
        dense_rank() over (partition by video_id order by variant) as video_place,
        dense_rank() over (partition by video_id, traffic_source, device_type order by variant) as cell_place
    from measured
    where variant_impressions >= {{ least_impressions }} and days_count >= {{ least_days }}
),

-- Cells of traffic source and device in which all measured pictures of a video were shown: only there can they be compared.
shared as (
    select
        *,
        max(video_place) over (partition by video_id) as video_variants,
        max(cell_place) over (partition by video_id, traffic_source, device_type) as cell_variants
    from numbered
),

weighted as (
    select
        *,
        cell_clicks / cell_impressions as cell_ctr,
        sum(impressions) over (partition by video_id, traffic_source, device_type)
        / sum(impressions) over (partition by video_id) as weight
    from shared
    where video_variants = cell_variants
),

-- What each day adds to the standardised rate, and by how much that is beyond its due: the days' scatter is its error.
days as (
    select
        video_id,
        variant,
        on_date,
        sum(impressions) as impressions,
        sum(weight * clicks / cell_impressions)::double precision as part_of_ctr,
        sum(weight * (clicks - cell_ctr * impressions) / cell_impressions)::double precision as deviation,
        sum(weight ^ 2 * cell_ctr * greatest(1 - cell_ctr, 0) * impressions / cell_impressions ^ 2)::double precision as chance
    from weighted
    group by video_id, variant, on_date
),

rated as (
    select
        video_id,
        variant,
        sum(impressions)::bigint as impressions,
        count(*) - 1 as freedom,
        sum(part_of_ctr) as ctr,
        greatest(sum(deviation ^ 2) * count(*) / nullif(count(*) - 1, 0), sum(chance)) as variance
    from days
    group by video_id, variant
    having sum(impressions) >= {{ least_impressions }} and count(*) >= {{ least_days }}
),

compared as (
    select
        *,
        lag(variant) over by_variant as other_variant,
        ctr - lag(ctr) over by_variant as gain,
        variance + lag(variance) over by_variant as gain_variance,
        -- Of Welch and Satterthwaite.
        (variance + lag(variance) over by_variant) ^ 2
        / nullif(variance ^ 2 / freedom + (lag(variance) over by_variant) ^ 2 / lag(freedom) over by_variant, 0) as gain_freedom
    from rated
    window by_variant as (partition by video_id order by variant)
),

bounded as materialized (
    select
        *,
        {{ student_t('freedom') }} * sqrt(variance) as margin,
        {{ student_t('gain_freedom') }} * sqrt(gain_variance) as gain_margin
    from compared
),

final as (
    select
        spans.video_id,
        spans.variant::integer as variant,
        spans.sha256 as thumbnail_sha256,
        spans.first_on,
        spans.last_on,
        case when spans.counted_last_on < spans.counted_first_on then null else spans.counted_first_on end as counted_first_on,
        case when spans.counted_last_on >= spans.counted_first_on then spans.counted_last_on end as counted_last_on,
        coalesce(totals.days_count, 0) as days_count,
        totals.impressions,
        round(totals.clicks)::bigint as clicks,
        totals.clicks / totals.impressions as ctr,
        bounded.impressions as compared_impressions,
        bounded.ctr as standardised_ctr,
        case when bounded.margin is not null then greatest(bounded.ctr - bounded.margin, 0) end as standardised_ctr_low,
        bounded.ctr + bounded.margin as standardised_ctr_high,
        bounded.other_variant::integer as compared_with_variant,
        bounded.gain as ctr_gain,
        bounded.gain - bounded.gain_margin as ctr_gain_low,
        bounded.gain + bounded.gain_margin as ctr_gain_high,
        case
            when bounded.gain > bounded.gain_margin then 'better'
            when bounded.gain < -bounded.gain_margin then 'worse'
            when bounded.gain_margin is not null then 'open'
        end as verdict
    from spans
    left join totals on spans.video_id = totals.video_id and spans.variant = totals.variant
    left join bounded on spans.video_id = bounded.video_id and spans.variant = bounded.variant
)

select * from final
