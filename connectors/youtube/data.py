"""YouTube Data API v3, reading: channels, uploads, videos, charts.

Requests ask for exactly the fields that are kept (`fields` masks), 50 items a page, and each page is paid as a call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from connectors.youtube.models import Resource
from connectors.youtube.quota import QuotaGate
from connectors.youtube.transport import Transport
from core.errors import NotFound
from core.ids import ChannelId, VideoId

PAGE = 50
"""Most items per page, and most ids per call, that the API allows."""

CHANNEL_PARTS = "id,snippet,statistics,contentDetails,status"
VIDEO_PARTS = "id,snippet,contentDetails,statistics"
OWN_VIDEO_PARTS = f"{VIDEO_PARTS},status"

_VIDEO_SNIPPET = (
    "publishedAt,channelId,title,description,channelTitle,tags,categoryId,liveBroadcastContent,"
    "defaultLanguage,defaultAudioLanguage"
)
_ITEM_FIELDS = {
    "channels": "id,snippet(title,description,customUrl,publishedAt,country),statistics,contentDetails,status",
    "videos": f"id,snippet({_VIDEO_SNIPPET}),contentDetails,statistics,status",
    "playlistItems": "contentDetails(videoId,videoPublishedAt)",
}
_OWN_VIDEO_FIELDS = f"id,snippet({_VIDEO_SNIPPET},thumbnails(medium(url))),contentDetails,statistics,status"
"""With the address of the picture, which is measured of own videos only."""


class DataClient:
    """Reads public data with the API key, or a channel's own data when made for a channel."""

    def __init__(self, transport: Transport, gate: QuotaGate, channel_id: ChannelId | None = None) -> None:
        self._transport = transport
        self._gate = gate
        self._channel_id = channel_id

    def own_channel(self) -> Resource:
        """The channel that this client acts for. Raises NotFound when its owner has none."""
        items = self._list("channels", part=CHANNEL_PARTS, mine=True).get("items", [])
        if not items:
            raise NotFound("The signed-in account has no YouTube channel.", "Connect an account that owns one.")
        channel: Resource = items[0]
        return channel

    def channels(self, channel_ids: Sequence[ChannelId]) -> list[Resource]:
        """Channels by id, in the order of the API; ids that no longer exist are left out."""
        return [
            item
            for ids in _batches(channel_ids)
            for item in self._list("channels", part=CHANNEL_PARTS, id=",".join(ids), maxResults=PAGE).get("items", [])
        ]

    def uploads(self, playlist_id: str, since: datetime) -> list[VideoId]:
        """Ids of a channel's uploads, newest first, up to the first page that holds none published at or after `since`.

        A private video has no publication time yet and is included."""
        found: list[VideoId] = []
        for page in self._pages("playlistItems", part="contentDetails", playlistId=playlist_id, maxResults=PAGE):
            recent = [
                VideoId(entry["videoId"])
                for entry in (item["contentDetails"] for item in page.get("items", []))
                if "videoPublishedAt" not in entry or datetime.fromisoformat(entry["videoPublishedAt"]) >= since
            ]
            found += recent
            if not recent:
                break
        return found

    def videos(self, video_ids: Sequence[VideoId]) -> list[Resource]:
        """Videos by id, 50 a call; ids that are deleted or private to others are left out. For an owner with `status`."""
        part = VIDEO_PARTS if self._channel_id is None else OWN_VIDEO_PARTS
        return [
            item for ids in _batches(video_ids) for item in self._list("videos", part=part, id=",".join(ids)).get("items", [])
        ]

    def chart(self, region: str, category_id: int = 0, limit: int = PAGE) -> list[Resource]:
        """The most popular videos of a region (ISO 3166-1 alpha-2), first place first; category 0 means the chart of all."""
        arguments: dict[str, Any] = {"videoCategoryId": str(category_id)} if category_id else {}
        items: list[Resource] = []
        for page in self._pages(
            "videos", part=VIDEO_PARTS, chart="mostPopular", regionCode=region, maxResults=min(limit, PAGE), **arguments
        ):
            items += page.get("items", [])
            if len(items) >= limit:
                break
        return items[:limit]

    def _pages(self, collection: str, **arguments: Any) -> Iterator[dict[str, Any]]:
        token: str | None = None
        while True:
            page = self._list(collection, **arguments, **({"pageToken": token} if token else {}))
            yield page
            token = page.get("nextPageToken")
            if token is None:
                return

    def _list(self, collection: str, **arguments: Any) -> dict[str, Any]:
        service = self._transport.service("youtube", self._channel_id)
        is_own = collection == "videos" and self._channel_id is not None
        kept = _OWN_VIDEO_FIELDS if is_own else _ITEM_FIELDS[collection]
        request = getattr(service, collection)().list(fields=f"nextPageToken,items({kept})", **arguments)
        answer: dict[str, Any] = self._transport.execute(self._gate, f"{collection}.list", request, self._channel_id)
        return answer


def _batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), PAGE):
        yield ids[start : start + PAGE]
