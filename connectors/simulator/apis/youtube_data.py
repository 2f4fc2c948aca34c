"""YouTube Data API v3, reading: videos, their statistics in batches, channels, playlists, comments and captions.

Every page is a call, and is paid as `google.PRICES` says.
"""

from __future__ import annotations

from html import escape
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.simulator.apis import google
from connectors.simulator.apis.google import GoogleError
from connectors.simulator.calendar import rfc3339
from connectors.simulator.comments import Comment, comment_key
from connectors.simulator.identity import token
from connectors.simulator.playlists import Playlist, uploads_playlist
from connectors.simulator.values import Channel, Video

VIDEO_PARTS = frozenset(
    {"contentDetails", "fileDetails", "id", "liveStreamingDetails", "localizations", "paidProductPlacementDetails", "player"}
    | {"processingDetails", "recordingDetails", "snippet", "statistics", "status", "suggestions", "topicDetails"}
)
CHANNEL_PARTS = frozenset(
    {"auditDetails", "brandingSettings", "contentDetails", "contentOwnerDetails", "id", "localizations", "snippet"}
    | {"statistics", "status", "topicDetails"}
)
ITEM_PARTS = frozenset({"contentDetails", "id", "snippet", "status"})
PLAYLIST_PARTS = frozenset({"contentDetails", "id", "localizations", "player", "snippet", "status"})
STATS_PARTS = frozenset({"contentDetails", "id", "snippet", "statistics"})
THREAD_PARTS = frozenset({"id", "replies", "snippet"})
COMMENT_PARTS = CAPTION_PARTS = frozenset({"id", "snippet"})
REPLIES_SHOWN = 5
CAPTION_HOURS = 2.0
"""How long after a video's publishing its automatic captions are there."""
TOPIC_CATEGORIES = {
    1: ("Entertainment", "Film"),
    10: ("Music", "Pop_music"),
    20: ("Video_game_culture", "Action_game"),
    24: ("Entertainment", "Lifestyle_(sociology)"),
}
"""Video category to articles of the English Wikipedia."""
CATEGORIES = frozenset({1, 2, 10, 15, *range(17, 45)})
_SIZES = {"default": ("default", 120, 90), "medium": ("mqdefault", 320, 180), "high": ("hqdefault", 480, 360)}


async def list_videos(request: Request) -> Response:
    """videos.list by `id` or by `chart=mostPopular`."""
    who = google.caller(request)
    google.charge(request, who.project, "videos.list")
    parts = google.parts(request, VIDEO_PARTS)
    if parts & {"fileDetails", "processingDetails", "suggestions"} and who.channel_id is None:
        message = "The request cannot access user rating information, file details or processing details without authorization."
        raise GoogleError(403, "forbidden", message, domain="youtube.video")
    query = request.query_params
    chosen = _one_filter(request, "chart", "id", "myRating")
    world, now = google.simulation(request).world, google.simulation(request).now
    if chosen == "id":
        videos = world.videos(google.listed(request, "id"), now, who.channel_id)
        return google.answer(
            request,
            _whole_list(
                request, "youtube#videoListResponse", [video_resource(request, video, parts, who.channel_id) for video in videos]
            ),
        )
    if chosen == "myRating":
        google.owner(request)
        return google.answer(request, _whole_list(request, "youtube#videoListResponse", []))
    if query["chart"] != "mostPopular":
        raise google.invalid_parameter("chart", f"Invalid value at 'chart', \"{query['chart']}\"")
    size = google.whole(request, "maxResults", 5, 1, 50)
    offset = google.page_offset(request)
    category = google.whole(request, "videoCategoryId", 0, 0, 99)
    chart = world.chart(query.get("regionCode", "US").upper(), category, now)
    if chart is None:
        message = "The requested video chart is not supported or is not available."
        raise GoogleError(404, "videoChartNotFound", message, domain="youtube.video", parameter="chart")
    shown = [video_resource(request, video, parts, who.channel_id) for video in chart[offset : offset + size]]
    return google.answer(request, google.page("youtube#videoListResponse", shown, len(chart), offset, size))


async def batch_get_stats(request: Request) -> Response:
    """videos.batchGetStats: the counts of up to 50 videos; those that are not there are left out."""
    who = google.caller(request)
    google.charge(request, who.project, google.STATS)
    parts = google.parts(request, STATS_PARTS)
    ids = google.listed(request, "id")
    if not ids:
        raise GoogleError(400, "required", "Required parameter: id", domain="global", parameter="id")
    running = google.simulation(request)
    items = []
    for video in running.world.videos(ids, running.now, who.channel_id):
        body: dict[str, Any] = {"id": video.video_id}
        if "snippet" in parts:
            body["snippet"] = {"publishTime": rfc3339(video.published)}
        if "statistics" in parts:
            body["statistics"] = {name: count for name, count in _statistics(video).items() if name != "favoriteCount"}
        if "contentDetails" in parts:
            body["contentDetails"] = {"duration": f"{video.seconds}s"}
        items.append(google.resource("youtube#videoStats", body))
    return google.answer(request, google.resource("youtube#batchGetStatsResponse", {"items": items}))


async def list_channels(request: Request) -> Response:
    """channels.list by `id`, `forHandle`, or `mine`."""
    who = google.caller(request)
    google.charge(request, who.project, "channels.list")
    parts = google.parts(request, CHANNEL_PARTS)
    query = request.query_params
    chosen = _one_filter(request, "forUsername", "mine", "id", "managedByMe", "categoryId", "forHandle")
    world, now = google.simulation(request).world, google.simulation(request).now
    found: list[Channel | None] = []
    if chosen == "id":
        found = [world.channel(channel_id, now) for channel_id in dict.fromkeys(google.listed(request, "id"))]
    elif chosen == "forHandle":
        found = [world.channel_by_handle(query["forHandle"], now)]
    elif chosen == "mine" and query["mine"].lower() == "true":
        if who.channel_id is None:
            message = "The request uses the <code>mine</code> parameter but is not properly authorized."
            raise GoogleError(401, "authorizationRequired", message, domain="youtube.parameter", parameter="mine")
        found = [world.channel(who.channel_id, now)]
    items = [_channel(channel, parts) for channel in found if channel is not None]
    size = google.whole(request, "maxResults", 5, 0, 50)
    body = google.page("youtube#channelListResponse", items, len(items), 0, size)
    if not items:
        del body["items"]  # as the real one does
    return google.answer(request, body)


async def list_playlist_items(request: Request) -> Response:
    """playlistItems.list of a channel's uploads playlist, newest first."""
    who = google.caller(request)
    google.charge(request, who.project, "playlistItems.list")
    parts = google.parts(request, ITEM_PARTS)
    playlist_id = request.query_params.get("playlistId")
    if playlist_id is None:
        message = "No filter selected. Expected one of: id, playlistId"
        raise GoogleError(400, "missingRequiredParameter", message, domain="youtube.parameter", parameter="parameters.")
    size = google.whole(request, "maxResults", 5, 0, 50)
    offset = google.page_offset(request)
    world, now = google.simulation(request).world, google.simulation(request).now
    found = None
    if playlist_id.startswith("UU"):
        found = world.uploads("UC" + playlist_id[2:], now, who.channel_id, slice(offset, offset + size))
    elif (playlist := world.playlist(playlist_id, now, who.channel_id)) is not None:
        found = len(playlist.videos), list(playlist.videos[offset : offset + size])
    if found is None:
        message = "The playlist identified with the request's <code>playlistId</code> parameter cannot be found."
        raise GoogleError(404, "playlistNotFound", message, domain="youtube.playlistItem", parameter="playlistId")
    total, videos = found
    items = [
        _playlist_item(request, video, playlist_id, offset + place, parts, who.channel_id) for place, video in enumerate(videos)
    ]
    return google.answer(request, google.page("youtube#playlistItemListResponse", items, total, offset, size))


async def list_playlists(request: Request) -> Response:
    """playlists.list by `channelId`, `id`, or `mine`."""
    who = google.caller(request)
    google.charge(request, who.project, "playlists.list")
    parts = google.parts(request, PLAYLIST_PARTS)
    name = _one_filter(request, "channelId", "id", "mine")
    world, now = google.simulation(request).world, google.simulation(request).now
    found: list[Playlist] = []
    if name == "id":
        made = [world.playlist(playlist_id, now, who.channel_id) for playlist_id in google.listed(request, "id")]
        found = [playlist for playlist in made if playlist is not None]
    else:
        channel_id = google.owner(request) if name == "mine" else request.query_params["channelId"]
        of_channel = world.playlists(channel_id, now, who.channel_id)
        if of_channel is None:
            raise GoogleError(404, "channelNotFound", "Channel not found.", domain="youtube.playlist", parameter="channelId")
        found = of_channel
    size = google.whole(request, "maxResults", 5, 0, 50)
    offset = google.page_offset(request)
    items = [_playlist(request, playlist, parts) for playlist in found[offset : offset + size]]
    return google.answer(request, google.page("youtube#playlistListResponse", items, len(found), offset, size))


async def list_threads(request: Request) -> Response:
    """commentThreads.list by `videoId` or `id`, newest first or by `order=relevance`."""
    who = google.caller(request)
    google.charge(request, who.project, "commentThreads.list")
    parts = google.parts(request, THREAD_PARTS)
    running = google.simulation(request)
    if _one_filter(request, "videoId", "id") == "id":
        known = [running.world.comment(comment_id, running.now) for comment_id in google.listed(request, "id")]
        items = [_thread(request, comment, parts) for comment in known if comment is not None and comment.parent_id is None]
        return google.answer(request, _whole_list(request, "youtube#commentThreadListResponse", items))
    video = _commented(request, request.query_params["videoId"], who.channel_id)
    order = request.query_params.get("order", "time")
    if order not in {"time", "relevance"}:
        raise google.invalid_parameter("order", f"Invalid value at 'order', \"{order}\"")
    size = google.whole(request, "maxResults", 20, 1, 100)
    offset = google.page_offset(request)
    page = slice(offset, offset + size)
    total, comments = running.world.threads(video, running.now, order == "relevance", page)
    items = [_thread(request, comment, parts) for comment in comments]
    body = google.page("youtube#commentThreadListResponse", items, total, offset, size)
    body["pageInfo"]["totalResults"] = len(items)  # of the page, as the real one says it
    return google.answer(request, body)


async def list_comments(request: Request) -> Response:
    """comments.list by `parentId`, oldest first, or by `id`."""
    who = google.caller(request)
    google.charge(request, who.project, "comments.list")
    parts = google.parts(request, COMMENT_PARTS)
    running = google.simulation(request)
    if _one_filter(request, "parentId", "id") == "id":
        known = [running.world.comment(comment_id, running.now) for comment_id in google.listed(request, "id")]
        items = [_comment(request, comment, parts) for comment in known if comment is not None]
        return google.answer(request, _whole_list(request, "youtube#commentListResponse", items))
    parent_id = request.query_params["parentId"]
    key, parent = comment_key(parent_id), running.world.comment(parent_id, running.now)
    if key is None or parent is None:
        message = "The specified comment could not be found."
        raise GoogleError(404, "commentNotFound", message, domain="youtube.comment", parameter="parentId")
    video = _commented(request, key[0], who.channel_id)
    size = google.whole(request, "maxResults", 20, 1, 100)
    offset = google.page_offset(request)
    total, comments = running.world.replies(video, key[1], running.now, slice(offset, offset + size))
    items = [_comment(request, comment, parts) for comment in comments]
    return google.answer(request, google.page("youtube#commentListResponse", items, total, offset, size))


async def list_captions(request: Request) -> Response:
    """captions.list of an own video."""
    owner = google.owner(request)
    google.charge(request, google.caller(request).project, "captions.list")
    parts = google.parts(request, CAPTION_PARTS)
    video_id = request.query_params.get("videoId")
    if video_id is None:
        raise GoogleError(
            400, "missingRequiredParameter", "Required parameter: videoId", domain="youtube.parameter", parameter="videoId"
        )
    running = google.simulation(request)
    found = running.world.videos([video_id], running.now, owner)
    if not found:
        raise _no_video("youtube.caption")
    video = found[0]
    if video.channel_id != owner:
        message = "The permissions associated with the request are not sufficient to list the video's caption tracks."
        raise GoogleError(403, "forbidden", message, domain="youtube.caption", parameter="videoId")
    ready = video.published + CAPTION_HOURS
    tracks = [("asr", ready)] if ready <= running.now and video.upload_status == "processed" else []
    if video.has_captions:
        tracks.append(("standard", video.published))
    items = [_caption(video, kind, at, parts) for kind, at in tracks]
    return google.answer(request, google.resource("youtube#captionListResponse", {"items": items}))


def thumbnails(request: Request, video: Video) -> dict[str, Any]:
    """The thumbnails map of a video; pictures that the simulator makes have its own address."""
    base = video.thumbnail or f"{request.base_url}vi/{video.video_id}/"
    return {
        name: {"url": f"{base}{file}.jpg", "width": width, "height": height} for name, (file, width, height) in _SIZES.items()
    }


def iso_duration(seconds: int) -> str:
    """Write a duration as YouTube does: `PT1H2M3S`; `P0D` for nothing."""
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    days, hours = divmod(hours, 24)
    day = f"{days}D" if days else ""
    time = "".join(f"{value}{unit}" for value, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if value)
    return f"P{day}T{time}" if time else f"P{day}" if day else "P0D"


def video_resource(request: Request, video: Video, parts: frozenset[str], viewer: str | None) -> dict[str, Any]:
    """A videos resource with the parts asked for; what only its owner may see is left out for others."""
    is_owner = viewer == video.channel_id
    body: dict[str, Any] = {"id": video.video_id}
    if "snippet" in parts:
        body["snippet"] = {
            "publishedAt": rfc3339(video.published),
            "channelId": video.channel_id,
            "title": video.title,
            "description": video.description,
            "thumbnails": thumbnails(request, video),
            "channelTitle": video.channel_title,
            **({"tags": list(video.tags)} if video.tags else {}),
            "categoryId": str(video.category_id),
            "liveBroadcastContent": "none",
            **({"defaultLanguage": video.language, "defaultAudioLanguage": video.language} if video.language else {}),
            "localized": {"title": video.title, "description": video.description},
        }
    if "contentDetails" in parts:
        body["contentDetails"] = {
            "duration": iso_duration(video.seconds),
            "dimension": "2d",
            "definition": video.definition,
            "caption": "true" if video.has_captions else "false",
            "licensedContent": video.is_licensed,
            "contentRating": {},
            "projection": "rectangular",
        }
    if "status" in parts:
        body["status"] = {
            "uploadStatus": video.upload_status,
            **({"failureReason": video.failure_reason} if video.failure_reason else {}),
            "privacyStatus": video.privacy,
            **({"publishAt": rfc3339(video.publish_at)} if is_owner and video.publish_at is not None else {}),
            "license": "youtube",
            "embeddable": True,
            "publicStatsViewable": True,
            "madeForKids": video.made_for_kids,
            **({"selfDeclaredMadeForKids": video.made_for_kids} if is_owner else {}),
            **(
                {"containsSyntheticMedia": video.contains_synthetic_media}
                if is_owner and video.contains_synthetic_media is not None
                else {}
            ),
        }
    if "statistics" in parts:
        body["statistics"] = _statistics(video)
    if "topicDetails" in parts:
        body["topicDetails"] = _topics(video.category_id)
    if "localizations" in parts and video.language:
        body["localizations"] = {video.language: {"title": video.title, "description": video.description}}
    if "processingDetails" in parts and is_owner:
        body["processingDetails"] = {"processingStatus": "failed" if video.failure_reason else "succeeded"}
    if "player" in parts:
        frame = f'<iframe width="480" height="270" src="//www.youtube.com/embed/{video.video_id}"></iframe>'
        body["player"] = {"embedHtml": frame}
    return google.resource("youtube#video", body)


def _statistics(video: Video) -> dict[str, str]:
    """Public counts; a count that the owner hides is not there at all."""
    return {
        "viewCount": str(video.views),
        **({} if video.has_hidden_likes else {"likeCount": str(video.likes)}),
        "favoriteCount": "0",
        **({} if video.has_closed_comments else {"commentCount": str(video.comments)}),
    }


def _topics(category_id: int) -> dict[str, list[str]]:
    names = TOPIC_CATEGORIES.get(category_id, ("Lifestyle_(sociology)",))
    return {"topicCategories": [f"https://en.wikipedia.org/wiki/{name}" for name in names]}


def _channel(channel: Channel, parts: frozenset[str]) -> dict[str, Any]:
    body: dict[str, Any] = {"id": channel.channel_id}
    home = {"country": channel.country} if channel.country else {}
    if "snippet" in parts:
        body["snippet"] = {
            "title": channel.title,
            "description": channel.description,
            **({"customUrl": f"@{channel.handle}"} if channel.handle else {}),
            "publishedAt": rfc3339(channel.created),
            "thumbnails": {},
            "localized": {"title": channel.title, "description": channel.description},
            **home,
        }
    if "contentDetails" in parts:
        body["contentDetails"] = {"relatedPlaylists": {"likes": "", "uploads": uploads_playlist(channel.channel_id)}}
    if "statistics" in parts:
        body["statistics"] = {
            "viewCount": str(channel.views),
            **({} if channel.subscribers is None else {"subscriberCount": str(three_digits(channel.subscribers))}),
            "hiddenSubscriberCount": channel.subscribers is None,
            "videoCount": str(channel.videos),
        }
    if "topicDetails" in parts:
        body["topicDetails"] = _topics(channel.category_id)
    if "status" in parts:
        body["status"] = {"privacyStatus": "public", "isLinked": True, "longUploadsStatus": "allowed", "madeForKids": False}
    if "brandingSettings" in parts:
        words = " ".join(f'"{word}"' if " " in word else word for word in (channel.title.lower(), "charts", "numbers"))
        body["brandingSettings"] = {
            "channel": {"title": channel.title, "description": channel.description, "keywords": words, **home}
        }
    if "localizations" in parts:
        body["localizations"] = {"en": {"title": channel.title, "description": channel.description}}
    return google.resource("youtube#channel", body)


def three_digits(count: int) -> int:
    """Round a subscriber count down to three significant figures, as the API does."""
    step = int(10 ** max(0, len(str(count)) - 3))
    return count // step * step


def _playlist_item(
    request: Request, video: Video, playlist_id: str, position: int, parts: frozenset[str], viewer: str | None
) -> dict[str, Any]:
    """A place in a playlist. What was deleted, or is private to others, leaves it without title and picture."""
    is_private = video.privacy == "private" and viewer != video.channel_id
    is_gone = video.is_deleted or is_private
    title, description = ("Deleted video", "This video is unavailable.") if video.is_deleted else (video.title, video.description)
    if is_private and not video.is_deleted:
        title, description = "Private video", "This video is private."
    body: dict[str, Any] = {"id": token("item", playlist_id, video.video_id, length=44)}
    if "snippet" in parts:
        whose = {"videoOwnerChannelTitle": video.channel_title, "videoOwnerChannelId": video.channel_id}
        body["snippet"] = {
            "publishedAt": rfc3339(video.published),
            "channelId": video.channel_id,
            "title": title,
            "description": description,
            "thumbnails": {} if is_gone else thumbnails(request, video),
            "channelTitle": video.channel_title,
            "playlistId": playlist_id,
            "position": position,
            "resourceId": {"kind": "youtube#video", "videoId": video.video_id},
            **({} if is_gone else whose),
        }
    if "contentDetails" in parts:
        details = {"videoId": video.video_id}
        if video.privacy == "public" and not is_gone:
            details["videoPublishedAt"] = rfc3339(video.published)
        body["contentDetails"] = details
    if "status" in parts:
        body["status"] = {"privacyStatus": "privacyStatusUnspecified" if video.is_deleted else video.privacy}
    return google.resource("youtube#playlistItem", body)


def _playlist(request: Request, playlist: Playlist, parts: frozenset[str]) -> dict[str, Any]:
    text = {"title": playlist.title, "description": playlist.description}
    body: dict[str, Any] = {"id": playlist.playlist_id}
    if "snippet" in parts:
        body["snippet"] = {
            "publishedAt": rfc3339(playlist.created),
            "channelId": playlist.channel.channel_id,
            **text,
            "thumbnails": thumbnails(request, playlist.videos[0]),
            "channelTitle": playlist.channel.title,
            "localized": text,
        }
    if "contentDetails" in parts:
        body["contentDetails"] = {"itemCount": len(playlist.videos)}
    if "status" in parts:
        body["status"] = {"privacyStatus": "public"}
    if "player" in parts:
        frame = (
            f'<iframe width="640" height="360" src="//www.youtube.com/embed/videoseries?list={playlist.playlist_id}"></iframe>'
        )
        body["player"] = {"embedHtml": frame}
    return google.resource("youtube#playlist", body)


def _commented(request: Request, video_id: str, viewer: str | None) -> Video:
    """A video whose comments can be read. Raises GoogleError 403 or 404."""
    running = google.simulation(request)
    found = running.world.videos([video_id], running.now, viewer)
    if not found:
        raise _no_video("youtube.commentThread")
    if running.world.comments_closed(found[0]):
        message = (
            'The video identified by the <code><a href="/youtube/v3/docs/commentThreads/list#videoId">videoId</a></code> '
            "parameter has disabled comments."
        )
        raise GoogleError(403, "commentsDisabled", message, domain="youtube.commentThread", parameter="videoId")
    return found[0]


def _thread(request: Request, comment: Comment, parts: frozenset[str]) -> dict[str, Any]:
    running = google.simulation(request)
    body: dict[str, Any] = {"id": comment.comment_id}
    if "snippet" in parts:
        body["snippet"] = {
            "channelId": comment.channel_id,
            "videoId": comment.video_id,
            "topLevelComment": _comment(request, comment, COMMENT_PARTS),
            "canReply": True,
            "totalReplyCount": comment.replies,
            "isPublic": True,
        }
    if "replies" in parts and comment.replies:
        key = comment_key(comment.comment_id)
        [video] = running.world.videos([comment.video_id], running.now, comment.channel_id)
        assert key is not None
        _, shown = running.world.replies(video, key[1], running.now, slice(REPLIES_SHOWN))
        body["replies"] = {"comments": [_comment(request, reply, COMMENT_PARTS) for reply in shown]}
    return google.resource("youtube#commentThread", body)


def _comment(request: Request, comment: Comment, parts: frozenset[str]) -> dict[str, Any]:
    is_plain = request.query_params.get("textFormat") == "plainText"
    body: dict[str, Any] = {"id": comment.comment_id}
    if "snippet" in parts:
        body["snippet"] = {
            "channelId": comment.channel_id,
            "videoId": comment.video_id,
            "textDisplay": comment.text if is_plain else escape(comment.text),
            "textOriginal": comment.text,
            **({} if comment.parent_id is None else {"parentId": comment.parent_id}),
            "authorDisplayName": comment.author,
            "authorProfileImageUrl": f"https://yt3.ggpht.com/{comment.author_channel_id}",
            "authorChannelUrl": f"http://www.youtube.com/{comment.author}",
            "authorChannelId": {"value": comment.author_channel_id},
            "canRate": True,
            "viewerRating": "none",
            "likeCount": comment.likes,
            "publishedAt": rfc3339(comment.published),
            "updatedAt": rfc3339(comment.published),
        }
    return google.resource("youtube#comment", body)


def _caption(video: Video, kind: str, at: float, parts: frozenset[str]) -> dict[str, Any]:
    body: dict[str, Any] = {"id": token("caption", video.video_id, kind, length=48)}
    if "snippet" in parts:
        body["snippet"] = {
            "videoId": video.video_id,
            "lastUpdated": rfc3339(at),
            "trackKind": kind,
            "language": video.language or "en",
            "name": "",
            "audioTrackType": "unknown",
            "isCC": False,
            "isLarge": False,
            "isEasyReader": False,
            "isDraft": False,
            "isAutoSynced": False,
            "status": "serving",
        }
    return google.resource("youtube#caption", body)


def _no_video(domain: str) -> GoogleError:
    message = "The video identified by the <code>videoId</code> parameter could not be found."
    return GoogleError(404, "videoNotFound", message, domain=domain, parameter="videoId")


def _one_filter(request: Request, *names: str) -> str:
    """Which of the filters a request gives. Raises GoogleError for none or several."""
    chosen = [name for name in names if name in request.query_params]
    if not chosen:
        message = f"No filter selected. Expected one of: {', '.join(names)}"
        raise GoogleError(400, "missingRequiredParameter", message, domain="youtube.parameter", parameter="parameters.")
    if len(chosen) > 1:
        message = f"Incompatible parameters specified in the request: {', '.join(chosen)}"
        raise GoogleError(400, "incompatibleParameters", message, domain="youtube.parameter", parameter="parameters.")
    return chosen[0]


def _whole_list(request: Request, kind: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    return google.page(kind, items, len(items), 0, len(items))


ROUTES = [
    Route("/youtube/v3/videos", list_videos),
    Route("/youtube/v3/videos:batchGetStats", batch_get_stats),
    Route("/youtube/v3/channels", list_channels),
    Route("/youtube/v3/playlistItems", list_playlist_items),
    Route("/youtube/v3/playlists", list_playlists),
    Route("/youtube/v3/commentThreads", list_threads),
    Route("/youtube/v3/comments", list_comments),
    Route("/youtube/v3/captions", list_captions),
]
