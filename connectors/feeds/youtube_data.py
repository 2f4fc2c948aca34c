"""What is read of the YouTube Data API: own channels and their videos, and the charts of the market."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from urllib.parse import urlsplit

from connectors.feeds.feed import Cadence, Feed, Request
from connectors.landing import RawRow, landed
from connectors.youtube import rows
from core.ids import ChannelId, VideoId

REGIONS = ("US", "GB", "CA", "AU", "IN")
UPLOADS_KEPT = timedelta(days=90)
"""Own videos older than this are no longer read: their figures hardly change, and each page of them costs quota."""

CHARTED_DAYS = 3
"""A video that left the charts is still read for this long, so that its growth over two days is known."""


def _channels(request: Request) -> Iterable[RawRow]:
    return rows.channel_rows(request.youtube)


def _videos(request: Request) -> Iterable[RawRow]:
    uploads = {
        ChannelId(row.row_key): row.payload["contentDetails"]["relatedPlaylists"]["uploads"]
        for row in landed(request.engine, "raw_youtube.channels", request.day, request.day)
    }
    return rows.own_video_rows(request.youtube, uploads, datetime.combine(request.day - UPLOADS_KEPT, time(), UTC))


def _thumbnails(request: Request) -> Iterable[RawRow]:
    before = landed(request.engine, "raw_youtube.thumbnails", request.day - UPLOADS_KEPT, request.day - timedelta(days=1))
    measured = {row.row_key: _picture_name(row.payload["url"]) for row in before}
    urls = {
        VideoId(row.row_key): url
        for row in landed(request.engine, "raw_youtube.videos", request.day, request.day)
        if (url := row.payload["snippet"].get("thumbnails", {}).get("medium", {}).get("url"))
        and measured.get(row.row_key) != _picture_name(url)
    }
    return rows.thumbnail_rows(request.youtube, urls)


def _picture_name(url: str) -> str:
    """An address without its host: a simulator that starts again on another port has the same pictures."""
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def _charts(request: Request) -> Iterable[RawRow]:
    return rows.chart_rows(request.youtube, REGIONS)


def _video_statistics(request: Request) -> Iterable[RawRow]:
    charted = landed(request.engine, "raw_youtube.charts", request.day - timedelta(days=CHARTED_DAYS), request.day)
    today = {row.payload["item"]["id"] for row in charted if row.partition_on == request.day}
    return rows.statistics_rows(request.youtube, {VideoId(row.payload["item"]["id"]) for row in charted} - today)


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
        "raw_youtube.thumbnails",
        "youtube",
        "Pictures of own videos that are new on the day or have a new address, measured at 320 × 180. One row per video.",
        _thumbnails,
        Cadence.SNAPSHOT,
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
)
