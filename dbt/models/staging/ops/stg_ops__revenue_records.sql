with source as (
    select * from {{ source('ops', 'revenue_records') }}
),

final as (
    select
        record_id,
        channel_id,
        video_id,
        source::text as source,
        amount_usd_micros,
        currency,
        earned_on,
        status::text as status,
        reference_id,
        follows_record_id,
        recorded_at
    from source
)

select * from final
