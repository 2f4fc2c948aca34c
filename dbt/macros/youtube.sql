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


{#- Seconds of an ISO 8601 duration such as PT1H2M3S; null where the text is none, and for P0D: a live stream has no length yet. -#}
{% macro duration_seconds(text) -%}
    case
        when {{ text }} ~ '^P(?=.)(\d+W)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?$'
            then nullif(extract(epoch from ({{ text }})::interval)::integer, 0)
    end
{%- endmacro %}


{#-
Format of a video by its length: `short` up to YouTube's limit for Shorts (one minute; three for videos published since 15 October
2024), else `long`; null where the length is unknown, as that of a stream that is still live. The API does not tell whether a
picture is upright, so a wide video of that length counts as a Short.
-#}
{% macro video_format(duration_seconds, published_at) -%}
    case
        when {{ duration_seconds }} is null or {{ duration_seconds }} <= 0 then null
        when {{ duration_seconds }} <= 60 then 'short'
        when {{ duration_seconds }} <= 180 and {{ published_at }} is null then null
        when {{ duration_seconds }} <= 180 and {{ published_at }} >= timestamptz '2024-10-15 00:00+00' then 'short'
        else 'long'
    end
{%- endmacro %}
