"""What is read of the YouTube Analytics API: what happened to own videos and channels, by Pacific day or over a window of days.

Each channel's days go on where its last rows that landed ended, so that a landing that was stopped leaves no gap; the last days
are read again, for YouTube corrects them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial

from connectors.feeds.feed import Cadence, Feed, Request, Row
from connectors.feeds.known import STANDS_IN, Readings, connected_since, in_turn, last_read, readings
from connectors.feeds.youtube_data import all_own_videos, channel_of, is_public, lately_young, own_videos, published_at
from connectors.landing import landed
from connectors.members import CHANNEL as CHANNEL_KIND
from connectors.members import VIDEO as VIDEO_KIND
from connectors.members import LeftOut
from connectors.youtube import rows
from connectors.youtube.accounts import note_monetised
from connectors.youtube.analytics import QUERIES
from connectors.youtube.rows import Span
from core.clock import pacific_day
from core.ids import ChannelId, VideoId

OVERLAP = timedelta(days=5)
"""YouTube corrects the figures of a day for some days after."""

FIRST_LOOK_BACK = timedelta(days=30)
"""How far back the first landing reaches: as far as YouTube writes reports for a new job."""

COMPLETE_AFTER = timedelta(days=2)
"""A window ends this long before the day: what is younger is not counted to its end yet."""

OLD_AGAIN = timedelta(days=7)
"""So often the days of old videos are asked for: they are many, single days say little, and the channel's own days count them."""

SETTLED_ON = 15
"""Day of the month up to which the revenue of all of the last month is read again: YouTube adjusts it after the month's end."""

SEARCH_WINDOW = timedelta(days=7)
DEMOGRAPHIC_WINDOW = timedelta(days=28)

RETENTION_AGES = (3, 7, 28, 84)
"""Days after publishing at which a video's retention curve is taken."""

RETENTION_PATIENCE = timedelta(days=7)
"""For so long after its turn a curve is asked for again where there was none."""

CHANNEL = ("channel_id",)

Rows = Iterable[Row]


def _new_days(request: Request, name: str) -> dict[ChannelId, Span]:
    """The days that each channel is asked for, those first that have waited longest."""
    day, engine, table = request.day, request.engine, f"raw_youtube.analytics_{name}"
    yesterday = day - timedelta(days=1)
    known = readings(request, table)
    read = last_read(engine, table, CHANNEL, known.last.date() if known.last else day - FIRST_LOOK_BACK, yesterday)
    since = connected_since(request)
    # The reading before may be from a time at which a channel was not connected: then only its own rows tell.
    new = {channel_id for channel_id, moment in since.items() if known.last is not None and moment > known.last}
    earlier = last_read(engine, table, CHANNEL, day - STANDS_IN, yesterday) if new else {}
    spans = {}
    for channel_id in in_turn(request, table, CHANNEL, request.youtube.channel_ids):
        # A row that landed is never older than the whole reading before it; a channel whose days were all empty has none.
        known_at = read.get(channel_id) or known.of(channel=channel_id)
        if channel_id in new and (CHANNEL_KIND, channel_id) not in known.left_out:
            known_at = earlier.get(channel_id)
        spans[channel_id] = (_first_new(name, day, known_at), yesterday)
    return spans


def _first_new(name: str, day: date, known_at: datetime | None) -> date:
    first = day - FIRST_LOOK_BACK if known_at is None else min(day, pacific_day(known_at) + timedelta(days=1)) - OVERLAP
    if QUERIES[name].is_monetary and day.day <= SETTLED_ON:
        return min(first, (day.replace(day=1) - timedelta(days=1)).replace(day=1))
    return first


def _by_video(name: str, request: Request) -> Rows:
    """The new days of young videos, and on one day of the week those since the last time of the others.

    The old ones are many, and what they do on single days says little; the channel's own days count them in any case."""
    videos: dict[ChannelId, list[VideoId]] = defaultdict(list)
    known = readings(request, f"raw_youtube.analytics_{name}")
    spans = _new_days(request, name)
    apart: dict[VideoId, Span] = {}
    for video_id, row in own_videos(request).items():
        channel_id = channel_of(row)
        videos[channel_id].append(video_id)
        if (VIDEO_KIND, video_id) in known.left_out and channel_id in spans:
            first = _first_new(name, request.day, known.of(video=video_id, channel=channel_id))
            apart[video_id] = (min(first, spans[channel_id][0]), spans[channel_id][1])
    for video_id, (channel_id, first) in _due_old_videos(name, request, videos, known).items():
        videos[channel_id].append(video_id)
        apart[video_id] = (first, request.day - timedelta(days=1))
    return rows.analytics_rows(request.youtube, name, spans, videos, apart)


def _due_old_videos(
    name: str, request: Request, young: Mapping[ChannelId, Sequence[VideoId]], known: Readings
) -> dict[VideoId, tuple[ChannelId, date]]:
    """The old videos of each channel whose old ones were not asked for within a week, each with its channel and first day."""
    day = request.day
    old = {
        video_id: channel_id
        for video_id, channel_id in sorted(all_own_videos(request).items())
        if video_id not in young.get(channel_id, ())
    }
    # Those that left the daily list since the last turn were asked for daily until then, and tell nothing of it.
    lately = lately_young(request, OLD_AGAIN)
    long_old = [video_id for video_id in old if video_id not in lately]
    table, first = f"raw_youtube.analytics_{name}", day - FIRST_LOOK_BACK
    read = last_read(request.engine, table, CHANNEL, first, day - timedelta(days=1), ("video", long_old))
    due = {}
    for video_id, channel_id in old.items():
        known_at = read.get(channel_id)
        if (VIDEO_KIND, video_id) in known.left_out:
            due[video_id] = (channel_id, _first_new(name, day, None))
        elif known_at is None and video_id in lately:
            continue  # its days until now are known; its first turn comes when it is a week out of the daily list
        elif known_at is None or pacific_day(known_at) <= day - OLD_AGAIN:
            due[video_id] = (channel_id, _first_new(name, day, known_at))
    return due


def _by_channel(name: str, request: Request) -> Rows:
    return rows.analytics_rows(request.youtube, name, _new_days(request, name), {})


def _channel_money(request: Request) -> Iterator[Row]:
    """The channels' money by day; whether a channel is monetised is noted by the way, null where YouTube did not say it."""
    known: dict[ChannelId, bool | None] = {}
    spans = _new_days(request, "channel_revenue")
    try:
        for row in rows.analytics_rows(request.youtube, "channel_revenue", spans, {}, earns=known.__setitem__):
            if isinstance(row, LeftOut):
                known[ChannelId(row.member)] = None
            yield row
    finally:
        note_monetised(request.engine, known)


def _window(name: str, length: timedelta, request: Request) -> Rows:
    end = request.day - COMPLETE_AFTER
    span = (end - length + timedelta(days=1), end)
    channels = in_turn(request, f"raw_youtube.analytics_{name}", CHANNEL, request.youtube.channel_ids)
    return rows.analytics_rows(request.youtube, name, dict.fromkeys(channels, span), {})


def _retention(request: Request) -> Rows:
    """The curve of each video whose turn came, from its publishing on; of two turns that wait the later one."""
    newest = request.day - COMPLETE_AFTER
    oldest = newest - RETENTION_PATIENCE
    table, before = "raw_youtube.analytics_retention", request.day - timedelta(days=1)
    whole = readings(request, table)
    videos = own_videos(request)
    first_turn = request.day - timedelta(days=RETENTION_AGES[-1]) - COMPLETE_AFTER - RETENTION_PATIENCE
    waits = dict.fromkeys(videos, oldest)
    if whole.last is not None:
        for video_id, row in videos.items():
            # The turns of a video that was left out meanwhile are not over.
            moment = whole.of(video=video_id, channel=channel_of(row))
            waits[video_id] = min(
                oldest,
                first_turn if moment is None else pacific_day(moment) + timedelta(days=1) - COMPLETE_AFTER - RETENTION_PATIENCE,
            )
    first = min(waits.values(), default=oldest)
    known = {(row.row_key, row.payload["end"]) for row in landed(request.engine, table, first, before)}
    asked: dict[VideoId, tuple[ChannelId, Span]] = {}
    for video_id, row in videos.items():
        published = pacific_day(published_at(row))
        ends = [end for age in RETENTION_AGES if waits[video_id] < (end := published + timedelta(days=age)) <= newest]
        if ends and is_public(row) and (video_id, ends[-1].isoformat()) not in known:
            asked[video_id] = (channel_of(row), (published, ends[-1]))
    return rows.retention_rows(request.youtube, dict(sorted(asked.items(), key=_waiting)))


def _waiting(asked: tuple[VideoId, tuple[ChannelId, Span]]) -> tuple[date, VideoId]:
    """Sorts by the day since which a curve waits."""
    video_id, (_, (_, end)) = asked
    return end, video_id


def _feed(
    name: str,
    description: str,
    fetch: Callable[[Request], Rows],
    cadence: Cadence = Cadence.CUMULATIVE,
    follows: tuple[str, ...] = (),
    heeds: tuple[str, ...] = (),
    *,
    may_be_refused: bool = False,
) -> Feed:
    return Feed(
        f"raw_youtube.analytics_{name}",
        "youtube",
        description,
        fetch,
        cadence,
        is_own=True,
        follows=follows,
        may_be_refused=may_be_refused,
        heeds=heeds,
    )


VIDEOS = ("raw_youtube.videos",)
ALL_VIDEOS = ("raw_youtube.uploads",)
FEEDS = (
    _feed(
        "daily",
        "YouTube Analytics of own videos, old ones once a week; the last days are read again. One row per Pacific day and video.",
        partial(_by_video, "daily"),
        Cadence.DAILY,
        VIDEOS,
        ALL_VIDEOS,
    ),
    _feed(
        "revenue",
        "Estimated revenue and ads of own videos of monetised channels, in USD. One row per Pacific day and video.",
        partial(_by_video, "revenue"),
        follows=VIDEOS,
        heeds=ALL_VIDEOS,
        may_be_refused=True,
    ),
    _feed(
        "channel_daily",
        "YouTube Analytics of own channels: all of their videos and the channel's page. One row per Pacific day and channel.",
        partial(_by_channel, "channel_daily"),
    ),
    _feed(
        "channel_revenue",
        "Estimated revenue and ads of monetised own channels, in USD. One row per Pacific day and channel.",
        _channel_money,
        may_be_refused=True,
    ),
    _feed(
        "traffic",
        "Where the views of own channels came from. One row per Pacific day, channel and kind of source.",
        partial(_by_channel, "traffic"),
    ),
    _feed(
        "search_terms",
        "The 25 searches on YouTube that led to most views in seven days. One row per channel, window and term.",
        partial(_window, "search_terms", SEARCH_WINDOW),
    ),
    _feed(
        "countries",
        "Views of own channels by country. One row per Pacific day, channel and country.",
        partial(_by_channel, "countries"),
    ),
    _feed(
        "demographics",
        "Shares of views of own channels in 28 days by age and gender. One row per channel, window, age group and gender.",
        partial(_window, "demographics", DEMOGRAPHIC_WINDOW),
    ),
    _feed(
        "devices",
        "Views of own channels by device. One row per Pacific day, channel, kind of device and operating system.",
        partial(_by_channel, "devices"),
    ),
    _feed(
        "playback_locations",
        "Views of own channels by the place of the player. One row per Pacific day, channel and kind of place.",
        partial(_by_channel, "playback_locations"),
    ),
    _feed(
        "retention",
        "How much of own videos is watched to which point, 3, 7, 28 and 84 days after publishing. One row per video.",
        _retention,
        follows=VIDEOS,
    ),
)
