{#-
Incremental by affected partitions.

Every landing of a raw partition has a growing landing_id, and a later landing replaces the partition whole. Each incremental model
keeps, in intermediate.landings_seen, which landing of each upstream partition it was last built from. On the next build it compares
that with intermediate.int_landing__current, forgets its own rows that a new landing can have changed, and computes just those again:
so late, repeated, disordered, shrunken and empty landings all end equal to a full refresh. Forgetting, computing and remembering are
one transaction. Nothing is passed by --vars, which would cost a full parse.

What a model says in its config:

    meta.increment.key          column by whose values its rows are replaced: a day, or an id such as video_id
    meta.increment.found_in     upstream model that tells which keys a changed day holds; absent where the key is the day itself
    meta.increment.found_key    name of the key there, where it is another
    meta.increment.day_columns  its own columns that hold the partition a row came from (with found_in; default partition_on)
    meta.increment.days_before  how many days before a changed day it also affects (labels look ahead)
    meta.increment.days_after   how many days after a changed day it also affects (rolling windows look back)

and in its SQL, `where {{ is_affected('<column>') }}` on what it reads. It may read staging views of raw tables and other
incremental models; a table that changes without a landing (ops, dim_) would break the equality.
-#}

{% macro create_landings_seen() %}
    create schema if not exists intermediate;
    create table if not exists intermediate.landings_seen (
        model text, asset_key text, partition_on date, landing_id bigint not null, primary key (model, asset_key, partition_on)
    );
{% endmacro %}


{#- Asset keys of every raw table upstream of a node, found in the project's graph. -#}
{% macro landed_assets(unique_id, visited) %}
    {%- set assets = [] -%}
    {%- if unique_id not in visited -%}
        {%- do visited.append(unique_id) -%}
        {%- if unique_id in graph.sources -%}
            {%- set key = graph.sources[unique_id].meta.get('dagster', {}).get('asset_key') -%}
            {%- if key -%} {%- do assets.append(key | join('/')) -%} {%- endif -%}
        {%- elif unique_id in graph.nodes -%}
            {%- for parent in graph.nodes[unique_id].depends_on.nodes -%}
                {%- do assets.extend(landed_assets(parent, visited)) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endif -%}
    {%- do return(assets) -%}
{% endmacro %}


{#- Pre-hook: find the affected keys, in the temporary table `affected`, and delete this model's rows of them. -#}
{% macro forget_affected() %}
    {%- if execute and is_incremental() -%}
    {%- set increment = model.config.meta.increment -%}
    create temporary table affected on commit drop as
    with changed as (
        select history.partition_on, history.fetched_at
        from {{ ref('int_landing__current') }} as landing
        left join intermediate.landings_seen as seen
            on seen.model = '{{ model.name }}'
            and landing.asset_key = seen.asset_key
            and landing.partition_on = seen.partition_on
        inner join {{ source('ops', 'landings') }} as history
            on landing.asset_key = history.asset_key
            and landing.partition_on = history.partition_on
            and history.landing_id >= least(seen.landing_id, landing.landing_id)
        where
            landing.asset_key in ('{{ landed_assets(model.unique_id, []) | join("', '") }}')
            and landing.landing_id is distinct from seen.landing_id
    ),

    {# A partition fetched on another day than its own changes the readings around that day too. #}
    touched as (
        select partition_on as on_day from changed
        union
        select (fetched_at at time zone 'UTC')::date from changed
    ),

    {# And one that was fetched late stands, in time, behind the partitions between its day and its fetching. #}
    reached as (
        select on_day from touched
        union
        select landing.partition_on
        from {{ ref('int_landing__current') }} as landing
        inner join touched
            on landing.partition_on < touched.on_day
            and (landing.fetched_at at time zone 'UTC')::date >= touched.on_day
    ),

    days as (
        select distinct on_day + step as on_day
        from reached
        cross join generate_series({{ -increment.get('days_before', 0) }}, {{ increment.get('days_after', 0) }}) as step
    )
    {%- if increment.found_in %}

    select {{ increment.get('found_key', increment.key) }} as key
    from {{ ref(increment.found_in) }}
    where partition_on = any(array(select on_day from days))
    union
    select {{ increment.key }}
    from {{ this }}
    where
        {% for column in increment.get('day_columns', ['partition_on']) -%}
        {{ 'or ' if not loop.first }}{{ column }} = any(array(select on_day from days))
        {% endfor %}
    {%- else %}

    select on_day as key from days
    {%- endif -%};
    delete from {{ this }} where {{ increment.key }} = any(array(select key from affected));
    {%- endif -%}
{% endmacro %}


{#- Condition on a column: true for affected keys, widened by days for a day column; always true in a full build. -#}
{% macro is_affected(column, days_before=0) -%}
    {%- if not execute -%}
        {%- do ref('int_landing__current') -%}  {#- the hooks read it; this makes the edge in the graph -#}
    {%- endif -%}
    {%- if not is_incremental() -%}
        true
    {%- elif days_before -%}
        {{ column }} = any(array(
            select distinct key - step from affected cross join generate_series(0, {{ days_before }}) as step
        ))
    {%- else -%}
        {{ column }} = any(array(select key from affected))
    {%- endif -%}
{%- endmacro %}


{#- Post-hook, in the same transaction: note which landings the model now holds. -#}
{% macro remember_landings() %}
    {%- if execute and model.config.materialized == 'incremental' -%}
    insert into intermediate.landings_seen (model, asset_key, partition_on, landing_id)
    select '{{ model.name }}', asset_key, partition_on, landing_id
    from {{ ref('int_landing__current') }}
    where asset_key in ('{{ landed_assets(model.unique_id, []) | join("', '") }}')
    on conflict (model, asset_key, partition_on) do update
    set landing_id = excluded.landing_id
    where landings_seen.landing_id <> excluded.landing_id;
    {% if not is_incremental() %}analyze {{ this }};{% endif %}
    {%- endif -%}
{% endmacro %}
