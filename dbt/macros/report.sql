{#-
Columns of a bulk report (Reporting API), from the names of its dimensions and metrics. Every report's staging selects from `source`:

    select {{ report_columns(dimensions, metrics, coded) }}
    from source
    {{ codes_joined(coded) }}

`coded` names the dimensions whose values are codes and, for each, the column of the decoded value; a code without a name stays as it
is. Columns that a report of an older or newer layout lacks are null; columns that are not named are kept in unknown_columns.
-#}

{% macro report_columns(dimensions, metrics, coded={}) -%}
    {%- set measured = [
        'annotation_click_through_rate', 'annotation_close_rate', 'average_view_duration_percentage', 'average_view_duration_seconds',
        'card_click_rate', 'card_teaser_click_rate', 'end_screen_element_click_rate', 'red_watch_time_minutes',
        'video_thumbnail_impressions_ctr', 'views_percentage', 'watch_time_minutes',
    ] -%}
    {%- set renamed = {
        'average_view_duration_percentage': 'average_view_pct',
        'average_view_duration_seconds': 'average_view_seconds',
        'red_watch_time_minutes': 'red_watch_minutes',
        'video_thumbnail_impressions': 'impressions',
        'video_thumbnail_impressions_ctr': 'ctr',
        'views_percentage': 'views_pct',
        'watch_time_minutes': 'watch_minutes',
    } -%}
    {%- set known = ['date', 'channel_id'] + dimensions + metrics + ['report_created_at', 'report_id'] -%}
        source.partition_on,
        to_date(source.payload ->> 'date', 'YYYYMMDD') as on_date,
        source.payload ->> 'channel_id' as channel_id,
        {% for dimension in dimensions -%}
        {%- if dimension in coded -%}
        {{ decoded(dimension, coded[dimension]) }},
        {% else -%}
        source.payload ->> '{{ dimension }}' as {{ dimension }},
        {% endif -%}
        {% endfor -%}
        {%- for metric in metrics -%}
        nullif(source.payload ->> '{{ metric }}', '')
            {{- '::double precision' if metric in measured else '::numeric::bigint' }} as {{ renamed.get(metric, metric) }},
        {% endfor -%}
        (source.payload ->> 'report_created_at')::timestamptz as report_created_at,
        source.payload ->> 'report_id' as report_id,
        nullif(source.payload - array['{{ known | join("', '") }}'], '{}') as unknown_columns,
        source.fetched_at,
        source.landing_id
{%- endmacro %}


{#- A coded value as it came and decoded; `field` holds it in the payload. Needs the join below. -#}
{% macro decoded(field, column) -%}
        source.payload ->> '{{ field }}' as {{ column }}_code,
        coalesce({{ column }}_codes.name, source.payload ->> '{{ field }}') as {{ column }}
{%- endmacro %}


{% macro codes_joined(coded) -%}
    {%- for dimension, column in coded.items() -%}
    left join {{ ref('report_codes') }} as {{ column }}_codes
        on {{ column }}_codes.dimension = '{{ dimension }}'
        and {{ column }}_codes.code = source.payload ->> '{{ dimension }}'
    {% endfor -%}
{%- endmacro %}


{#- The same for a query of the Analytics API, which has names for the codes of a dimension in a field of its own. -#}
{% macro query_names_joined(dimension, field, column) -%}
    left join {{ ref('report_codes') }} as {{ column }}_codes
        on {{ column }}_codes.dimension = '{{ dimension }}'
        and {{ column }}_codes.query_name = source.payload ->> '{{ field }}'
{%- endmacro %}
