{#-
Sums, means and ratios over rows of which some are not known. A ratio is of one set: what only one of its parts knows is in neither.
A count that YouTube corrected below zero has no weight.
-#}

{#- Mean of a measure weighted by a count, over the rows that know both; null where there is none. -#}
{% macro weighted_mean(value, weight) -%}
        sum({{ value }} * {{ weight }}) filter (where {{ weight }} > 0)
        / nullif(sum({{ weight }}) filter (where {{ weight }} > 0 and {{ value }} is not null), 0)::double precision
{%- endmacro %}


{#- Sum of one measure per sum of another, over the rows that know both; null where the second sum is not above zero. -#}
{% macro ratio_of_sums(numerator, denominator) -%}
        sum({{ numerator }}) filter (where {{ denominator }} is not null)
        / nullif(greatest(sum({{ denominator }}) filter (where {{ numerator }} is not null), 0), 0)::double precision
{%- endmacro %}


{#- Micro-USD per thousand of a count, whole, over the rows that know both. -#}
{% macro per_thousand(usd_micros, units) -%}
        round(
            1000 * sum({{ usd_micros }}) filter (where {{ units }} is not null)
            / nullif(greatest(sum({{ units }}) filter (where {{ usd_micros }} is not null), 0), 0)::numeric
        )::bigint
{%- endmacro %}


{#- Whether two readings so many hours apart tell the gain of a day. What was gained over a longer gap is not a day's gain. -#}
{% macro is_day_apart(hours) -%}
        {{ hours }} between 12 and 36
{%- endmacro %}
