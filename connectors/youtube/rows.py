"""The raw rows of YouTube: what each table's partition is made of, as plain calls to the clients.

Which day, which regions and since when is the caller's to say (`connectors.feeds`). Rows come as they are read, item by item (a
channel, a video, a playlist), and an item's rows come whole or not at all: so what landed says what was read. Spent quota ends
them with QuotaExhausted, after the rows of every item that was read to its end; a channel's consent that has ended is told by
ChannelsLeftOut, after the rows of all other channels."""

from __future__ import annotations

import json
import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from datetime import date, datetime
from itertools import islice
from types import MappingProxyType
from typing import Any, TypeVar

from connectors.http import in_parallel
from connectors.landing import RawRow, Rejected
from connectors.youtube.analytics import QUERIES, Answer, Period
from connectors.youtube.client import YouTube
from connectors.youtube.consent import Consents
from connectors.youtube.data import batches, part_of
from connectors.youtube.models import Resource
from connectors.youtube.pictures import PictureClient
from core.digest import digest_bytes
from core.errors import Forbidden, InvalidInput, NotFound, QuotaExhausted
from core.ids import ChannelId, VideoId
from core.pictures import measure_picture

LOGGER = logging.getLogger(__name__)

Row = RawRow | Rejected
Item = TypeVar("Item")

WORKERS = 4
_PICTURE_WORKERS = 8


def read_each(
    read: Callable[[Item], Iterable[Row]],
    items: Iterable[Item],
    workers: int = WORKERS,
    owner: Callable[[Item], ChannelId] | None = None,
) -> Iterator[Row]:
    """The rows of each item in the order of the items, several of which are read at once; few wait in memory.

    Raises QuotaExhausted after the rows of all items that were read to their end, else ChannelsLeftOut; any other error at once.

    Args:
        owner: the connected channel that an item is read for. Once its consent has ended, its other items are not asked for.
    """
    left = iter(items)
    reading: deque[Future[list[Row]]] = deque()
    spent: QuotaExhausted | None = None
    consents = Consents()

    def rows_of(item: Item) -> list[Row]:
        return list(read(item)) if owner is None else consents.read(owner(item), lambda: list(read(item)))

    with ThreadPoolExecutor(max_workers=workers) as pool:
        try:
            while True:
                if spent is None:
                    reading.extend(pool.submit(rows_of, item) for item in islice(left, 2 * workers - len(reading)))
                if not reading:
                    break
                try:
                    rows = reading.popleft().result()
                except QuotaExhausted as error:
                    spent = spent or error
                    continue
                yield from rows
        finally:
            pool.shutdown(cancel_futures=True)
    if spent is not None:
        raise spent
    consents.finish()


def _itself(channel_id: ChannelId) -> ChannelId:
    return channel_id


def channel_rows(youtube: YouTube, channel_ids: Sequence[ChannelId]) -> Iterator[Row]:
    """Connected channels; one that answers for another is rejected."""

    def channel_of(channel_id: ChannelId) -> Iterator[Row]:
        channel = youtube.data(channel_id).own_channel()
        if channel.get("id") != channel_id:
            yield _rejected(f"The credentials of channel {channel_id} answer for another channel.", channel)
            return
        yield RawRow(channel_id, channel, "youtube.channels")

    return read_each(channel_of, channel_ids, owner=_itself)


def own_video_rows(youtube: YouTube, uploads: Mapping[ChannelId, str], since: datetime) -> Iterator[Row]:
    """Videos of connected channels, by their uploads playlists: those published since a moment or not published yet."""

    def videos_of(channel_id: ChannelId) -> Iterator[Row]:
        data = youtube.data(channel_id)
        for video in data.videos(data.uploads(uploads[channel_id], since)):
            if part_of(video, "snippet").get("channelId") == channel_id:
                yield _resource_row(video, "youtube.videos")
            else:
                yield _rejected(f"A video among the uploads of channel {channel_id} is another channel's.", video)

    return read_each(videos_of, uploads, owner=_itself)


def thumbnail_rows(youtube: YouTube, urls: Mapping[VideoId, str]) -> list[RawRow]:
    """The pictures of videos, by their addresses, measured; those that are gone or cannot be read are left out."""
    with closing(youtube.pictures()) as pictures:
        found = in_parallel(lambda entry: _thumbnail_row(pictures, *entry), sorted(urls.items()), _PICTURE_WORKERS)
    return [row for row in found if row is not None]


def _thumbnail_row(pictures: PictureClient, video_id: VideoId, url: str) -> RawRow | None:
    try:
        content = pictures.fetch(url)
        picture = measure_picture(content)
    except (NotFound, InvalidInput) as error:
        LOGGER.warning("The picture of video %s was left out: %s", video_id, error)
        return None
    known = {"video_id": video_id, "url": url, "sha256": digest_bytes(content), "width": picture.width, "height": picture.height}
    return RawRow(video_id, {**known, **picture.measures}, "youtube.pictures")


def playlist_rows(youtube: YouTube, channel_ids: Sequence[ChannelId]) -> Iterator[Row]:
    """The playlists of connected channels."""

    def playlists_of(channel_id: ChannelId) -> Iterator[Row]:
        return (_resource_row(playlist, "youtube.playlists") for playlist in youtube.data(channel_id).playlists())

    return read_each(playlists_of, channel_ids, owner=_itself)


def playlist_item_rows(youtube: YouTube, playlists: Mapping[str, ChannelId]) -> Iterator[Row]:
    """The videos on connected channels' playlists; playlists that are gone have none."""

    def items_of(playlist_id: str) -> Iterator[Row]:
        try:
            items = youtube.data(playlists[playlist_id]).playlist_items(playlist_id)
        except NotFound as error:
            LOGGER.warning("Playlist %s was left out: %s", playlist_id, error)
            return
        for item in items:
            video_id = part_of(item, "contentDetails").get("videoId")
            if isinstance(video_id, str):
                yield RawRow(f"{playlist_id}:{video_id}", item, "youtube.playlistItems")
            else:
                yield _rejected(f"A place on playlist {playlist_id} names no video.", item)

    return read_each(items_of, playlists, owner=playlists.__getitem__)


def comment_rows(
    youtube: YouTube, videos: Mapping[VideoId, ChannelId], since: Mapping[VideoId, datetime | None]
) -> Iterator[Row]:
    """Comments on connected channels' videos, replies too, from a moment on that each video has for itself.

    Videos whose comments are off, or which are gone, have none."""

    def comments_of(video_id: VideoId) -> Iterator[Row]:
        try:
            comments = youtube.data(videos[video_id]).comments(video_id, since[video_id])
        except NotFound as error:
            LOGGER.info("The comments of video %s were left out: %s", video_id, error)
            return
        for comment in comments:
            # A reply does not say which video it is on.
            snippet = {"videoId": video_id, **part_of(comment, "snippet")}
            yield _resource_row({**comment, "snippet": snippet}, "youtube.comments")

    return read_each(comments_of, videos, owner=videos.__getitem__)


def caption_rows(youtube: YouTube, videos: Mapping[VideoId, ChannelId]) -> Iterator[Row]:
    """The caption tracks of connected channels' videos, at 50 units a video; videos that are gone have none."""

    def captions_of(video_id: VideoId) -> Iterator[Row]:
        try:
            captions = youtube.data(videos[video_id]).captions(video_id)
        except NotFound as error:
            LOGGER.warning("The captions of video %s were left out: %s", video_id, error)
            return
        yield from (_resource_row(caption, "youtube.captions") for caption in captions)

    return read_each(captions_of, videos, owner=videos.__getitem__)


def snapshot_rows(youtube: YouTube, video_ids: Sequence[VideoId], read_at: datetime) -> Iterator[Row]:
    """The counts of public videos as of a moment; gone ones are left out."""
    moment = f"{read_at:%Y-%m-%dT%H:%MZ}"
    names = ("viewCount", "likeCount", "commentCount")

    def counts_of(ids: Sequence[VideoId]) -> Iterator[Row]:
        for video in youtube.data().statistics(ids):
            if not isinstance(video.get("id"), str):
                yield _rejected("Counts came without their video.", video)
                continue
            counts = part_of(video, "statistics")
            payload = {"video_id": video["id"], "read_at": moment, **{name: counts[name] for name in names if name in counts}}
            yield RawRow(f"{video['id']}@{moment}", payload, "youtube.statistics")

    return read_each(counts_of, batches(video_ids))


def chart_rows(youtube: YouTube, regions: Sequence[str], category_id: int = 0) -> Iterator[Row]:
    """The most popular videos of each region, with their place."""

    def chart_of(region: str) -> Iterator[Row]:
        for rank, item in enumerate(youtube.data().chart(region, category_id), start=1):
            payload = {"region": region, "chart_category": category_id, "rank": rank, "item": item}
            yield RawRow(f"{region}:{category_id}:{rank:03}", payload, "youtube.charts")

    return read_each(chart_of, regions)


def statistics_rows(youtube: YouTube, video_ids: Iterable[VideoId]) -> Iterator[Row]:
    """Public videos by id; those that are gone are left out."""

    def videos_of(ids: Sequence[VideoId]) -> Iterator[Row]:
        return (_resource_row(video, "youtube.videos") for video in youtube.data().videos(ids))

    return read_each(videos_of, batches(sorted(set(video_ids))))


def public_channel_rows(youtube: YouTube, names: Iterable[str]) -> Iterator[Row]:
    """Channels of others by id or @handle; those that are gone are left out."""
    handles = sorted({name for name in names if name.startswith("@")})
    ids = sorted({ChannelId(name) for name in names} - {ChannelId(handle) for handle in handles})

    def channels_of(ids: Sequence[ChannelId]) -> Iterator[Row]:
        return (_resource_row(channel, "youtube.channels") for channel in youtube.data().channels(ids))

    def channel_of(handle: str) -> Iterator[Row]:
        channel = youtube.data().channel_by_handle(handle)
        if channel is None:
            LOGGER.warning("No channel bears the handle %s.", handle)
            return
        yield _resource_row(channel, "youtube.channels")

    yield from read_each(channels_of, batches(ids))
    yield from read_each(channel_of, handles)


def public_video_rows(youtube: YouTube, uploads: Mapping[ChannelId, str], since: datetime) -> Iterator[Row]:
    """Videos of others' channels, by their uploads playlists: those published since a moment."""

    def videos_of(channel_id: ChannelId) -> Iterator[Row]:
        data = youtube.data()
        try:
            video_ids = data.uploads(uploads[channel_id], since)
        except NotFound as error:
            LOGGER.warning("The uploads of channel %s were left out: %s", channel_id, error)
            return
        for video in data.videos(video_ids):
            if part_of(video, "snippet").get("channelId") == channel_id:
                yield _resource_row(video, "youtube.videos")
            else:
                yield _rejected(f"A video among the uploads of channel {channel_id} is another channel's.", video)

    return read_each(videos_of, uploads)


Span = tuple[date, date]
"""First and last Pacific day, both included."""


def analytics_rows(
    youtube: YouTube,
    name: str,
    spans: Mapping[ChannelId, Span],
    videos: Mapping[ChannelId, Sequence[VideoId]],
    others: Mapping[ChannelId, tuple[Span, Sequence[VideoId]]] = MappingProxyType({}),
) -> Iterator[Row]:
    """The rows of one of `QUERIES` for connected channels, each with the days to ask for.

    A channel that may not see a query's money has no rows of it, and says so in the log.

    Args:
        videos: the channels' own videos, for the queries that are asked by video.
        others: videos of channels of `spans` that have days of their own.
    """
    query = QUERIES[name]

    def rows_of(channel_id: ChannelId) -> Iterator[Row]:
        asked = [(spans[channel_id], videos.get(channel_id, ())), *(others[key] for key in (channel_id,) if key in others)]
        try:
            for (first, last), video_ids in asked:
                window = {"start": first.isoformat(), "end": last.isoformat()} if query.period is Period.WINDOW else {}
                for answer in youtube.analytics(channel_id).ask(query, first, last, video_ids):
                    yield _analytics_row(name, channel_id, {**window, **answer})
        except Forbidden as error:
            if not query.is_monetary:
                raise
            LOGGER.info("Channel %s is not monetised, its revenue was left out: %s", channel_id, error)

    return read_each(rows_of, spans, owner=_itself)


def _analytics_row(name: str, channel_id: ChannelId, answer: Answer) -> RawRow:
    if name in {"daily", "revenue"}:
        key: tuple[Any, ...] = (answer["day"], answer["video"])
    else:
        when = (answer["day"], channel_id) if "day" in answer else (channel_id, answer["start"], answer["end"])
        key = (*when, *(answer[dimension] for dimension in QUERIES[name].dimensions if dimension != "day"))
    return RawRow(":".join(map(str, key)), {"channel_id": channel_id, **answer}, "youtube.analytics")


def retention_rows(youtube: YouTube, asked: Mapping[VideoId, tuple[ChannelId, Span]]) -> Iterator[Row]:
    """The retention curve of each video over its days; videos that too few have watched have none."""
    query = QUERIES["retention"]

    def curve_of(video_id: VideoId) -> Iterator[Row]:
        channel_id, (first, last) = asked[video_id]
        answers = list(youtube.analytics(channel_id).ask(query, first, last, [video_id]))
        if answers:
            columns = (*query.dimensions, *query.metrics)
            payload = {
                "channel_id": channel_id,
                "video": video_id,
                "start": first.isoformat(),
                "end": last.isoformat(),
                "curve": [[answer[column] for column in columns] for answer in answers],
            }
            yield RawRow(video_id, payload, "youtube.analytics")

    return read_each(curve_of, asked, owner=lambda video_id: asked[video_id][0])


def _resource_row(resource: Resource, source: str) -> Row:
    """A resource under its own id."""
    key = resource.get("id")
    return RawRow(key, resource, source) if isinstance(key, str) else _rejected("A resource came without its id.", resource)


def _rejected(reason: str, resource: Resource) -> Rejected:
    key = resource.get("id")
    return Rejected(reason, json.dumps(resource, ensure_ascii=False), key if isinstance(key, str) else None)
