{{ config(
    meta={'increment': {'key': 'partition_on'}},
    indexes=[
        {'columns': ['partition_on', 'report', 'channel_id', 'on_date'], 'unique': true},
        {'columns': ['report', 'on_date', 'channel_id']},
    ],
) }}

{% set bulk_reports = [
    'channel_annotations', 'channel_basic', 'channel_cards', 'channel_combined', 'channel_demographics', 'channel_device_os',
    'channel_end_screens', 'channel_playback_location', 'channel_province', 'channel_reach_basic', 'channel_reach_combined',
    'channel_sharing_service', 'channel_subtitles', 'channel_traffic_source', 'playlist_basic', 'playlist_combined',
    'playlist_device_os', 'playlist_playback_location', 'playlist_province', 'playlist_traffic_source',
] %}
{% set queries = ['analytics_countries', 'analytics_devices', 'analytics_playback_locations', 'analytics_traffic'] %}
{% set window_queries = ['analytics_demographics', 'analytics_search_terms'] %}

with final as (
    {% for report in bulk_reports -%}
    select
        partition_on,
        '{{ report }}' as report,
        channel_id,
        on_date,
        max(report_created_at) as report_created_at
    from {{ ref('stg_reporting__' ~ report) }}
    where {{ is_affected('partition_on') }}
    group by partition_on, channel_id, on_date
    union all
    {% endfor -%}
    {% for query in queries + window_queries -%}
    select
        partition_on,
        '{{ query }}' as report,
        channel_id,
        {{ 'last_on' if query in window_queries else 'on_date' }} as on_date,
        null as report_created_at
    from {{ ref('stg_youtube__' ~ query) }}
    where {{ is_affected('partition_on') }}
    group by 1, 3, 4
    {{- '' if loop.last else '\n    union all' }}
    {% endfor %}
)

select * from final
