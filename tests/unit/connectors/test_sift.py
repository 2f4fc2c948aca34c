"""Rows are refused one by one, with a reason that names the field, and whatever comes, nothing gets lost or stops the rest."""

from __future__ import annotations

import json
import math
import re
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.landing import TABLES, RawRow, Rejected, Stopped
from connectors.shapes import SHAPES
from connectors.sift import MOST_TEXT, sift
from core.errors import UnknownName
from tests.unit.connectors.good_rows import GOOD, NOON, VIDEO_ID, changed

VIDEOS = "raw_youtube.videos"
BASIC = "raw_reporting.channel_basic_a3"


def sifted(table: str, key: Any, payload: Any) -> RawRow | Rejected | Stopped:
    (found,) = sift(table, [RawRow(key, payload, "test")], NOON)
    return found


def reason(table: str, key: Any, payload: Any) -> str:
    found = sifted(table, key, payload)
    assert isinstance(found, Rejected)
    assert len(found.text) <= 2000
    return found.reason


def test_every_table_has_a_shape() -> None:
    assert set(SHAPES) == set(GOOD) == set(TABLES)


@pytest.mark.parametrize("table", TABLES)
def test_a_good_row_passes_as_it_came(table: str) -> None:
    row = RawRow(*GOOD[table], "test")
    assert list(sift(table, [row, row], NOON)) == [row, row]


@pytest.mark.parametrize(
    "key", ["", 'abc"def', "abcdefg🐋hij", "a'; drop table x", "abcdéfghijk", "abcdefghijk\n", "x" * 5000, None, 7]
)
def test_a_key_without_its_form_is_refused(key: Any) -> None:
    assert reason(VIDEOS, key, changed(VIDEOS, id=key)) == "row_key has not its form."


@pytest.mark.parametrize(
    ("table", "changes", "told"),
    [
        (VIDEOS, {"id": "otherotherx"}, "video_id|own key"),
        (VIDEOS, {"snippet": "text"}, "title is not given"),
        (VIDEOS, {"snippet__title": ["T"]}, "title is not given"),
        (VIDEOS, {"snippet__channelId": "UC'; --"}, "channel_id is not given in its form"),
        (VIDEOS, {"snippet__publishedAt": "2026-W23-1"}, "published_at is not a time"),
        (VIDEOS, {"snippet__publishedAt": "2026-06-08T09:00:00+23:00"}, "published_at is not a time"),
        (VIDEOS, {"snippet__publishedAt": "soon"}, "published_at is not a time"),
        (VIDEOS, {"snippet__publishedAt": "2026-06-09T12:00:01Z"}, "published_at is not a time, at most a day ahead"),
        (VIDEOS, {"snippet__publishedAt": "9999-12-31T23:59:59-23:59"}, "published_at is not a time"),
        (VIDEOS, {"snippet__publishedAt": 1780000000}, "published_at is not a time"),
        (VIDEOS, {"surprise": math.inf}, "JSON has no form"),
        (VIDEOS, {"surprise": b"bytes"}, "JSON has no form"),
        (VIDEOS, {"surprise": {"deep": ["x" * (MOST_TEXT + 1)]}}, r"longer than 1 MB.*: surprise\.deep\.0\."),
        (VIDEOS, {"statistics__viewCount": "-1", "snippet__title": ""}, "title is not given"),
        ("raw_youtube.analytics_retention", {"curve": [[0.01, "1"]]}, "curve is not a curve"),
        ("raw_youtube.analytics_retention", {"curve": []}, "curve is not a curve"),
        (BASIC, {"views": ""}, "views is not a number"),
        (BASIC, {"date": "20260632"}, "day_at is not a time"),
        (BASIC, {"date": "20991231"}, "day_at is not a time, at most a day ahead"),
    ],
)
def test_damage_of_what_a_row_is_nothing_without_is_told_by_its_field(table: str, changes: dict[str, Any], told: str) -> None:
    assert re.search(told, reason(table, GOOD[table][0], changed(table, **changes)))


VIEWS = "statistics__viewCount"
DAILY, CHANNEL_DAILY = "raw_youtube.analytics_daily", "raw_youtube.analytics_channel_daily"


@pytest.mark.parametrize(
    ("table", "changes", "told"),
    [
        (VIDEOS, {VIEWS: "-1"}, "views is not a whole number of zero or more"),
        (VIDEOS, {VIEWS: -1}, "views is not a whole number"),
        (VIDEOS, {VIEWS: "many"}, "views is not a whole number"),
        (VIDEOS, {VIEWS: True}, "views is not a whole number"),
        (VIDEOS, {VIEWS: 10**30}, "views is not a whole number"),
        (VIDEOS, {VIEWS: "9" * 200}, "views is not a whole number"),
        (VIDEOS, {VIEWS: math.nan}, "views is not a whole number"),
        (VIDEOS, {VIEWS: {"count": 1}}, "views is not a whole number"),
        (VIDEOS, {VIEWS: "1.5"}, "views is not a whole number"),
        (VIDEOS, {VIEWS: 1.0}, "views is not a whole number"),
        (VIDEOS, {VIEWS: ""}, "views is not a whole number"),
        (VIDEOS, {"contentDetails": {"duration": "PT99999999999999H"}}, "duration is not given in its form"),
        (DAILY, {"averageViewPercentage": -0.5}, "average_view_pct is not a number of zero or more"),
        (DAILY, {"likes": "many"}, "likes is not a number"),
        (CHANNEL_DAILY, {"views": 1e300}, "views is not a number"),
        ("raw_youtube.analytics_revenue", {"estimatedRevenue": "much"}, "revenue is not a number from"),
        (BASIC, {"watch_time_minutes": "1e-400"}, "watch_time_minutes is not a number"),
        (BASIC, {"card_click_rate": "-0.1"}, "card_click_rate is not a number of zero or more"),
        ("raw_reporting.channel_reach_basic_a1", {"video_thumbnail_impressions_ctr": "4.1"}, "ctr is not a number from 0 to 1"),
        ("raw_google.trends", {"searches": "200 mil+"}, "searches is not a whole number"),
        ("raw_youtube.comments", {"snippet__updatedAt": "yesterday"}, "updated_at is not a time"),
    ],
)
def test_a_doubtful_value_voids_its_field_and_is_kept_beside_the_row(table: str, changes: dict[str, Any], told: str) -> None:
    came = changed(table, **changes)
    (name, _), *_ = changes.items()
    found = sifted(table, GOOD[table][0], came)
    assert isinstance(found, RawRow)
    (voided,) = found.voided
    assert re.search(told, voided.reason)
    assert len(voided.value) <= 2000
    path = voided.field.split(".")
    assert path[: name.count("__") + 1] == name.split("__")
    assert found.payload == changed(table, **{**changes, "__".join(path): None})
    assert came == changed(table, **changes) or "nan" in str(came)  # what came is left as it is
    assert sifted(table, found.row_key, found.payload) == RawRow(found.row_key, found.payload, "test")


@pytest.mark.parametrize(
    ("table", "changes"),
    [
        (DAILY, {"views": -100, "engagedViews": -90, "estimatedMinutesWatched": -12, "likes": -3, "subscribersGained": -1}),
        (DAILY, {"averageViewPercentage": 1450.5}),
        (CHANNEL_DAILY, {"views": -100, "averageViewPercentage": 1450.5, "shares": -1}),
        ("raw_youtube.analytics_countries", {"views": -100}),
        ("raw_youtube.analytics_traffic", {"views": -100, "engagedViews": -100}),
        ("raw_youtube.analytics_channel_revenue", {"monetizedPlaybacks": -3, "adImpressions": -4, "cpm": -2.5}),
        (BASIC, {"views": "-100", "likes": "-3", "watch_time_minutes": "-2.5", "average_view_duration_percentage": "1450.5"}),
    ],
)
def test_corrections_and_loops_are_no_doubtful_values(table: str, changes: dict[str, Any]) -> None:
    row = RawRow(GOOD[table][0], changed(table, **changes), "test")
    assert sifted(table, *GOOD[table][:1], row.payload) == row


def test_every_doubtful_value_of_a_row_is_voided() -> None:
    found = sifted(BASIC, GOOD[BASIC][0], changed(BASIC, likes="x", shares="y", views="7"))
    assert isinstance(found, RawRow)
    assert {one.field for one in found.voided} == {"likes", "shares"}
    assert (found.payload["likes"], found.payload["shares"], found.payload["views"]) == (None, None, "7")


def test_hidden_counts_and_blank_metrics_are_no_damage() -> None:
    assert isinstance(sifted(VIDEOS, VIDEO_ID, changed(VIDEOS, statistics={})), RawRow)
    blank = changed(BASIC, average_view_duration_percentage="", likes=None, views="1.5E+3")
    assert isinstance(sifted(BASIC, GOOD[BASIC][0], blank), RawRow)


@pytest.mark.parametrize("payload", [None, [], "text", 7, [{"id": VIDEO_ID}]])
def test_a_payload_that_is_no_object_is_refused(payload: Any) -> None:
    assert reason(VIDEOS, VIDEO_ID, payload) == "The payload is no JSON object."


def test_a_payload_without_end_is_refused() -> None:
    circle: dict[str, Any] = changed(VIDEOS)
    circle["circle"] = circle
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    for payload in (circle, changed(VIDEOS, deep=deep)):
        assert "JSON has no form" in reason(VIDEOS, VIDEO_ID, payload)


def test_the_reason_holds_nothing_of_the_payload() -> None:
    assert "SECRET" not in reason(VIDEOS, VIDEO_ID, changed(VIDEOS, snippet__publishedAt="SECRET"))
    voided = sifted(VIDEOS, VIDEO_ID, changed(VIDEOS, statistics__viewCount="SECRET"))
    assert isinstance(voided, RawRow)
    assert "SECRET" not in voided.voided[0].reason


def test_what_was_refused_before_passes_in_its_place() -> None:
    row, refused, stopped = RawRow(VIDEO_ID, changed(VIDEOS), "test"), Rejected("why", "text"), Stopped("quota")
    assert list(sift(VIDEOS, [refused, row, stopped], NOON)) == [refused, row, stopped]


def test_clocks_may_differ_by_a_day() -> None:
    ahead = changed(VIDEOS, snippet__publishedAt=(NOON + timedelta(hours=23)).isoformat())
    assert isinstance(sifted(VIDEOS, VIDEO_ID, ahead), RawRow)


def test_an_unknown_table_is_refused() -> None:
    with pytest.raises(UnknownName):
        list(sift("raw_youtube.nothing", [], NOON))


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.datetimes().map(str)
    | st.binary(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(TABLES), st.data())
def test_whatever_comes_each_row_gives_one_and_good_rows_stay(table: str, data: st.DataObject) -> None:
    key, good = GOOD[table]
    payload = changed(table)
    for name in data.draw(st.sets(st.sampled_from(sorted(payload)), max_size=3)):
        payload[name] = data.draw(values)
    rows = [RawRow(key, good, "test"), RawRow(data.draw(st.just(key) | st.text(max_size=12)), payload, "test")]
    found = list(sift(table, [*rows, RawRow(key, good, "test")], NOON))
    assert len(found) == 3
    assert found[0] == found[2] == rows[0]
    if isinstance(found[1], RawRow):
        assert found[1] is rows[1] or found[1].voided
        json.dumps(found[1].payload, allow_nan=False)
    else:
        assert found[1].reason.endswith(".")


def test_what_was_too_early_yesterday_is_good_today() -> None:
    """Verdicts are kept from row to row, and belong to their moment."""
    key, payload = GOOD[BASIC]
    late = NOON + timedelta(days=5)
    row = RawRow(key, {**payload, "report_created_at": late.isoformat()}, "test")
    for now, passes in ((NOON, False), (late, True), (NOON, False), (late, True)):
        (found,) = sift(BASIC, [row], now)
        assert (found == row) == passes
