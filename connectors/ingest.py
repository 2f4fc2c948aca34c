"""A day's ingestion: what each raw table's partition of a day holds, fetched and landed. Plain Python, no Dagster.

    channels, videos, charts, stories      as of the moment of fetching
    thumbnails                             pictures of own videos that no earlier partition holds at that address
    video_statistics                       videos that charted on the three days before but not today, as of now
    analytics_daily                        the Pacific days since the last landing, and five before; the later landing wins in dbt
    reach_daily                            the reports written since the last landing
    pageviews                              of the day before

Snapshots cannot be fetched for a day that is over: that raises OutsideMarket and leaves the partition as it was."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from connectors.landing import Landing, RawRow, has_landed, land, landed, last_landing
from connectors.trends.source import TrendObservation, TrendSource
from connectors.youtube import rows
from connectors.youtube.client import YouTube
from core.clock import Clock, pacific_day
from core.errors import NotConfigured, NotReady, OutsideMarket
from core.ids import ChannelId, VideoId

if TYPE_CHECKING:
    from sqlalchemy import Engine

REGIONS = ("US", "GB", "CA", "AU", "IN")
UPLOADS_KEPT = timedelta(days=90)
"""Own videos older than this are no longer read: their figures hardly change, and each page of them costs quota."""

CHARTED_WITHIN = timedelta(days=3)
"""A video that left the charts is still read for this long, so that its growth over two days is known."""

ANALYTICS_OVERLAP = timedelta(days=5)
"""YouTube corrects the figures of a day for some days after."""

FIRST_LOOK_BACK = timedelta(days=30)
"""How far back the first landing of analytics and reach reaches: as far as YouTube writes reports for a new job."""

SAMPLE_ROWS = 5


@dataclass(frozen=True)
class Sources:
    """Where a day's rows come from: the outside systems, and what has landed before."""

    engine: Engine
    youtube: YouTube
    hackernews: TrendSource
    wikipedia: TrendSource


@dataclass(frozen=True)
class Ingested:
    """What the ingestion of one table and day did: its landing, and what it took of YouTube's quota; with a few of its rows."""

    day: date
    landing: Landing
    calls: int
    quota_units: int
    sample: tuple[RawRow, ...]


Fetch = Callable[[Sources, YouTube, date], list[RawRow]]
"""Reads the rows of a day's partition; the YouTube given is set to the day's clock."""


def _channels(sources: Sources, youtube: YouTube, day: date) -> list[RawRow]:
    return rows.channel_rows(youtube)


def _needed(sources: Sources, table: str, day: date) -> None:
    if not has_landed(sources.engine, table, day):
        raise NotReady(f"{table} has not landed for {day}, and says what to ask for.", "Ingest it first.")


def _videos(sources: Sources, youtube: YouTube, day: date) -> list[RawRow]:
    _needed(sources, "raw_youtube.channels", day)
    uploads = {
        ChannelId(row.row_key): row.payload["contentDetails"]["relatedPlaylists"]["uploads"]
        for row in landed(sources.engine, "raw_youtube.channels", day, day)
    }
    return rows.own_video_rows(youtube, uploads, datetime.combine(day - UPLOADS_KEPT, time(), UTC))


def _thumbnails(sources: Sources, youtube: YouTube, day: date) -> list[RawRow]:
    _needed(sources, "raw_youtube.videos", day)
    before = landed(sources.engine, "raw_youtube.thumbnails", day - UPLOADS_KEPT, day - timedelta(days=1))
    measured = {row.row_key: _picture_name(row.payload["url"]) for row in before}
    urls = {
        VideoId(row.row_key): url
        for row in landed(sources.engine, "raw_youtube.videos", day, day)
        if (url := row.payload["snippet"].get("thumbnails", {}).get("medium", {}).get("url"))
        and measured.get(row.row_key) != _picture_name(url)
    }
    return rows.thumbnail_rows(youtube, urls)


def _picture_name(url: str) -> str:
    """An address without its host: a simulator that starts again on another port has the same pictures."""
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def _charts(sources: Sources, youtube: YouTube, day: date) -> list[RawRow]:
    return rows.chart_rows(youtube, REGIONS)


def _video_statistics(sources: Sources, youtube: YouTube, day: date) -> list[RawRow]:
    _needed(sources, "raw_youtube.charts", day)
    charted = landed(sources.engine, "raw_youtube.charts", day - CHARTED_WITHIN, day)
    today = {row.payload["item"]["id"] for row in charted if row.partition_on == day}
    return rows.statistics_rows(youtube, {VideoId(row.payload["item"]["id"]) for row in charted} - today)


def _analytics_daily(sources: Sources, youtube: YouTube, day: date) -> list[RawRow]:
    _needed(sources, "raw_youtube.videos", day)
    videos: dict[ChannelId, list[VideoId]] = defaultdict(list)
    for row in landed(sources.engine, "raw_youtube.videos", day, day):
        videos[ChannelId(row.payload["snippet"]["channelId"])].append(VideoId(row.row_key))
    before = last_landing(sources.engine, "raw_youtube.analytics_daily", day)
    known_until = pacific_day(before.fetched_at) if before else None
    first = day - FIRST_LOOK_BACK if known_until is None else min(day, known_until + timedelta(days=1)) - ANALYTICS_OVERLAP
    return rows.analytics_rows(youtube, videos, first, day - timedelta(days=1))


def _reach_daily(sources: Sources, youtube: YouTube, day: date) -> list[RawRow]:
    before = last_landing(sources.engine, "raw_youtube.reach_daily", day)
    since = before.fetched_at if before else datetime.combine(day - FIRST_LOOK_BACK, time(), UTC)
    return rows.reach_rows(youtube, since)


def _stories(sources: Sources, youtube: YouTube, day: date) -> list[RawRow]:
    return _observed(sources.hackernews.observe(day))


def _pageviews(sources: Sources, youtube: YouTube, day: date) -> list[RawRow]:
    return _observed(sources.wikipedia.observe(day - timedelta(days=1)))


def _observed(observations: list[TrendObservation]) -> list[RawRow]:
    return [RawRow(seen.key, seen.payload, seen.source) for seen in observations]


FETCHES: dict[str, Fetch] = {
    "raw_youtube.channels": _channels,
    "raw_youtube.videos": _videos,
    "raw_youtube.thumbnails": _thumbnails,
    "raw_youtube.charts": _charts,
    "raw_youtube.video_statistics": _video_statistics,
    "raw_youtube.analytics_daily": _analytics_daily,
    "raw_youtube.reach_daily": _reach_daily,
    "raw_hackernews.stories": _stories,
    "raw_wikipedia.pageviews": _pageviews,
}
SNAPSHOTS = {
    "raw_youtube.channels",
    "raw_youtube.videos",
    "raw_youtube.thumbnails",
    "raw_youtube.charts",
    "raw_youtube.video_statistics",
    "raw_hackernews.stories",
}
OF_OWN_CHANNELS = {
    "raw_youtube.channels",
    "raw_youtube.videos",
    "raw_youtube.thumbnails",
    "raw_youtube.analytics_daily",
    "raw_youtube.reach_daily",
}


def ingest_day(sources: Sources, table: str, day: date, clock: Clock) -> Ingested:
    """Fetch and land one table's partition of a day. On any failure the partition stays as it was.

    Raises OutsideMarket for a snapshot of a day that is not today, NotConfigured where no channel is connected, NotReady where
    a table that says what to ask for has not landed, and what the clients raise."""
    now = clock.now()
    if table in SNAPSHOTS and now.date() != day:
        raise OutsideMarket(
            f"{table} shows the moment of fetching, and {day} is not today ({now.date()}).", "Ingest the present day."
        )
    if table in OF_OWN_CHANNELS and not sources.youtube.channel_ids:
        raise NotConfigured("No YouTube channel is connected.", "Set YTEMPIRE_YOUTUBE_REFRESH_TOKENS.")
    youtube = sources.youtube.at(clock)
    found = FETCHES[table](sources, youtube, day)
    landing = land(sources.engine, table, day, found, now)
    return Ingested(day, landing, youtube.gate.calls, youtube.gate.units, tuple(found[:SAMPLE_ROWS]))
