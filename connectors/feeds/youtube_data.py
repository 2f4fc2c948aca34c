"""What is read of the YouTube Data API: own channels, their videos, playlists, comments and captions; channels of others that are
watched; and the charts of the market.

What a stopped landing left out is read first on the next day. Comments are asked for where a video's count of them has changed,
captions once for each video, counts of young videos by the hour: so the quota goes where something happens."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlsplit
from zlib import crc32

from connectors.feeds.feed import Cadence, Feed, Request, Row
from connectors.feeds.known import NEVER, channels_of_videos, in_turn, last_read, newest_rows, readings, texts_at
from connectors.landing import LandedRow, RawRow, landed
from connectors.youtube import rows
from core.ids import ChannelId, VideoId

REGIONS = ("US", "GB", "CA", "AU", "IN")
UPLOADS_KEPT = timedelta(days=90)
"""Own videos older than this are not read every day, only in the weekly list of all: each page of them costs quota."""

UPLOADS_AGAIN = timedelta(days=7)
"""So often the list of all of a channel's videos is read."""

UPLOADS_SHARE = 0.2
"""Of the day's quota, at two units for fifty videos: a hundred channels of two thousand videos are read in four days."""

COMPETITORS_KEPT = timedelta(days=30)
"""Others' videos that are older say little about what they publish now."""

CHARTED_DAYS = 3
"""A video that left the charts is still read for this long, so that its growth over two days is known."""

COMMENTS_AGAIN = timedelta(days=10)
"""So far back new comments are looked for: some are counted before they are shown, and a quiet video waits for a week."""

CAPTIONS_FROM, CAPTIONS_UNTIL = timedelta(days=1), timedelta(days=8)
"""Ages between which a video's captions are asked for until there are some; by then speech has long been recognised."""

COMMENTS_SHARE = 0.3
"""Of the day's quota. A hundred new channels have ten thousand pages of comments; charts and statistics cannot wait for them."""

MOST_CAPTIONED = 40
"""Videos a day whose captions are listed: at 50 units each, a fifth of the day's quota."""

READ_EVERY = ((timedelta(hours=48), timedelta(hours=1)), (timedelta(days=8), timedelta(hours=6)))
"""Up to which age counts are read how often."""

EARLY = timedelta(minutes=10)
"""An hourly run that begins this much too early reads all the same."""

BEGINNING = datetime.min.replace(tzinfo=UTC)

COMMENTS = ("statistics", "commentCount")
COMMENTED_ON = ("snippet", "videoId")
UPLOADS = ("contentDetails", "relatedPlaylists", "uploads")

Rows = Iterable[Row]


def at(payload: Any, path: tuple[str, ...]) -> Any:
    """What stands at a path of a payload; None where nothing does."""
    for name in path:
        payload = payload.get(name) if isinstance(payload, dict) else None
    return payload


def own_videos(request: Request) -> dict[VideoId, LandedRow]:
    """The connected channels' videos as they landed on the day."""
    connected = set(request.youtube.channel_ids)
    return {
        VideoId(key): row
        for key, row in newest_rows(request, "raw_youtube.videos").items()
        if at(row.payload, ("snippet", "channelId")) in connected
    }


def all_own_videos(request: Request) -> dict[VideoId, ChannelId]:
    """The videos of the connected channels, old ones and those that went within four weeks too, with their channel."""
    return _landed_videos(request, ("raw_youtube.uploads", "raw_youtube.videos"), 4 * UPLOADS_AGAIN)


def lately_young(request: Request, back: timedelta) -> dict[VideoId, ChannelId]:
    """The videos of the connected channels that were in the daily list on one of the last days, with their channel."""
    return _landed_videos(request, ("raw_youtube.videos",), back)


def _landed_videos(request: Request, tables: Sequence[str], back: timedelta) -> dict[VideoId, ChannelId]:
    connected = set(request.youtube.channel_ids)
    known = channels_of_videos(request.engine, tables, request.day - back, request.day)
    return {video_id: channel_id for video_id, channel_id in known.items() if channel_id in connected}


def published_at(row: LandedRow) -> datetime:
    """When a landed video became public, if it is; else when it was uploaded."""
    return datetime.fromisoformat(row.payload["snippet"]["publishedAt"])


def is_public(row: LandedRow) -> bool:
    """Whether a landed own video can be seen by all."""
    return bool(at(row.payload, ("status", "privacyStatus")) == "public")


def channel_of(row: LandedRow) -> ChannelId:
    """The channel that a landed video belongs to."""
    return ChannelId(row.payload["snippet"]["channelId"])


def _channels(request: Request) -> Rows:
    return rows.channel_rows(request.youtube, in_turn(request, "raw_youtube.channels", ("id",), request.youtube.channel_ids))


def _videos(request: Request) -> Rows:
    channels = newest_rows(request, "raw_youtube.channels")
    uploads = {
        channel_id: playlist
        for channel_id in in_turn(request, "raw_youtube.videos", ("snippet", "channelId"), request.youtube.channel_ids)
        if channel_id in channels and (playlist := at(channels[channel_id].payload, UPLOADS))
    }
    return rows.own_video_rows(request.youtube, uploads, datetime.combine(request.day - UPLOADS_KEPT, time(), UTC))


def _uploads(request: Request) -> Rows:
    """The whole list of each channel whose last one is a week old, those first that wait longest.

    What is left when the share of the quota is spent is read on the next days: the landing says that it was stopped."""
    table, path = "raw_youtube.uploads", ("snippet", "channelId")
    first = request.day - UPLOADS_AGAIN + timedelta(days=1)
    known = set(last_read(request.engine, table, path, first, request.day - timedelta(days=1)))
    long_ago = last_read(request.engine, table, path, request.day - 4 * UPLOADS_AGAIN, first)
    channels = newest_rows(request, "raw_youtube.channels")
    due = {
        channel_id: playlist
        for channel_id in sorted(request.youtube.channel_ids, key=lambda key: (long_ago.get(key, NEVER), key))
        if channel_id not in known and channel_id in channels and (playlist := at(channels[channel_id].payload, UPLOADS))
    }
    # One after the other: of several that are read at once, each would be cut off.
    return rows.own_video_rows(request.youtube.within(UPLOADS_SHARE), due, BEGINNING, workers=1)


def _thumbnails(request: Request) -> Rows:
    before = landed(request.engine, "raw_youtube.thumbnails", request.day - UPLOADS_KEPT, request.day - timedelta(days=1))
    measured = {row.row_key: _picture_name(row.payload["url"]) for row in before}
    urls = {
        video_id: url
        for video_id, row in own_videos(request).items()
        if (url := at(row.payload, ("snippet", "thumbnails", "medium", "url"))) and measured.get(video_id) != _picture_name(url)
    }
    return rows.thumbnail_rows(request.youtube, urls)


def _picture_name(url: str) -> str:
    """An address without its host: a simulator that starts again on another port has the same pictures."""
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def _playlists(request: Request) -> Rows:
    channels = in_turn(request, "raw_youtube.playlists", ("snippet", "channelId"), request.youtube.channel_ids)
    return rows.playlist_rows(request.youtube, channels)


def _playlist_items(request: Request) -> Rows:
    connected = set(request.youtube.channel_ids)
    playlists = {
        key: ChannelId(channel_id)
        for key, row in newest_rows(request, "raw_youtube.playlists").items()
        if (channel_id := at(row.payload, ("snippet", "channelId"))) in connected
    }
    turns = in_turn(request, "raw_youtube.playlist_items", ("snippet", "playlistId"), playlists)
    return rows.playlist_item_rows(request.youtube, {key: playlists[key] for key in turns})


def _comments(request: Request) -> Iterator[Row]:
    """Comments that have not landed yet, on videos whose count of comments has changed since they were last read.

    Count and list do not move at the same moment, so each video is also read once a week, and some days back."""
    table, yesterday = "raw_youtube.comments", request.day - timedelta(days=1)
    videos = own_videos(request)
    whole = readings(request, table)
    moments = {video_id: whole.of(video=video_id, channel=channel_of(row)) for video_id, row in videos.items()}
    read = {str(video_id): moment for video_id, moment in moments.items() if moment is not None}
    first = whole.last.date() if whole.last else request.day - UPLOADS_KEPT
    # A landing that was stopped holds whole videos, and these are not read again.
    read |= last_read(request.engine, table, COMMENTED_ON, first, yesterday)
    counts = {
        day: texts_at(request.engine, "raw_youtube.videos", COMMENTS, day, day)
        for day in {moment.date() for moment in read.values()}
    }
    since: dict[VideoId, datetime | None] = {}
    for video_id in sorted(videos, key=lambda video_id: (read.get(video_id, NEVER), video_id)):
        # A video whose count is not given has its comments off: there are none to read.
        count, moment = str(at(videos[video_id].payload, COMMENTS) or 0), read.get(video_id)
        # A video that was left out of the listing since then is known by an older one: its count has not changed.
        is_older = moment is not None and videos[video_id].partition_on < moment.date()
        before = count if is_older else counts[moment.date()].get(video_id) if moment else None
        if count != (before or "0") or (before not in {None, "0"} and _is_turn(video_id, request.day)):
            since[video_id] = moment - COMMENTS_AGAIN if moment and before is not None else None
    known: dict[str, str | None] = {}
    if starts := [moment.date() for moment in since.values() if moment is not None]:
        known = texts_at(request.engine, table, ("snippet", "updatedAt"), min(starts), yesterday)
    for row in rows.comment_rows(
        request.youtube.within(COMMENTS_SHARE), {video_id: channel_of(videos[video_id]) for video_id in since}, since
    ):
        if not isinstance(row, RawRow) or known.get(row.row_key, NEVER) != at(row.payload, ("snippet", "updatedAt")):
            yield row


def _is_turn(video_id: VideoId, day: date) -> bool:
    """Whether it is the day of the week on which a video's comments are read in any case."""
    return (crc32(video_id.encode()) + day.toordinal()) % 7 == 0


def _captions(request: Request) -> Rows:
    """The caption tracks of public videos of which none is known: the newest first, then older ones in rotation."""
    first, last = request.day - 2 * UPLOADS_KEPT, request.day - timedelta(days=1)
    known = last_read(request.engine, "raw_youtube.captions", COMMENTED_ON, first, last)
    videos = own_videos(request)
    ages = {
        video_id: request.now - published_at(row) for video_id, row in videos.items() if video_id not in known and is_public(row)
    }
    due = sorted(
        (video_id for video_id, age in ages.items() if age >= CAPTIONS_FROM), key=lambda video_id: (ages[video_id], video_id)
    )
    new = [video_id for video_id in due if ages[video_id] < CAPTIONS_UNTIL]
    old = due[len(new) :]
    turn = request.day.toordinal() * MOST_CAPTIONED % max(len(old), 1)
    chosen = (*new, *old[turn:], *old[:turn])[:MOST_CAPTIONED]
    return rows.caption_rows(request.youtube, {video_id: channel_of(videos[video_id]) for video_id in chosen})


def _snapshots(request: Request) -> Iterator[Row]:
    """What the day holds already, and the counts of each own video that is due at one of its moments."""
    readings: dict[str, list[datetime]] = defaultdict(list)
    for row in landed(request.engine, "raw_youtube.snapshots", request.day - timedelta(days=1), request.day):
        readings[row.payload["video_id"]].append(datetime.fromisoformat(row.payload["read_at"]))
        if row.partition_on == request.day:
            yield RawRow(row.row_key, row.payload, row.source)
    videos = own_videos(request) or own_videos(replace(request, day=request.day - timedelta(days=1)))
    published = {video_id: published_at(row) for video_id, row in videos.items() if is_public(row)}
    for request_then in request.each_moment():
        now = request_then.now
        due = [video_id for video_id, since in sorted(published.items()) if _is_due(now, now - since, readings[video_id])]
        yield from rows.snapshot_rows(request_then.youtube, due, now)
        for video_id in due:
            readings[video_id].append(now)


def _is_due(now: datetime, age: timedelta, readings: list[datetime]) -> bool:
    """Whether a video of that age is to be read, given when it was read before."""
    last = max((moment for moment in readings if moment <= now), default=NEVER)
    return age >= timedelta(0) and any(age < until and now - last >= every - EARLY for until, every in READ_EVERY)


def _charts(request: Request) -> Rows:
    return rows.chart_rows(request.youtube, REGIONS)


def _video_statistics(request: Request) -> Rows:
    charted = landed(request.engine, "raw_youtube.charts", request.day - timedelta(days=CHARTED_DAYS), request.day)
    today = {row.payload["item"]["id"] for row in charted if row.partition_on == request.day}
    return rows.statistics_rows(request.youtube, {VideoId(row.payload["item"]["id"]) for row in charted} - today)


def _competitor_channels(request: Request) -> Rows:
    return rows.public_channel_rows(request.youtube, request.sources.competitors())


def _competitor_videos(request: Request) -> Rows:
    channels = newest_rows(request, "raw_youtube.competitor_channels")
    uploads = {
        ChannelId(key): playlist
        for key in in_turn(request, "raw_youtube.competitor_videos", ("snippet", "channelId"), channels)
        if (playlist := at(channels[key].payload, UPLOADS))
    }
    return rows.public_video_rows(request.youtube, uploads, datetime.combine(request.day - COMPETITORS_KEPT, time(), UTC))


FEEDS = (
    Feed(
        "raw_youtube.channels",
        "youtube",
        "The operator's channels as of noon. One row per channel.",
        _channels,
        Cadence.SNAPSHOT,
        is_own=True,
    ),
    Feed(
        "raw_youtube.videos",
        "youtube",
        "Videos of the operator's channels of the last 90 days, found through the uploads playlists. One row per video.",
        _videos,
        Cadence.SNAPSHOT,
        is_own=True,
        follows=("raw_youtube.channels",),
    ),
    Feed(
        "raw_youtube.uploads",
        "youtube",
        "All videos of the operator's channels, old ones too; each channel's list is read once a week. One row per video.",
        _uploads,
        Cadence.STANDING,
        is_own=True,
        follows=("raw_youtube.channels",),
    ),
    Feed(
        "raw_youtube.thumbnails",
        "youtube",
        "Pictures of own videos that are new on the day or have a new address, measured at 320 × 180. One row per video.",
        _thumbnails,
        Cadence.SNAPSHOT,
        is_own=True,
        follows=("raw_youtube.videos",),
    ),
    Feed(
        "raw_youtube.snapshots",
        "youtube",
        "Counts of own videos, by the hour for two days and every six hours up to the eighth. One row per video and moment.",
        _snapshots,
        Cadence.SNAPSHOT,
        is_own=True,
        follows=("raw_youtube.videos",),
        waits_not=True,
    ),
    Feed(
        "raw_youtube.playlists",
        "youtube",
        "Playlists of the operator's channels. One row per playlist.",
        _playlists,
        Cadence.STANDING,
        is_own=True,
    ),
    Feed(
        "raw_youtube.playlist_items",
        "youtube",
        "Videos on the playlists of the operator's channels. One row per playlist and video.",
        _playlist_items,
        Cadence.STANDING,
        is_own=True,
        follows=("raw_youtube.playlists",),
    ),
    Feed(
        "raw_youtube.comments",
        "youtube",
        "Comments on own videos since the last landing, replies too, without their authors. One row per comment.",
        _comments,
        Cadence.CUMULATIVE,
        is_own=True,
        follows=("raw_youtube.videos",),
    ),
    Feed(
        "raw_youtube.captions",
        "youtube",
        "Caption tracks of own videos of which none was known. One row per track.",
        _captions,
        Cadence.CUMULATIVE,
        is_own=True,
        follows=("raw_youtube.videos",),
    ),
    Feed(
        "raw_youtube.charts",
        "youtube",
        "The fifty most popular videos of five countries. One row per country and place.",
        _charts,
        Cadence.SNAPSHOT,
    ),
    Feed(
        "raw_youtube.video_statistics",
        "youtube",
        "Videos that charted on the three days before but not today, so that their growth stays known. One row per video.",
        _video_statistics,
        Cadence.SNAPSHOT,
        follows=("raw_youtube.charts",),
        follows_days=CHARTED_DAYS,
    ),
    Feed(
        "raw_youtube.competitor_channels",
        "youtube",
        "Channels of others that are watched. One row per channel.",
        _competitor_channels,
        Cadence.STANDING,
    ),
    Feed(
        "raw_youtube.competitor_videos",
        "youtube",
        "Videos of the last 30 days of watched channels. One row per video.",
        _competitor_videos,
        Cadence.STANDING,
        follows=("raw_youtube.competitor_channels",),
    ),
)
