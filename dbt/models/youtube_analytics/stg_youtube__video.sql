with source as (
    select * from {{ source('raw_youtube', 'videos') }}
),

final as (
    select distinct on (row_key)
        payload ->> 'id' as video_id,
        payload #>> '{snippet,title}' as video_title,
        payload #>> '{snippet,description}' as video_description,
        (payload #>> '{snippet,publishedAt}')::timestamptz as video_published_at,
        payload #>> '{snippet,channelTitle}' as channel_title,
        payload #> '{snippet,thumbnails}' as video_thumbnails,
        payload #>> '{snippet,categoryId}' as video_category_id,
        payload #>> '{snippet,channelId}' as channel_id,
        payload #>> '{snippet,defaultAudioLanguage}' as video_default_audio_language,
        payload #>> '{snippet,defaultLanguage}' as video_default_language,
        payload #>> '{snippet,liveBroadcastContent}' as video_live_broadcast_content,
        payload #> '{snippet,localized}' as video_localized,
        payload #> '{snippet,tags}' as video_tags,
        payload #>> '{contentDetails,caption}' as content_details_caption,
        payload #>> '{contentDetails,definition}' as content_details_definition,
        payload #>> '{contentDetails,dimension}' as content_details_dimension,
        payload #>> '{contentDetails,duration}' as content_details_duration,
        (payload #>> '{contentDetails,hasCustomThumbnail}')::boolean as content_details_has_custom_thumbnail,
        (payload #>> '{contentDetails,licensedContent}')::boolean as content_details_licensed_content,
        payload #>> '{contentDetails,projection}' as content_details_projection,
        payload #> '{contentDetails,regionRestriction}' as content_details_region_restriction,
        payload ->> 'etag' as etag,
        payload ->> 'kind' as kind,
        (payload #>> '{player,embedHeight}')::bigint as player_embed_height,
        payload #>> '{player,embedHtml}' as player_embed_html,
        (payload #>> '{player,embedWidth}')::bigint as player_embed_width,
        payload #>> '{status,privacyStatus}' as privacy_status,
        (payload #>> '{statistics,commentCount}')::bigint as statistics_comment_count,
        (payload #>> '{statistics,dislikeCount}')::bigint as statistics_dislike_count,
        (payload #>> '{statistics,favoriteCount}')::bigint as statistics_favorite_count,
        (payload #>> '{statistics,likeCount}')::bigint as statistics_like_count,
        (payload #>> '{statistics,viewCount}')::bigint as statistics_view_count,
        (payload #>> '{status,embeddable}')::boolean as status_embeddable,
        payload #>> '{status,failureReason}' as status_failure_reason,
        payload #>> '{status,license}' as status_license,
        (payload #>> '{status,madeForKids}')::boolean as status_made_for_kids,
        (payload #>> '{status,publicStatsViewable}')::boolean as status_public_stats_viewable,
        (payload #>> '{status,publishAt}')::timestamptz as status_publish_at,
        payload #>> '{status,rejectionReason}' as status_rejection_reason,
        (payload #>> '{status,selfDeclaredMadeForKids}')::boolean as status_self_declared_made_for_kids,
        payload #>> '{status,uploadStatus}' as upload_status,
        fetched_at as _fivetran_synced,
        'raw_youtube' as source_relation
    from source
    order by row_key, fetched_at desc, partition_on desc
)

select * from final
