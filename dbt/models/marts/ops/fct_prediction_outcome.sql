{{ config(
    materialized='table',
    indexes=[{'columns': ['prediction_id'], 'unique': true}, {'columns': ['model', 'predicted_at']}],
) }}

with observations as (
    select * from {{ ref('stg_ops__model_observations') }}
),

calendar as (
    select * from {{ ref('stg_ops__content_calendar') }}
),

made as (
    select * from {{ ref('stg_ops__videos') }}
),

growth as (
    select * from {{ ref('lbl_video__growth_48h') }}
),

retention as (
    select * from {{ ref('lbl_video__retention') }}
),

clicks as (
    select * from {{ ref('lbl_video__ctr') }}
),

-- A breakout grows as only a tenth of the videos of its age do.
bounds as (
    select
        age_band,
        percentile_cont(0.9) within group (order by growth_48h) as breakout_growth
    from growth
    where growth_48h is not null
    group by age_band
),

-- The question of a served trend score is a reading: that of its age and views, whatever the server's clock said.
charted as (
    select
        observations.observation_id,
        case
            when not growth.is_observed then 0
            when growth.growth_48h is not null then (growth.growth_48h >= bounds.breakout_growth)::integer
        end as outcome,
        growth.known_at,
        row_number() over (
            partition by observations.observation_id order by growth.event_timestamp desc, growth.partition_on desc
        ) as place
    from observations
    inner join growth
        on observations.entity_key = growth.video_id
        and (observations.inputs ->> 'views')::double precision = growth.views_now
        and abs((observations.inputs ->> 'age_hours')::double precision - growth.age_hours) < 0.01
    inner join bounds on growth.age_band = bounds.age_band
    where observations.model = 'trend'
),

served as (
    select
        'served:' || observations.observation_id as prediction_id,
        'served' as recorded_in,
        observations.model,
        observations.model_version,
        observations.observed_at as predicted_at,
        null as slot_id,
        case when observations.model = 'trend' then observations.entity_key end as video_id,
        case when observations.model <> 'trend' then observations.entity_key end as channel_id,
        (observations.outputs ->> 'score')::double precision as prediction,
        charted.outcome::double precision as outcome,
        charted.known_at as outcome_known_at
    from observations
    left join charted
        on observations.observation_id = charted.observation_id
        and charted.place = 1
),

expected as (
    select
        calendar.slot_id,
        calendar.channel_id,
        predictions.entry ->> 'model' as model,
        predictions.entry ->> 'version' as model_version,
        (predictions.entry ->> 'score')::double precision as prediction
    from calendar
    cross join lateral jsonb_array_elements(calendar.metadata -> 'predictions') as predictions (entry)
),

slots as (
    select
        'slot:' || expected.slot_id || ':' || expected.model as prediction_id,
        'slot' as recorded_in,
        expected.model,
        expected.model_version,
        made.generation_finished_at as predicted_at,
        expected.slot_id,
        made.video_id,
        expected.channel_id,
        expected.prediction,
        case expected.model
            when 'quality' then retention.is_above_median::integer::double precision
            when 'ctr' then clicks.ctr
        end as outcome,
        case expected.model when 'quality' then retention.known_at when 'ctr' then clicks.known_at end as outcome_known_at
    from expected
    left join made on expected.slot_id = made.slot_id
    left join retention on made.video_id = retention.video_id
    left join clicks on made.video_id = clicks.video_id
),

together as (
    select * from served
    union all
    select * from slots
),

final as (
    select
        prediction_id,
        recorded_in,
        model,
        model_version,
        predicted_at,
        slot_id,
        video_id,
        channel_id,
        prediction,
        outcome,
        outcome_known_at,
        prediction - outcome as error
    from together
)

select * from final
