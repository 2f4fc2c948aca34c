with source as (
    select * from {{ source('raw_youtube', 'analytics_demographics') }}
),

final as (
    select
        source.partition_on,
        source.payload ->> 'channel_id' as channel_id,
        (source.payload ->> 'start')::date as first_on,
        (source.payload ->> 'end')::date as last_on,
        {{ decoded('ageGroup', 'age_group') }},
        {{ decoded('gender', 'gender') }},
        (source.payload ->> 'viewerPercentage')::double precision as views_pct,
        source.fetched_at,
        source.landing_id
    from source
    {{ query_names_joined('age_group', 'ageGroup', 'age_group') }}
    {{ query_names_joined('gender', 'gender', 'gender') }}
)

select * from final
