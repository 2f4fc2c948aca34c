"""The raw rows of YouTube: what each table's partition is made of, as plain calls to the clients.

Which day, which regions and since when is the caller's to say (`connectors.feeds`). Rows come as they are read, item by item (a
channel, a video, a playlist), and an item's rows come whole or not at all: so what landed says what was read. One that fails for
an error of its own is left out by name (`connectors.members`). Spent quota ends them with QuotaExhausted, after the rows of every
item that was read to its end."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from connectors.landing import RawRow, Rejected
from connectors.members import CHANNEL, HANDLE, PLAYLIST, REGION, VIDEO, LeftOut, Members, in_parts, read_each
from connectors.youtube.analytics import IDS_PER_CALL, QUERIES, Answer, Period, Scope
from connectors.youtube.client import YouTube
from connectors.youtube.data import DataClient, batches, part_of
from connectors.youtube.models import Resource
from connectors.youtube.transport import SwitchedOff
from core.digest import digest_bytes
from core.errors import Forbidden, NotFound
from core.ids import ChannelId, VideoId
from core.pictures import measure_picture

LOGGER = logging.getLogger(__name__)

Row = RawRow | Rejected | LeftOut

_PICTURE_WORKERS = 8
_NO_SUCH_CHANNEL = (
    "YouTube has no such channel.",
    "It was closed, suspended or renamed: take it off the list of watched channels.",
)


def channel_rows(youtube: YouTube, channel_ids: Sequence[ChannelId]) -> Iterator[Row]:
    """Connected channels; one that answers for another is rejected."""

    def channel_of(channel_id: ChannelId) -> Iterator[Row]:
        channel = youtube.data(channel_id).own_channel()
        if channel.get("id") != channel_id:
            yield _rejected(f"The credentials of channel {channel_id} answer for another channel.", channel)
            return
        yield RawRow(channel_id, channel, "youtube.channels")

    return read_each(channel_of, channel_ids, CHANNEL)


def own_video_rows(youtube: YouTube, uploads: Mapping[ChannelId, str], since: datetime) -> Iterator[Row]:
    """Videos of connected channels, by their uploads playlists: those published since a moment or not published yet."""
    return read_each(lambda channel_id: _videos_of(youtube.data(channel_id), channel_id, uploads, since), uploads, CHANNEL)


def _videos_of(data: DataClient, channel_id: ChannelId, uploads: Mapping[ChannelId, str], since: datetime) -> Iterator[Row]:
    """The videos of a channel; none for one that never uploaded, whose playlist YouTube does not know."""
    try:
        video_ids = data.uploads(uploads[channel_id], since)
    except NotFound as error:
        if error.reason != "playlistNotFound":
            raise
        LOGGER.info("Channel %s has no uploads: %s", channel_id, error)
        return
    for video in in_parts(data.videos, batches(video_ids), VIDEO):
        if isinstance(video, LeftOut):
            yield video
        elif part_of(video, "snippet").get("channelId") == channel_id:
            yield _resource_row(video, "youtube.videos")
        else:
            yield _rejected(f"A video among the uploads of channel {channel_id} is another channel's.", video)


def thumbnail_rows(youtube: YouTube, urls: Mapping[VideoId, str]) -> Iterator[Row]:
    """The pictures of videos, by their addresses, measured; those that are gone or cannot be read are left out."""
    with closing(youtube.pictures()) as pictures:

        def picture_of(video_id: VideoId) -> Iterator[RawRow]:
            content = pictures.fetch(urls[video_id])
            picture = measure_picture(content)
            size = {"width": picture.width, "height": picture.height}
            known = {"video_id": video_id, "url": urls[video_id], "sha256": digest_bytes(content), **size}
            yield RawRow(video_id, {**known, **picture.measures}, "youtube.pictures")

        yield from read_each(picture_of, sorted(urls), VIDEO, workers=_PICTURE_WORKERS)


def playlist_rows(youtube: YouTube, channel_ids: Sequence[ChannelId]) -> Iterator[Row]:
    """The playlists of connected channels."""

    def playlists_of(channel_id: ChannelId) -> Iterator[Row]:
        return (_resource_row(playlist, "youtube.playlists") for playlist in youtube.data(channel_id).playlists())

    return read_each(playlists_of, channel_ids, CHANNEL)


def playlist_item_rows(youtube: YouTube, playlists: Mapping[str, ChannelId]) -> Iterator[Row]:
    """The videos on connected channels' playlists."""

    def items_of(playlist_id: str) -> Iterator[Row]:
        for item in youtube.data(playlists[playlist_id]).playlist_items(playlist_id):
            video_id = part_of(item, "contentDetails").get("videoId")
            if isinstance(video_id, str):
                yield RawRow(f"{playlist_id}:{video_id}", item, "youtube.playlistItems")
            else:
                yield _rejected(f"A place on playlist {playlist_id} names no video.", item)

    return read_each(items_of, playlists, PLAYLIST, owner=playlists.__getitem__)


def comment_rows(
    youtube: YouTube, videos: Mapping[VideoId, ChannelId], since: Mapping[VideoId, datetime | None]
) -> Iterator[Row]:
    """Comments on connected channels' videos, replies too, from a moment on that each video has for itself.

    Videos whose comments are off have none."""

    def comments_of(video_id: VideoId) -> Iterator[Row]:
        try:
            comments = youtube.data(videos[video_id]).comments(video_id, since[video_id])
        except SwitchedOff as error:
            LOGGER.info("The comments of video %s are off: %s", video_id, error)
            return
        for comment in comments:
            # A reply does not say which video it is on.
            snippet = {"videoId": video_id, **part_of(comment, "snippet")}
            yield _resource_row({**comment, "snippet": snippet}, "youtube.comments")

    return read_each(comments_of, videos, VIDEO, owner=videos.__getitem__)


def caption_rows(youtube: YouTube, videos: Mapping[VideoId, ChannelId]) -> Iterator[Row]:
    """The caption tracks of connected channels' videos, at 50 units a video."""

    def captions_of(video_id: VideoId) -> Iterator[Row]:
        captions = youtube.data(videos[video_id]).captions(video_id)
        return (_resource_row(caption, "youtube.captions") for caption in captions)

    return read_each(captions_of, videos, VIDEO, owner=videos.__getitem__)


def snapshot_rows(youtube: YouTube, video_ids: Sequence[VideoId], read_at: datetime) -> Iterator[Row]:
    """The counts of public videos as of a moment; gone ones are left out."""
    moment = f"{read_at:%Y-%m-%dT%H:%MZ}"
    names = ("viewCount", "likeCount", "commentCount")

    def counts_of(ids: Sequence[VideoId]) -> Iterator[Row]:
        for video in in_parts(youtube.data().statistics, [ids], VIDEO):
            if isinstance(video, LeftOut):
                yield video
                continue
            if not isinstance(video.get("id"), str):
                yield _rejected("Counts came without their video.", video)
                continue
            counts = part_of(video, "statistics")
            payload = {"video_id": video["id"], "read_at": moment, **{name: counts[name] for name in names if name in counts}}
            yield RawRow(f"{video['id']}@{moment}", payload, "youtube.statistics")

    return read_each(counts_of, batches(video_ids), VIDEO, names=_each)


def chart_rows(youtube: YouTube, regions: Sequence[str], category_id: int = 0) -> Iterator[Row]:
    """The most popular videos of each region, with their place."""

    def chart_of(region: str) -> Iterator[Row]:
        for rank, item in enumerate(youtube.data().chart(region, category_id), start=1):
            payload = {"region": region, "chart_category": category_id, "rank": rank, "item": item}
            yield RawRow(f"{region}:{category_id}:{rank:03}", payload, "youtube.charts")

    return read_each(chart_of, regions, REGION)


def statistics_rows(youtube: YouTube, video_ids: Iterable[VideoId]) -> Iterator[Row]:
    """Public videos by id; those that are gone are left out."""

    def videos_of(ids: Sequence[VideoId]) -> Iterator[Row]:
        return _resource_rows(in_parts(youtube.data().videos, [ids], VIDEO), "youtube.videos")

    return read_each(videos_of, batches(sorted(set(video_ids))), VIDEO, names=_each)


def public_channel_rows(youtube: YouTube, names: Iterable[str]) -> Iterator[Row]:
    """Channels of others by id or @handle."""
    handles = sorted({name for name in names if name.startswith("@")})
    ids = sorted({ChannelId(name) for name in names} - {ChannelId(handle) for handle in handles})

    members = Members(CHANNEL)

    def channels_of(asked: Sequence[ChannelId]) -> Iterator[Row]:
        found = list(in_parts(youtube.data().channels, [asked], CHANNEL))
        yield from _resource_rows(found, "youtube.channels")
        answered = {each.member if isinstance(each, LeftOut) else each.get("id") for each in found}
        yield from (LeftOut(CHANNEL, name, *_NO_SUCH_CHANNEL) for name in asked if name not in answered)

    def channel_of(handle: str) -> Iterator[Row]:
        channel = youtube.data().channel_by_handle(handle)
        yield LeftOut(HANDLE, handle, *_NO_SUCH_CHANNEL) if channel is None else _resource_row(channel, "youtube.channels")

    yield from read_each(channels_of, batches(ids), CHANNEL, names=_each, members=members)
    yield from read_each(channel_of, handles, HANDLE, members=members)
    members.finish()


def _each(names: Sequence[str]) -> Sequence[str]:
    return names


def public_video_rows(youtube: YouTube, uploads: Mapping[ChannelId, str], since: datetime) -> Iterator[Row]:
    """Videos of others' channels, by their uploads playlists: those published since a moment."""
    return read_each(lambda channel_id: _videos_of(youtube.data(), channel_id, uploads, since), uploads, CHANNEL)


Span = tuple[date, date]
"""First and last Pacific day, both included."""

_NO_SPANS: Mapping[VideoId, Span] = MappingProxyType({})


def analytics_rows(
    youtube: YouTube,
    name: str,
    spans: Mapping[ChannelId, Span],
    videos: Mapping[ChannelId, Sequence[VideoId]],
    late: Mapping[VideoId, Span] = _NO_SPANS,
) -> Iterator[Row]:
    """The rows of one of `QUERIES` for connected channels, each with the days to ask for.

    A channel that may not see a query's money has no rows of it, and says so in the log.

    Args:
        videos: the channels' own videos, for the queries that are asked by video.
        late: of those that were left out before, days of their own.
    """
    query = QUERIES[name]

    def rows_of(channel_id: ChannelId) -> Iterator[Row]:
        first, last = spans[channel_id]
        window = {"start": first.isoformat(), "end": last.isoformat()} if query.period is Period.WINDOW else {}
        client = youtube.analytics(channel_id)

        def answers_for(ids: Sequence[VideoId]) -> Iterator[Answer]:
            days = late.get(ids[0], (first, last)) if len(ids) == 1 else (first, last)
            return client.ask(query, *days, ids)

        try:
            if query.scope is Scope.CHANNEL:
                answers: Iterator[Answer | LeftOut] = client.ask(query, first, last)
            else:
                own = videos.get(channel_id, ())
                on_time = batches([video_id for video_id in own if video_id not in late], IDS_PER_CALL)
                answers = in_parts(answers_for, [*on_time, *([video_id] for video_id in own if video_id in late)], VIDEO)
            for answer in answers:
                yield answer if isinstance(answer, LeftOut) else _analytics_row(name, channel_id, {**window, **answer})
        except Forbidden as error:
            if not query.is_monetary:
                raise
            LOGGER.info("Channel %s is not monetised, its revenue was left out: %s", channel_id, error)

    return read_each(rows_of, spans, CHANNEL)


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

    return read_each(curve_of, asked, VIDEO, owner=lambda video_id: asked[video_id][0])


def _resource_rows(found: Iterable[Resource | LeftOut], source: str) -> Iterator[Row]:
    return (each if isinstance(each, LeftOut) else _resource_row(each, source) for each in found)


def _resource_row(resource: Resource, source: str) -> Row:
    """A resource under its own id."""
    key = resource.get("id")
    return RawRow(key, resource, source) if isinstance(key, str) else _rejected("A resource came without its id.", resource)


def _rejected(reason: str, resource: Resource) -> Rejected:
    key = resource.get("id")
    return Rejected(reason, json.dumps(resource, ensure_ascii=False), key if isinstance(key, str) else None)
