with source as (
    select * from {{ source('raw_youtube', 'thumbnails') }}
),

final as (
    select
        partition_on,
        payload ->> 'video_id' as video_id,
        payload ->> 'url' as url,
        payload ->> 'sha256' as sha256,
        (payload ->> 'width')::integer as width,
        (payload ->> 'height')::integer as height,
        (payload ->> 'brightness')::double precision as brightness,
        (payload ->> 'contrast')::double precision as contrast,
        (payload ->> 'colourfulness')::double precision as colourfulness,
        (payload ->> 'text_area')::double precision as text_area,
        (payload ->> 'edge_density')::double precision as edge_density,
        (payload ->> 'legibility')::double precision as legibility,
        (payload ->> 'faces')::double precision as faces,
        (payload ->> 'face_area')::double precision as face_area,
        fetched_at,
        landing_id
    from source
)

select * from final
