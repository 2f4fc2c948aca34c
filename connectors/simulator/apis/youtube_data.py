"""YouTube Data API v3, reading: channels.list, videos.list, playlistItems.list. Every list call costs one unit."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.simulator.apis import google
from connectors.simulator.apis.google import GoogleError
from connectors.simulator.calendar import rfc3339
from connectors.simulator.identity import token
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
CATEGORIES = frozenset({1, 2, 10, 15, *range(17, 45)})
_SIZES = {"default": ("default", 120, 90), "medium": ("mqdefault", 320, 180), "high": ("hqdefault", 480, 360)}


async def list_videos(request: Request) -> Response:
    """videos.list by `id` or by `chart=mostPopular`."""
    who = google.caller(request)
    google.charge(request, who.project, 1)
    parts = google.parts(request, VIDEO_PARTS)
    if parts & {"fileDetails", "processingDetails", "suggestions"} and who.channel_id is None:
        message = "The request cannot access user rating information, file details or processing details without authorization."
        raise GoogleError(403, "forbidden", message, domain="youtube.video")
    query = request.query_params
    chosen = [name for name in ("id", "chart", "myRating") if name in query]
    if not chosen:
        message = "No filter selected. Expected one of: chart, id, myRating"
        raise GoogleError(400, "missingRequiredParameter", message, domain="youtube.parameter", parameter="parameters.")
    if len(chosen) > 1:
        message = f"Incompatible parameters specified in the request: {', '.join(chosen)}"
        raise GoogleError(400, "incompatibleParameters", message, domain="youtube.parameter", parameter="parameters.")
    world, now = google.simulation(request).world, google.simulation(request).now
    if chosen == ["id"]:
        videos = world.videos(google.listed(request, "id"), now, who.channel_id)
        return google.answer(
            request,
            _whole_list(
                request, "youtube#videoListResponse", [video_resource(request, video, parts, who.channel_id) for video in videos]
            ),
        )
    if chosen == ["myRating"]:
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


async def list_channels(request: Request) -> Response:
    """channels.list by `id`, `forHandle`, or `mine`."""
    who = google.caller(request)
    google.charge(request, who.project, 1)
    parts = google.parts(request, CHANNEL_PARTS)
    query = request.query_params
    chosen = [name for name in ("id", "mine", "forHandle", "forUsername", "managedByMe", "categoryId") if name in query]
    if not chosen:
        message = "No filter selected. Expected one of: forUsername, mine, id, managedByMe, categoryId, forHandle"
        raise GoogleError(400, "missingRequiredParameter", message, domain="youtube.parameter", parameter="parameters.")
    if len(chosen) > 1:
        message = f"Incompatible parameters specified in the request: {', '.join(chosen)}"
        raise GoogleError(400, "incompatibleParameters", message, domain="youtube.parameter", parameter="parameters.")
    world, now = google.simulation(request).world, google.simulation(request).now
    found: list[Channel | None] = []
    if chosen == ["id"]:
        found = [world.channel(channel_id, now) for channel_id in dict.fromkeys(google.listed(request, "id"))]
    elif chosen == ["forHandle"]:
        found = [world.channel_by_handle(query["forHandle"], now)]
    elif chosen == ["mine"] and query["mine"].lower() == "true":
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
    google.charge(request, who.project, 1)
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
    if found is None:
        message = "The playlist identified with the request's <code>playlistId</code> parameter cannot be found."
        raise GoogleError(404, "playlistNotFound", message, domain="youtube.playlistItem", parameter="playlistId")
    total, videos = found
    items = [_playlist_item(request, video, playlist_id, offset + place, parts) for place, video in enumerate(videos)]
    return google.answer(request, google.page("youtube#playlistItemListResponse", items, total, offset, size))


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
        body["statistics"] = {
            "viewCount": str(video.views),
            "likeCount": str(video.likes),
            "favoriteCount": "0",
            "commentCount": str(video.comments),
        }
    if "processingDetails" in parts and is_owner:
        body["processingDetails"] = {"processingStatus": "failed" if video.failure_reason else "succeeded"}
    if "player" in parts:
        frame = f'<iframe width="480" height="270" src="//www.youtube.com/embed/{video.video_id}"></iframe>'
        body["player"] = {"embedHtml": frame}
    return google.resource("youtube#video", body)


def _channel(channel: Channel, parts: frozenset[str]) -> dict[str, Any]:
    body: dict[str, Any] = {"id": channel.channel_id}
    if "snippet" in parts:
        body["snippet"] = {
            "title": channel.title,
            "description": channel.description,
            "customUrl": f"@{channel.handle}",
            "publishedAt": rfc3339(channel.created),
            "thumbnails": {},
            "localized": {"title": channel.title, "description": channel.description},
            "country": channel.country,
        }
    if "contentDetails" in parts:
        body["contentDetails"] = {"relatedPlaylists": {"likes": "", "uploads": "UU" + channel.channel_id[2:]}}
    if "statistics" in parts:
        body["statistics"] = {
            "viewCount": str(channel.views),
            "subscriberCount": str(three_digits(channel.subscribers)),
            "hiddenSubscriberCount": False,
            "videoCount": str(channel.videos),
        }
    if "status" in parts:
        body["status"] = {"privacyStatus": "public", "isLinked": True, "longUploadsStatus": "allowed", "madeForKids": False}
    if "brandingSettings" in parts:
        body["brandingSettings"] = {
            "channel": {"title": channel.title, "description": channel.description, "country": channel.country}
        }
    return google.resource("youtube#channel", body)


def three_digits(count: int) -> int:
    """Round a subscriber count down to three significant figures, as the API does."""
    step = int(10 ** max(0, len(str(count)) - 3))
    return count // step * step


def _playlist_item(request: Request, video: Video, playlist_id: str, position: int, parts: frozenset[str]) -> dict[str, Any]:
    body: dict[str, Any] = {"id": token("item", playlist_id, video.video_id, length=44)}
    if "snippet" in parts:
        body["snippet"] = {
            "publishedAt": rfc3339(video.published),
            "channelId": video.channel_id,
            "title": video.title,
            "description": video.description,
            "thumbnails": thumbnails(request, video),
            "channelTitle": video.channel_title,
            "playlistId": playlist_id,
            "position": position,
            "resourceId": {"kind": "youtube#video", "videoId": video.video_id},
            "videoOwnerChannelTitle": video.channel_title,
            "videoOwnerChannelId": video.channel_id,
        }
    if "contentDetails" in parts:
        details = {"videoId": video.video_id}
        if video.privacy == "public":
            details["videoPublishedAt"] = rfc3339(video.published)
        body["contentDetails"] = details
    if "status" in parts:
        body["status"] = {"privacyStatus": video.privacy}
    return google.resource("youtube#playlistItem", body)


def _whole_list(request: Request, kind: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    return google.page(kind, items, len(items), 0, len(items))


ROUTES = [
    Route("/youtube/v3/videos", list_videos),
    Route("/youtube/v3/channels", list_channels),
    Route("/youtube/v3/playlistItems", list_playlist_items),
]
