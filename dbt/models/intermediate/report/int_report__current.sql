{{ config(materialized='view') }}

with fetched as (
    select * from {{ ref('int_report__fetched') }}
),

final as (
    select distinct on (report, channel_id, on_date)
        report,
        channel_id,
        on_date,
        partition_on,
        report_created_at
    from fetched
    order by report, channel_id, on_date, report_created_at desc nulls last, fetched_at desc, partition_on desc
)

select * from final
