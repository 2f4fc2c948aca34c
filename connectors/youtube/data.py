"""YouTube Data API v3, reading: channels, uploads, videos, statistics, playlists, comments, captions, charts.

Requests ask for exactly the fields that are kept (`fields` masks), with as many items a page and ids a call as the API allows;
each page is paid as a call. Of who wrote a comment nothing is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar

from connectors.youtube.models import Resource
from connectors.youtube.quota import QuotaGate
from connectors.youtube.transport import SERVICE, Transport
from core.errors import Damaged, NotFound
from core.ids import ChannelId, VideoId

Id = TypeVar("Id", bound=str)

PAGE = 50
"""Most items per page, and most ids per call, that the API allows."""

COMMENT_PAGE = 100
MOST_COMMENT_PAGES = 5
"""Of one video, and of one thread's replies, this many pages are read at a time: the newest."""

CHANNEL_PARTS = "id,snippet,statistics,contentDetails,status,brandingSettings,topicDetails,localizations"
VIDEO_PARTS = "id,snippet,contentDetails,statistics"
OWN_VIDEO_PARTS = f"{VIDEO_PARTS},status,topicDetails"

_CHANNEL_FIELDS = (
    "id,snippet(title,description,customUrl,publishedAt,defaultLanguage,country),statistics,contentDetails,status,"
    "brandingSettings(channel),topicDetails,localizations"
)
_VIDEO_SNIPPET = (
    "publishedAt,channelId,title,description,channelTitle,tags,categoryId,liveBroadcastContent,"
    "defaultLanguage,defaultAudioLanguage"
)
_VIDEO_FIELDS = f"id,snippet({_VIDEO_SNIPPET}),contentDetails,statistics,status"
_OWN_VIDEO_FIELDS = (
    f"id,snippet({_VIDEO_SNIPPET},thumbnails(default(url),medium(url),high(url))),contentDetails,statistics,status,topicDetails"
)
"""With the addresses of the picture, which is measured of own videos only."""

_PLAYLIST_FIELDS = "id,snippet(publishedAt,channelId,title,description,defaultLanguage),status,contentDetails"
_ITEM_FIELDS = (
    "id,snippet(publishedAt,channelId,title,playlistId,position,videoOwnerChannelId),"
    "contentDetails(videoId,videoPublishedAt),status"
)
_COMMENT_FIELDS = "id,snippet(channelId,videoId,parentId,textDisplay,likeCount,publishedAt,updatedAt,moderationStatus)"
_THREAD_FIELDS = f"id,snippet(totalReplyCount,topLevelComment({_COMMENT_FIELDS})),replies(comments({_COMMENT_FIELDS}))"


class DataClient:
    """Reads public data with the API key, or a channel's own data when made for a channel."""

    def __init__(self, transport: Transport, gate: QuotaGate, channel_id: ChannelId | None = None) -> None:
        self._transport = transport
        self._gate = gate
        self._channel_id = channel_id

    def own_channel(self) -> Resource:
        """The channel that this client acts for. Raises NotFound when its owner has none."""
        items = self._items("channels.list", _CHANNEL_FIELDS, part=CHANNEL_PARTS, mine=True)
        if not items:
            raise NotFound("The signed-in account has no YouTube channel.", "Connect an account that owns one.")
        return items[0]

    def channels(self, channel_ids: Sequence[ChannelId]) -> list[Resource]:
        """Channels by id, in the order of the API; ids that no longer exist are left out."""
        return [
            item
            for ids in batches(channel_ids)
            for item in self._items("channels.list", _CHANNEL_FIELDS, part=CHANNEL_PARTS, id=",".join(ids), maxResults=PAGE)
        ]

    def channel_by_handle(self, handle: str) -> Resource | None:
        """The channel that bears a handle, with or without its @; None where none does."""
        items = self._items("channels.list", _CHANNEL_FIELDS, part=CHANNEL_PARTS, forHandle=handle)
        return items[0] if items else None

    def uploads(self, playlist_id: str, since: datetime, most: int | None = None) -> list[VideoId]:
        """Ids of a channel's uploads, newest first, up to the first page that holds none published at or after `since`.

        With `most`, no more than that many, and no more pages than they take.
        A private video has no publication time yet and is included. Raises NotFound for a playlist that is gone."""
        found: list[VideoId] = []
        arguments = {"part": "contentDetails", "playlistId": playlist_id, "maxResults": PAGE}
        for page in self._pages("playlistItems.list", "contentDetails(videoId,videoPublishedAt)", **arguments):
            recent = [
                VideoId(entry["videoId"])
                for entry in (part_of(item, "contentDetails") for item in page)
                if "videoId" in entry and ("videoPublishedAt" not in entry or _moment(entry["videoPublishedAt"]) >= since)
            ]
            found += recent
            if not recent or (most is not None and len(found) >= most):
                break
        return found[:most]

    def videos(self, video_ids: Sequence[VideoId]) -> list[Resource]:
        """Videos by id, 50 a call; ids that are deleted or private to others are left out. For an owner with `status`."""
        is_own = self._channel_id is not None
        part, kept = (OWN_VIDEO_PARTS, _OWN_VIDEO_FIELDS) if is_own else (VIDEO_PARTS, _VIDEO_FIELDS)
        return [item for ids in batches(video_ids) for item in self._items("videos.list", kept, part=part, id=",".join(ids))]

    def statistics(self, video_ids: Sequence[VideoId]) -> list[Resource]:
        """The counts of videos by id, 50 a call, from the bucket kept for them; gone videos and hidden counts are left out.

        Where the price table in force has no `videos.batchGetStats`, or the service does not know it, `videos.list` is asked."""
        method = "videos.batchGetStats"
        kept = "id,statistics(viewCount,likeCount,commentCount)"
        found: list[Resource] = []
        for ids in batches(video_ids):
            if method not in self._gate.prices().prices:
                method = "videos.list"
            try:
                found += self._items(method, kept, part="id,statistics", id=",".join(ids))
            except NotFound:
                if method == "videos.list":
                    raise
                method = "videos.list"
                found += self._items(method, kept, part="id,statistics", id=",".join(ids))
        return found

    def chart(self, region: str, category_id: int = 0, limit: int = PAGE) -> list[Resource]:
        """The most popular videos of a region (ISO 3166-1 alpha-2), first place first; category 0 means the chart of all."""
        arguments: dict[str, Any] = {"videoCategoryId": str(category_id)} if category_id else {}
        arguments |= {"part": VIDEO_PARTS, "chart": "mostPopular", "regionCode": region, "maxResults": min(limit, PAGE)}
        items: list[Resource] = []
        for page in self._pages("videos.list", _VIDEO_FIELDS, **arguments):
            items += page
            if len(items) >= limit:
                break
        return items[:limit]

    def playlists(self) -> list[Resource]:
        """The playlists that the owner made; uploads and likes are not among them."""
        pages = self._pages(
            "playlists.list", _PLAYLIST_FIELDS, part="id,snippet,status,contentDetails", mine=True, maxResults=PAGE
        )
        return [item for page in pages for item in page]

    def playlist_items(self, playlist_id: str) -> list[Resource]:
        """The places of a playlist in order. Raises NotFound for one that is gone."""
        pages = self._pages(
            "playlistItems.list", _ITEM_FIELDS, part="id,snippet,contentDetails,status", playlistId=playlist_id, maxResults=PAGE
        )
        return [item for page in pages for item in page]

    def comments(self, video_id: VideoId, since: datetime | None = None) -> list[Resource]:
        """Comments on a video that were written or changed at or after a moment, replies too, as comment resources.

        Threads come newest first, and are read to the first page without one that began since then, five pages at most: a new
        reply is found where its thread is among the newest hundred. Raises NotFound where comments are off or the video is gone.
        """
        arguments = {"part": "id,snippet,replies", "videoId": video_id, "order": "time", "textFormat": "plainText"}
        found: list[Resource] = []
        pages = self._pages("commentThreads.list", _THREAD_FIELDS, maxResults=COMMENT_PAGE, **arguments)
        for _, page in zip(range(MOST_COMMENT_PAGES), pages, strict=False):
            fresh = [comment for thread in page for comment in self._thread(thread, since)]
            found += fresh
            if not any(_is_since(comment, since) for comment in map(_opening, page)):
                break
        return found

    def captions(self, video_id: VideoId) -> list[Resource]:
        """The caption tracks of an own video. Costs 50 units. Raises NotFound for a video that is gone."""
        fields = "id,snippet(videoId,lastUpdated,trackKind,language,name,audioTrackType,isCC,isDraft,isAutoSynced,status)"
        return self._items("captions.list", fields, part="id,snippet", videoId=video_id)

    def _thread(self, thread: Resource, since: datetime | None) -> list[Resource]:
        """The comments of a thread that are new; its replies are listed where the thread holds more than it brought along."""
        opening = _opening(thread)
        replies = _dictionaries(part_of(thread, "replies").get("comments", []))
        is_touched = any(_is_since(comment, since) for comment in (opening, *replies))
        if is_touched and part_of(thread, "snippet").get("totalReplyCount", 0) != len(replies):
            replies = self._replies(str(thread.get("id")))
        return [comment for comment in (opening, *replies) if _is_since(comment, since)]

    def _replies(self, thread_id: str) -> list[Resource]:
        arguments = {"part": "id,snippet", "parentId": thread_id, "textFormat": "plainText", "maxResults": COMMENT_PAGE}
        pages = zip(range(MOST_COMMENT_PAGES), self._pages("comments.list", _COMMENT_FIELDS, **arguments), strict=False)
        return [reply for _, page in pages for reply in page]

    def _pages(self, method: str, fields: str, **arguments: Any) -> Iterator[list[Resource]]:
        """The items of each page of a list. Raises Damaged for a list whose pages run in a circle."""
        token: str | None = None
        seen: set[str] = set()
        while True:
            page = self._ask(method, fields, **arguments, **({"pageToken": token} if token else {}))
            yield _dictionaries(page.get("items", []))
            token = page.get("nextPageToken")
            if token is None:
                return
            if token in seen:
                raise Damaged(f"{SERVICE} answers {method} with the same page again.", "Run it again later.")
            seen.add(token)

    def _items(self, method: str, fields: str, **arguments: Any) -> list[Resource]:
        return _dictionaries(self._ask(method, fields, **arguments).get("items", []))

    def _ask(self, method: str, fields: str, **arguments: Any) -> dict[str, Any]:
        resource, verb = method.split(".")
        collection = getattr(self._transport.service("youtube", self._channel_id), resource)()
        paged = "nextPageToken," if "maxResults" in arguments else ""
        request = getattr(collection, verb)(fields=f"{paged}items({fields})", **arguments)
        answer = self._transport.execute(self._gate, method, request, self._channel_id)
        if not isinstance(answer, dict):
            raise Damaged(f"{SERVICE} answered {method} with something that is no list of resources.", "Run it again later.")
        return answer


def batches(ids: Sequence[Id], size: int = PAGE) -> Iterator[Sequence[Id]]:
    """As many ids as one call takes, at a time."""
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


def part_of(resource: Resource, name: str) -> Resource:
    """A part of a resource; empty where it has none."""
    part = resource.get(name)
    return part if isinstance(part, dict) else {}


def _dictionaries(items: Any) -> list[Resource]:
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise Damaged(f"{SERVICE} answered with something else than a list of resources.", "Run it again later.")
    return items


def _opening(thread: Resource) -> Resource:
    """The comment that began a thread."""
    return part_of(part_of(thread, "snippet"), "topLevelComment")


def _is_since(comment: Resource, since: datetime | None) -> bool:
    if since is None:
        return bool(comment)
    snippet = part_of(comment, "snippet")
    written = snippet.get("updatedAt") or snippet.get("publishedAt")
    return written is not None and _moment(written) >= since


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise Damaged(f"{SERVICE} answered with a time that is none.", "Run it again later.") from None
    if moment.tzinfo is None:
        raise Damaged(f"{SERVICE} answered with a time without zone.", "Run it again later.")
    return moment
