{#- A report is named as its staging model without the source: channel_basic, analytics_traffic. -#}
{% macro report_of(model) -%}
    {{ model.split('__')[1] }}
{%- endmacro %}


{#- Query for the days that each partition of a report holds; filtered here because is_affected belongs to the reading model. -#}
{% macro days_fetched(model, day_column='on_date') -%}
    select
        partition_on,
        '{{ report_of(model) }}' as report,
        channel_id,
        {{ day_column }} as on_date,
        {{ 'max(report_created_at)' if model.startswith('stg_reporting__') else 'null::timestamptz' }} as report_created_at,
        max(fetched_at) as fetched_at
    from {{ ref(model) }}
    where {{ is_affected('partition_on') }}
    group by partition_on, channel_id, {{ day_column }}
{%- endmacro %}


{#-
Query for the lines of a report that count: those of the fetch that int_report__current names for their channel and day.
In an incremental build only of affected days, read from the partitions that hold them.
-#}
{% macro current_lines(model, day_column='on_date') -%}
    {%- if not execute -%}
        {%- do ref('int_report__fetched') -%}  {#- the hook finds the affected days in it -#}
    {%- endif -%}
    select lines.*
    from {{ ref(model) }} as lines
    inner join {{ ref('int_report__current') }} as latest
        on lines.channel_id = latest.channel_id
        and lines.{{ day_column }} = latest.on_date
        and lines.partition_on = latest.partition_on
        {%- if model.startswith('stg_reporting__') %}
        and lines.report_created_at = latest.report_created_at
        {%- endif %}
    where
        latest.report = '{{ report_of(model) }}' and {{ is_affected('latest.on_date') }}
        {%- if execute and is_incremental() %}
        and lines.partition_on = any(array(
            select held.partition_on
            from {{ ref('int_report__current') }} as held
            where held.report = '{{ report_of(model) }}' and {{ is_affected('held.on_date') }}
        ))
        {%- endif %}
{%- endmacro %}
