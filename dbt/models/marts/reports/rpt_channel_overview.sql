{{ config(materialized='table', indexes=[{'columns': ['channel_id'], 'unique': true}]) }}

with channels as (
    select * from {{ ref('dim_channel') }}
    where is_own
),

daily as (
    select * from {{ ref('fct_channel_daily') }}
),

aged as (
    select
        daily.*,
        max(daily.on_date) over (partition by daily.channel_id) as last_on,
        max(daily.on_date) over (partition by daily.channel_id) - daily.on_date as days_ago
    from daily
),

final as (
    select
        channels.channel_id,
        channels.title,
        channels.niche,
        channels.subscribers_count,
        max(aged.last_on) as last_on,
        {% for first, last, name in [(0, 27, '28d'), (28, 55, 'previous_28d'), (0, 89, '90d')] -%}
        {% for metric in ['views', 'watch_minutes', 'impressions', 'revenue_usd_micros'] -%}
        sum(aged.{{ metric }}) filter (where aged.days_ago between {{ first }} and {{ last }})
            {{- '' if metric == 'watch_minutes' else '::bigint' }} as {{ metric }}_{{ name }},
        {% endfor -%}
        sum(aged.subscribers_gained - aged.subscribers_lost) filter (where aged.days_ago between {{ first }} and {{ last }})::bigint
            as subscribers_net_{{ name }},
        sum(aged.ctr * aged.impressions) filter (where aged.days_ago between {{ first }} and {{ last }})
        / nullif(
            sum(aged.impressions) filter (where aged.ctr is not null and aged.days_ago between {{ first }} and {{ last }}), 0
        )::double precision as ctr_{{ name }}
        {{- '' if loop.last else ',' }}
        {% endfor %}
    from channels
    left join aged on channels.channel_id = aged.channel_id
    group by channels.channel_id, channels.title, channels.niche, channels.subscribers_count
)

select * from final
