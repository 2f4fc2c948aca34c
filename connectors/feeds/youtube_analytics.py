"""What is read of the YouTube Analytics API: what happened to own videos on each Pacific day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta

from connectors.feeds.feed import Cadence, Feed, Request
from connectors.landing import RawRow, landed, last_landing
from connectors.youtube import rows
from core.clock import pacific_day
from core.ids import ChannelId, VideoId

ANALYTICS_OVERLAP = timedelta(days=5)
"""YouTube corrects the figures of a day for some days after."""

FIRST_LOOK_BACK = timedelta(days=30)
"""How far back the first landing reaches: as far as YouTube writes reports for a new job."""


def _analytics_daily(request: Request) -> Iterable[RawRow]:
    day = request.day
    videos: dict[ChannelId, list[VideoId]] = defaultdict(list)
    for row in landed(request.engine, "raw_youtube.videos", day, day):
        videos[ChannelId(row.payload["snippet"]["channelId"])].append(VideoId(row.row_key))
    before = last_landing(request.engine, "raw_youtube.analytics_daily", day, complete=True)
    known_until = pacific_day(before.fetched_at) if before else None
    first = day - FIRST_LOOK_BACK if known_until is None else min(day, known_until + timedelta(days=1)) - ANALYTICS_OVERLAP
    return rows.analytics_rows(request.youtube, videos, first, day - timedelta(days=1))


FEEDS = (
    Feed(
        "raw_youtube.analytics_daily",
        "youtube",
        "YouTube Analytics of own videos; the last days are read again, later wins. One row per Pacific day and video.",
        _analytics_daily,
        Cadence.DAILY,
        is_own=True,
        follows=("raw_youtube.videos",),
    ),
)
