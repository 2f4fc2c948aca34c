{#- Columns of a videos resource (Data API v3), from an expression that yields it as jsonb. -#}
{% macro video_resource_columns(resource) %}
        {{ resource }} ->> 'id' as video_id,
        {{ resource }} #>> '{snippet,channelId}' as channel_id,
        {{ resource }} #>> '{snippet,channelTitle}' as channel_title,
        {{ resource }} #>> '{snippet,title}' as title,
        ({{ resource }} #>> '{snippet,categoryId}')::integer as category_id,
        ({{ resource }} #>> '{snippet,publishedAt}')::timestamptz as published_at,
        {{ resource }} #>> '{snippet,liveBroadcastContent}' as live_broadcast,
        {{ duration_seconds(resource ~ " #>> '{contentDetails,duration}'") }} as duration_seconds,
        ({{ resource }} #>> '{statistics,viewCount}')::bigint as views,
        ({{ resource }} #>> '{statistics,likeCount}')::bigint as likes,
        ({{ resource }} #>> '{statistics,commentCount}')::bigint as comments
{%- endmacro %}


{#-
Seconds of an ISO 8601 duration such as PT1H2M3S; null where the text is none. A stream that is live or announced has no length yet,
which the API writes as P0D: no video lasts 0 seconds.
-#}
{% macro duration_seconds(text) -%}
    case
        when {{ text }} ~ '^P(?=.)(\d+W)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?$'
            then nullif(extract(epoch from ({{ text }})::interval)::integer, 0)
    end
{%- endmacro %}
