{#-
The columns together identify a row: none of them is null, and no two rows agree in all. With `newest`, a day or a number, only the
rows with its greatest value are looked at: for what grows by whole days, those before were looked at on theirs.
-#}
{% test unique_combination(model, columns, newest=none) %}
    select {{ columns | join(', ') }}
    from {{ model }}
    {% if newest -%}
    where {{ newest }} = (select {{ newest }} from {{ model }} where {{ newest }} is not null order by {{ newest }} desc limit 1)
    {% endif -%}
    group by {{ columns | join(', ') }}
    having count(*) > 1 or num_nulls({{ columns | join(', ') }}) > 0
{% endtest %}


{#- Each condition holds in every row; a null condition counts as holding. -#}
{% test every_row(model, conditions) %}
    select *
    from {{ model }}
    where
        {% for condition in conditions -%}
        {{ 'or ' if not loop.first }}not ({{ condition }})
        {% endfor %}
{% endtest %}


{#- The shares of a group add up to a whole, but for rounding. -#}
{% test adds_up(model, value, by, to) %}
    select {{ by | join(', ') }}
    from {{ model }}
    group by {{ by | join(', ') }}
    having abs(sum({{ value }}) - {{ to }}) > {{ to }} * 1e-6
{% endtest %}
