with source as (
    select * from {{ source('raw_archive', 'headline_tests') }}
),

final as (
    select
        file_id,
        line_number,
        row_key,
        payload ->> 'test_id' as test_id,
        payload ->> 'headline' as headline,
        payload ->> 'lede' as lede,
        payload ->> 'excerpt' as excerpt,
        payload ->> 'eyecatcher_id' as eyecatcher_id,
        (payload ->> 'test_week')::bigint as test_week,
        (payload ->> 'impressions')::bigint as impressions,
        (payload ->> 'clicks')::bigint as clicks,
        (payload ->> 'is_winner')::boolean as is_winner,
        (payload ->> 'created_at')::timestamptz as created_at
    from source
)

select * from final
