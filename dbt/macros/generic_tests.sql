{#- The columns together identify a row. -#}
{% test unique_combination(model, columns) %}
    select {{ columns | join(', ') }}
    from {{ model }}
    group by {{ columns | join(', ') }}
    having count(*) > 1
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
