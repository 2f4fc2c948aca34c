with lines as (
    {{ current_lines('stg_reporting__channel_demographics') }}
),

final as (
    select
        md5(concat_ws('|', on_date, video_id, live_or_on_demand, subscribed_status, country_code, age_group, gender))
            as _fivetran_id,
        on_date as date_day,
        video_id,
        channel_id,
        age_group_code as age_group,
        country_code,
        gender_code as gender,
        live_or_on_demand,
        subscribed_status,
        views_pct / 100 as views_percentage,
        fetched_at as _fivetran_synced,
        'raw_reporting' as source_relation
    from lines
)

select * from final
