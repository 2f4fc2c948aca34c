with thumbnails as (
    select * from {{ ref('stg_youtube__thumbnails') }}
),

daily as (
    select * from {{ ref('fct_video_daily') }}
    where impressions is not null
),

-- A picture stands from the day of its first fetch to the day before the next one's.
changes as (
    select
        video_id,
        sha256,
        partition_on,
        coalesce(lag(sha256) over (partition by video_id order by partition_on), '') <> sha256 as is_change
    from thumbnails
),

spans as (
    select
        video_id,
        sha256,
        row_number() over by_day as variant,
        partition_on as first_on,
        lead(partition_on) over by_day - 1 as last_on
    from changes
    where is_change
    window by_day as (partition by video_id order by partition_on)
),

final as (
    select
        spans.video_id,
        spans.variant,
        spans.sha256 as thumbnail_sha256,
        spans.first_on,
        spans.last_on,
        count(daily.on_date) as days_count,
        sum(daily.impressions)::bigint as impressions,
        round(sum(daily.impressions * daily.ctr))::bigint as clicks,
        sum(daily.impressions * daily.ctr) / nullif(sum(daily.impressions), 0)::double precision as ctr
    from spans
    left join daily
        on spans.video_id = daily.video_id
        and (spans.first_on <= daily.on_date or spans.variant = 1)
        and coalesce(spans.last_on, 'infinity'::date) >= daily.on_date
    group by spans.video_id, spans.variant, spans.sha256, spans.first_on, spans.last_on
)

select * from final
