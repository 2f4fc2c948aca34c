"""Shapes of raw rows: each table's good rows pass, and each kind of damage is told by the claim that it breaks."""

from __future__ import annotations

import copy
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from connectors.checks import SHAPES, ValidationReport, readable, validate_rows
from connectors.landing import TABLES, LandedRow, RawRow
from core.pictures import MEASURES

DAY = date(2026, 6, 8)
NOON = datetime(2026, 6, 8, 12, tzinfo=UTC)
CHANNEL = "UCabcdefghijklmnopqrstuv"
VIDEO: dict[str, Any] = {
    "id": "abcdefghijk",
    "snippet": {"title": "T", "channelId": CHANNEL, "categoryId": "20", "publishedAt": "2026-06-08T09:00:00Z"},
    "statistics": {"viewCount": "10", "likeCount": "2"},
}
GOOD: dict[str, tuple[str, dict[str, Any]]] = {
    "raw_youtube.channels": (
        CHANNEL,
        {
            "id": CHANNEL,
            "snippet": {"title": "T", "publishedAt": "2025-01-01T00:00:00Z"},
            "statistics": {"subscriberCount": "5", "videoCount": "3", "viewCount": "99"},
            "contentDetails": {"relatedPlaylists": {"uploads": "UUx"}},
        },
    ),
    "raw_youtube.videos": ("abcdefghijk", VIDEO),
    "raw_youtube.thumbnails": (
        "abcdefghijk",
        {
            "video_id": "abcdefghijk",
            "url": "https://i.ytimg.com/vi/abcdefghijk/mqdefault.jpg",
            "sha256": "0" * 64,
            "width": 320,
            "height": 180,
            **dict.fromkeys(MEASURES, 0.25),
        },
    ),
    "raw_youtube.video_statistics": ("abcdefghijk", VIDEO),
    "raw_youtube.charts": ("US:0:001", {"region": "US", "chart_category": 0, "rank": 1, "item": VIDEO}),
    "raw_youtube.analytics_daily": (
        "2026-06-05:abcdefghijk",
        {"channel_id": CHANNEL, "day": "2026-06-05", "video": "abcdefghijk", "views": 3, "averageViewPercentage": 41.5},
    ),
    "raw_youtube.reach_daily": (
        "2026-06-05:abcdefghijk",
        {
            "date": "20260605",
            "channel_id": CHANNEL,
            "video_id": "abcdefghijk",
            "video_thumbnail_impressions": "100",
            "video_thumbnail_impressions_ctr": "0.041",
            "report_created_at": "2026-06-08T01:00:00+00:00",
        },
    ),
    "raw_hackernews.stories": ("7", {"id": 7, "title": "T", "score": 1, "rank": 1}),
    "raw_wikipedia.pageviews": (
        "en.wikipedia:Blue_whale",
        {"project": "en.wikipedia", "article": "Blue_whale", "rank": 3, "views": 700, "day": "2026-06-07"},
    ),
}


def row(table: str, key: str | None = None, **changes: Any) -> LandedRow:
    """The table's good row, with a changed key or a changed value at a path written with double underscores."""
    payload = copy.deepcopy(GOOD[table][1])
    for path, value in changes.items():
        *parents, last = path.split("__")
        inner = payload
        for parent in parents:
            inner = inner[parent]
        inner[last] = value
    return LandedRow(DAY, key or GOOD[table][0], NOON, "test", payload)


def errors(report: ValidationReport) -> list[str]:
    return [found.claim for found in report.broken if not found.is_warning]


def test_every_table_has_a_shape() -> None:
    assert set(SHAPES) == set(GOOD) == set(TABLES)


@pytest.mark.parametrize("table", TABLES)
def test_a_good_row_breaks_no_claim(table: str) -> None:
    report = validate_rows(table, [row(table)])
    assert errors(report) == []
    assert report.is_usable
    assert report.row_count == 1


@pytest.mark.parametrize(
    ("table", "bad", "claim"),
    [
        ("raw_youtube.videos", row("raw_youtube.videos", key="no"), "row_key has its form"),
        ("raw_youtube.videos", row("raw_youtube.videos", key="otherotherx"), "row_key is the payload's own key"),
        ("raw_youtube.videos", row("raw_youtube.videos", snippet__title=""), "title is given"),
        ("raw_youtube.videos", row("raw_youtube.videos", statistics__viewCount="-1"), "views is a number of zero or more"),
        ("raw_youtube.videos", row("raw_youtube.videos", statistics__viewCount="many"), "views is a number of zero or more"),
        ("raw_youtube.videos", row("raw_youtube.videos", snippet__publishedAt="soon"), "published_at_lead_hours is given"),
        (
            "raw_youtube.videos",
            row("raw_youtube.videos", snippet__publishedAt="2026-07-01T00:00:00Z"),
            "published_at_lead_hours is no more than 24",
        ),
        ("raw_youtube.charts", row("raw_youtube.charts", key="DE:0:001"), "row_key has its form"),
        ("raw_youtube.charts", row("raw_youtube.charts", rank=51), "rank is from 1 to 50"),
        ("raw_youtube.charts", row("raw_youtube.charts", item={}), "video_id is given"),
        (
            "raw_youtube.reach_daily",
            row("raw_youtube.reach_daily", video_thumbnail_impressions_ctr="4.1"),
            "ctr is from 0 to 1",
        ),
        ("raw_youtube.reach_daily", row("raw_youtube.reach_daily", video_thumbnail_impressions_ctr="?"), "ctr is given"),
        ("raw_wikipedia.pageviews", row("raw_wikipedia.pageviews", views=None, rank=0), "rank is from 1 to 1000"),
    ],
)
def test_damage_is_told_by_the_claim_that_it_breaks(table: str, bad: LandedRow, claim: str) -> None:
    report = validate_rows(table, [bad])
    assert claim in errors(report)
    assert not report.is_usable
    assert not report.success


def test_hidden_counts_are_no_damage() -> None:
    bare = row("raw_youtube.videos", statistics={})
    assert errors(validate_rows("raw_youtube.videos", [bare])) == []


def test_keys_come_once_and_a_partition_is_fetched_at_one_moment() -> None:
    first = row("raw_youtube.videos")
    second = LandedRow(DAY, first.row_key, NOON + timedelta(hours=1), first.source, first.payload)
    assert {"each row_key comes once", "a partition is fetched at one moment"} <= set(
        errors(validate_rows("raw_youtube.videos", [first, second]))
    )


def test_a_range_of_days_is_one_frame() -> None:
    first = row("raw_youtube.videos")
    later = LandedRow(DAY + timedelta(days=1), first.row_key, NOON + timedelta(days=1), first.source, first.payload)
    assert validate_rows("raw_youtube.videos", [first, later], days=2).success


@pytest.mark.parametrize("table", TABLES)
def test_no_rows_are_at_most_a_warning(table: str) -> None:
    report = validate_rows(table, [])
    assert report.is_usable
    assert report.success == (SHAPES[table].least_rows == 0)


def test_rows_for_people() -> None:
    key, payload = GOOD["raw_youtube.charts"]
    (line,) = readable("raw_youtube.charts", [RawRow(key, payload, "test")])
    assert line["row_key"] == "US:0:001"
    assert (line["title"], line["views"], line["rank"]) == ("T", "10", "1")
