{#-
Query for the lines of a report that count: those of the fetch that int_report__current names for their channel and day.
In an incremental build only of affected days, read from the partitions that hold them.
-#}
{% macro current_lines(model, report, day_column='on_date') -%}
    {%- set is_bulk = model.startswith('stg_reporting__') -%}
    select lines.*
    from {{ ref(model) }} as lines
    inner join {{ ref('int_report__current') }} as latest
        on lines.channel_id = latest.channel_id
        and lines.{{ day_column }} = latest.on_date
        and lines.partition_on = latest.partition_on
        {%- if is_bulk %}
        and lines.report_created_at = latest.report_created_at
        {%- endif %}
    where
        latest.report = '{{ report }}' and {{ is_affected('latest.on_date') }}
        {%- if execute and is_incremental() %}
        and lines.partition_on = any(array(
            select held.partition_on
            from {{ ref('int_report__current') }} as held
            where held.report = '{{ report }}' and {{ is_affected('held.on_date') }}
        ))
        {%- endif %}
{%- endmacro %}
