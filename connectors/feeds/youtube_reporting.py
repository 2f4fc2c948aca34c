"""What is read of the YouTube Reporting API: the bulk reports."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta

from connectors.feeds.feed import Cadence, Feed, Request
from connectors.landing import RawRow, last_landing
from connectors.youtube import rows

FIRST_LOOK_BACK = timedelta(days=30)
"""How far back the first landing reaches: as far as YouTube writes reports for a new job."""


def _reach(request: Request) -> Iterable[RawRow]:
    before = last_landing(request.engine, "raw_reporting.channel_reach_basic_a1", request.day, complete=True)
    since = before.fetched_at if before else datetime.combine(request.day - FIRST_LOOK_BACK, time(), UTC)
    return rows.reach_rows(request.youtube, since)


FEEDS = (
    Feed(
        "raw_reporting.channel_reach_basic_a1",
        "youtube",
        "Thumbnail impressions and their click-through rate, from bulk reports. One row per Pacific day and video.",
        _reach,
        Cadence.DAILY,
        is_own=True,
    ),
)
