"""Landings as a whole: each table's good rows pass, and each kind of damage is told by the claim that it breaks."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from connectors.checks import ValidationReport, readable, validate_rows
from connectors.landing import TABLES, LandedRow, RawRow
from connectors.shapes import SHAPES
from tests.unit.connectors.good_rows import GOOD, NOON, changed

DAY = date(2026, 6, 8)
REACH = "raw_reporting.channel_reach_basic_a1"


def row(table: str, key: str | None = None, **changes: Any) -> LandedRow:
    """The table's good row, with a changed key or a changed value at a path written with double underscores."""
    return LandedRow(DAY, key or GOOD[table][0], NOON, "test", changed(table, **changes))


def errors(report: ValidationReport) -> list[str]:
    return [found.claim for found in report.broken if not found.is_warning]


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
        ("raw_youtube.videos", row("raw_youtube.videos", statistics__viewCount="-1"), "views is a whole number of zero or more"),
        ("raw_youtube.charts", row("raw_youtube.charts", rank=51), "rank is a whole number from 1 to 50"),
        (
            "raw_youtube.videos",
            row("raw_youtube.videos", snippet__publishedAt="2026-07-01T00:00:00Z"),
            "published_at is a time, at most a day ahead",
        ),
        (REACH, row(REACH, video_thumbnail_impressions_ctr="4.1"), "video_thumbnail_impressions_ctr is a number from 0 to 1"),
    ],
)
def test_damage_is_told_by_the_claim_that_it_breaks(table: str, bad: LandedRow, claim: str) -> None:
    report = validate_rows(table, [row(table), bad, bad])
    assert errors(report) == [claim]
    assert not report.is_usable
    (found,) = (finding for finding in report.broken if not finding.is_warning)
    assert found.unexpected_count == 2
    assert len(found.examples) == 2
    assert all(found.examples)


def test_a_range_of_days_is_one_landing() -> None:
    first = row("raw_youtube.charts")
    later = LandedRow(DAY + timedelta(days=1), first.row_key, NOON + timedelta(days=1), first.source, first.payload)
    report = validate_rows("raw_youtube.charts", [first, later], days=2)
    (warning,) = report.broken
    assert (warning.claim, warning.examples) == ("there are as many rows as expected", ("2",))
    assert validate_rows("raw_youtube.charts", [first] * 400, days=2).success


def test_times_are_measured_by_the_fetching() -> None:
    stale = row("raw_youtube.videos", snippet__publishedAt="2026-06-08T09:00:00Z")
    before = LandedRow(DAY, stale.row_key, NOON - timedelta(days=2), stale.source, stale.payload)
    assert errors(validate_rows("raw_youtube.videos", [stale])) == []
    assert errors(validate_rows("raw_youtube.videos", [before])) == ["published_at is a time, at most a day ahead"]


def test_a_documented_column_that_came_no_more_is_a_warning() -> None:
    table = "raw_reporting.channel_basic_a3"
    basic = changed(table)
    basic["watch_minutes"] = basic.pop("watch_time_minutes")
    report = validate_rows(table, [LandedRow(DAY, GOOD[table][0], NOON, "test", basic)])
    assert report.is_usable
    assert [(found.claim, found.examples) for found in report.broken] == [
        ("every documented column came", ("watch_time_minutes",))
    ]


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
