{#-
Columns of a bulk report (Reporting API), from the names of its dimensions and metrics. Every report's staging selects from `source`:

    {{ report_columns(dimensions, metrics) }}
    from source
    {{ report_codes_joined(dimensions) }}

Columns that a report of an older or newer layout lacks are null; columns that are not named here are kept in unknown_columns.
-#}

{#- Dimensions whose values are codes, and the column that holds the decoded value. Codes without a name stay as they are. -#}
{% macro coded_dimensions() -%}
    {%- do return({
        'age_group': 'age_group',
        'annotation_type': 'annotation_type',
        'card_type': 'card_type',
        'device_type': 'device_type',
        'end_screen_element_type': 'end_screen_element_type',
        'gender': 'gender',
        'operating_system': 'operating_system',
        'playback_location_type': 'playback_location',
        'sharing_service': 'sharing_service',
        'traffic_source_type': 'traffic_source',
    }) -%}
{%- endmacro %}


{#- Metrics that are no counts, and those whose column is named otherwise than in the report. -#}
{% macro measured_metrics() -%}
    {%- do return([
        'annotation_click_through_rate', 'annotation_close_rate', 'average_view_duration_percentage', 'average_view_duration_seconds',
        'card_click_rate', 'card_teaser_click_rate', 'end_screen_element_click_rate', 'red_watch_time_minutes',
        'video_thumbnail_impressions_ctr', 'views_percentage', 'watch_time_minutes',
    ]) -%}
{%- endmacro %}


{% macro renamed_metrics() -%}
    {%- do return({
        'average_view_duration_percentage': 'average_view_pct',
        'average_view_duration_seconds': 'average_view_seconds',
        'red_watch_time_minutes': 'red_watch_minutes',
        'video_thumbnail_impressions': 'impressions',
        'video_thumbnail_impressions_ctr': 'ctr',
        'views_percentage': 'views_pct',
        'watch_time_minutes': 'watch_minutes',
    }) -%}
{%- endmacro %}


{% macro report_columns(dimensions, metrics) -%}
    {%- set coded = coded_dimensions() -%}
    {%- set known = ['date', 'channel_id'] + dimensions + metrics + ['report_created_at', 'report_id'] -%}
        source.partition_on,
        to_date(source.payload ->> 'date', 'YYYYMMDD') as on_date,
        source.payload ->> 'channel_id' as channel_id,
        {% for dimension in dimensions -%}
        {%- if dimension in coded -%}
        source.payload ->> '{{ dimension }}' as {{ coded[dimension] }}_code,
        coalesce({{ coded[dimension] }}_codes.name, source.payload ->> '{{ dimension }}') as {{ coded[dimension] }},
        {%- else -%}
        source.payload ->> '{{ dimension }}' as {{ dimension }},
        {%- endif %}
        {% endfor -%}
        {%- for metric in metrics -%}
        nullif(source.payload ->> '{{ metric }}', '')
            {{- '::double precision' if metric in measured_metrics() else '::numeric::bigint' }} as {{ renamed_metrics().get(metric, metric) }},
        {% endfor -%}
        (source.payload ->> 'report_created_at')::timestamptz as report_created_at,
        source.payload ->> 'report_id' as report_id,
        nullif(source.payload - array['{{ known | join("', '") }}'], '{}') as unknown_columns,
        source.fetched_at,
        source.landing_id
{%- endmacro %}


{% macro report_codes_joined(dimensions) -%}
    {%- for dimension, column in coded_dimensions().items() if dimension in dimensions -%}
    left join {{ ref('report_codes') }} as {{ column }}_codes
        on {{ column }}_codes.dimension = '{{ dimension }}'
        and {{ column }}_codes.code = source.payload ->> '{{ dimension }}'
    {% endfor -%}
{%- endmacro %}


{#- Columns of a query of the Analytics API whose dimension, given by its name there, has the codes of a report's. -#}
{% macro decoded_query_name(dimension, query_dimension) -%}
        source.payload ->> '{{ query_dimension }}' as {{ coded_dimensions()[dimension] }}_code,
        coalesce({{ coded_dimensions()[dimension] }}_codes.name, source.payload ->> '{{ query_dimension }}') as {{ coded_dimensions()[dimension] }}
{%- endmacro %}


{% macro query_names_joined(dimension, query_dimension) -%}
    left join {{ ref('report_codes') }} as {{ coded_dimensions()[dimension] }}_codes
        on {{ coded_dimensions()[dimension] }}_codes.dimension = '{{ dimension }}'
        and {{ coded_dimensions()[dimension] }}_codes.query_name = source.payload ->> '{{ query_dimension }}'
{%- endmacro %}
