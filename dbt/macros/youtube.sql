{#- Columns of a videos resource (Data API v3), from an expression that yields it as jsonb. -#}
{% macro video_resource_columns(resource) %}
        {{ resource }} ->> 'id' as video_id,
        {{ resource }} #>> '{snippet,channelId}' as channel_id,
        {{ resource }} #>> '{snippet,channelTitle}' as channel_title,
        {{ resource }} #>> '{snippet,title}' as title,
        ({{ resource }} #>> '{snippet,categoryId}')::integer as category_id,
        ({{ resource }} #>> '{snippet,publishedAt}')::timestamptz as published_at,
        {{ duration_seconds(resource ~ " #>> '{contentDetails,duration}'") }} as duration_seconds,
        ({{ resource }} #>> '{statistics,viewCount}')::bigint as views,
        ({{ resource }} #>> '{statistics,likeCount}')::bigint as likes,
        ({{ resource }} #>> '{statistics,commentCount}')::bigint as comments
{%- endmacro %}


{#- Seconds of an ISO 8601 duration such as PT1H2M3S; null where the text is none (live streams give P0D, which is 0). -#}
{% macro duration_seconds(text) -%}
    case
        when {{ text }} ~ '^P(?=.)(\d+W)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?$'
            then extract(epoch from ({{ text }})::interval)::integer
    end
{%- endmacro %}
