{#-
How titles become topics. One rule for chart titles, Hacker News titles and Wikipedia articles:
compatibility forms are folded (bold letters, full width), titles are cut at spaces, punctuation and pictographs, and joiners vanish.
A word is then lower-cased and loses its accents; letters of scripts whose marks are no accents (Devanagari, Thai) keep them.
-#}

{#- The spellings in a title, in their order: a set-returning call. -#}
{% macro topic_spellings(title) -%}
    regexp_split_to_table(
        regexp_replace(normalize({{ title }}, NFKC), U&'[''\2019\00AD\200B-\200F\2060\FE00-\FE0F]', '', 'g'),
        U&'[\0001-\0026\0028-\002F\003A-\0040\005B-\0060\007B-\00A9\00AB-\00B4\00B6-\00B9\00BB-\00BF\00D7\00F7'
        || U&'\060C\061B\061F\0964\0965\2000-\2BFF\3000-\3004\3008-\3020\3030\30FB\FF00-\FF0F\+01F000-\+01FAFF\+0E0000-\+0E007F]+'
    )
{%- endmacro %}


{#- The normalised form of one spelling. -#}
{% macro topic_word(spelling) -%}
    lower(normalize(regexp_replace(normalize({{ spelling }}, NFD), U&'[\0300-\036F]', '', 'g'), NFC))
{%- endmacro %}
