{{ config(
    meta={'increment': {'key': 'partition_on'}},
    indexes=[
        {'columns': ['partition_on', 'report', 'channel_id', 'on_date'], 'unique': true},
        {'columns': ['report', 'on_date', 'channel_id']},
    ],
) }}

with final as (
    {{ days_fetched('stg_reporting__channel_annotations') }}
    union all
    {{ days_fetched('stg_reporting__channel_basic') }}
    union all
    {{ days_fetched('stg_reporting__channel_cards') }}
    union all
    {{ days_fetched('stg_reporting__channel_combined') }}
    union all
    {{ days_fetched('stg_reporting__channel_demographics') }}
    union all
    {{ days_fetched('stg_reporting__channel_device_os') }}
    union all
    {{ days_fetched('stg_reporting__channel_end_screens') }}
    union all
    {{ days_fetched('stg_reporting__channel_playback_location') }}
    union all
    {{ days_fetched('stg_reporting__channel_province') }}
    union all
    {{ days_fetched('stg_reporting__channel_reach_basic') }}
    union all
    {{ days_fetched('stg_reporting__channel_reach_combined') }}
    union all
    {{ days_fetched('stg_reporting__channel_sharing_service') }}
    union all
    {{ days_fetched('stg_reporting__channel_subtitles') }}
    union all
    {{ days_fetched('stg_reporting__channel_traffic_source') }}
    union all
    {{ days_fetched('stg_reporting__playlist_basic') }}
    union all
    {{ days_fetched('stg_reporting__playlist_combined') }}
    union all
    {{ days_fetched('stg_reporting__playlist_device_os') }}
    union all
    {{ days_fetched('stg_reporting__playlist_playback_location') }}
    union all
    {{ days_fetched('stg_reporting__playlist_province') }}
    union all
    {{ days_fetched('stg_reporting__playlist_traffic_source') }}
    union all
    {{ days_fetched('stg_youtube__analytics_countries') }}
    union all
    {{ days_fetched('stg_youtube__analytics_devices') }}
    union all
    {{ days_fetched('stg_youtube__analytics_playback_locations') }}
    union all
    {{ days_fetched('stg_youtube__analytics_traffic') }}
    union all
    {{ days_fetched('stg_youtube__analytics_demographics', day_column='last_on') }}
    union all
    {{ days_fetched('stg_youtube__analytics_search_terms', day_column='last_on') }}
)

select * from final
