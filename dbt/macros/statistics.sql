{#-
Factor of a 95 % interval: the 0.975 quantile of Student's t, from the normal one by the expansion of Abramowitz and Stegun, 26.7.5.
Within 1 % from two degrees of freedom on; null below.
-#}
{% macro student_t(freedom) -%}
    {%- set z = 1.959964 -%}
    case
        when {{ freedom }} >= 2
            then
                {{ z }}
                + {{ (z**3 + z) / 4 }} / ({{ freedom }})
                + {{ (5 * z**5 + 16 * z**3 + 3 * z) / 96 }} / ({{ freedom }})::double precision ^ 2
                + {{ (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384 }} / ({{ freedom }})::double precision ^ 3
                + {{ (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160 }} / ({{ freedom }})::double precision ^ 4
    end
{%- endmacro %}


{#-
Standard error of sum(part) / sum(whole), from rows that are its blocks, one a day: days differ by more than chance, so it is their
scatter around the ratio that counts, not the number of views. The linearised variance of a ratio of sums (Cochran, Sampling
Techniques, 1977, 6.13); null for fewer than two rows.
-#}
{% macro ratio_error(part, whole) -%}
    sqrt(greatest(
        sum({{ part }}::double precision ^ 2)
        - 2 * sum({{ part }}) / nullif(sum({{ whole }}), 0)::double precision * sum({{ part }}::double precision * {{ whole }})
        + (sum({{ part }}) / nullif(sum({{ whole }}), 0)::double precision) ^ 2 * sum({{ whole }}::double precision ^ 2),
        0
    ) * count(*) / nullif(count(*) - 1, 0)) / abs(nullif(sum({{ whole }}), 0)::double precision)
{%- endmacro %}
