with source as (
    select * from {{ source('raw_archive', 'labelled_texts') }}
),

final as (
    select
        file_id,
        line_number,
        row_key,
        payload ->> 'task' as task,
        payload ->> 'text' as labelled_text,
        payload ->> 'label' as label
    from source
)

select * from final
