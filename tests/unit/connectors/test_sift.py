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
        (VIDEOS, {"statistics__viewCount": "-1"}, "views is not a whole number of zero or more"),
        (VIDEOS, {"statistics__viewCount": -1}, "views is not a whole number"),
        (VIDEOS, {"statistics__viewCount": "many"}, "views is not a whole number"),
        (VIDEOS, {"statistics__viewCount": True}, "views is not a whole number"),
        (VIDEOS, {"statistics__viewCount": 10**30}, "views is not a whole number"),
        (VIDEOS, {"statistics__viewCount": "9" * 200}, "views is not a whole number"),
        (VIDEOS, {"statistics__viewCount": math.nan}, "views is not a whole number"),
        (VIDEOS, {"statistics__viewCount": {"count": 1}}, "views is not a whole number"),
        (VIDEOS, {"statistics__viewCount": "1.5"}, "views is not a whole number"),
        (VIDEOS, {"statistics__viewCount": 1.0}, "views is not a whole number"),
        (VIDEOS, {"statistics__viewCount": ""}, "views is not a whole number"),
        (VIDEOS, {"contentDetails": {"duration": "PT99999999999999H"}}, "duration is not given in its form"),
        (VIDEOS, {"snippet__publishedAt": "2026-W23-1"}, "published_at is not a time"),
        (VIDEOS, {"snippet__publishedAt": "2026-06-08T09:00:00+23:00"}, "published_at is not a time"),
        (VIDEOS, {"snippet__publishedAt": "soon"}, "published_at is not a time"),
        (VIDEOS, {"snippet__publishedAt": "2026-06-09T12:00:01Z"}, "published_at is not a time, at most a day ahead"),
        (VIDEOS, {"snippet__publishedAt": "9999-12-31T23:59:59-23:59"}, "published_at is not a time"),
        (VIDEOS, {"snippet__publishedAt": 1780000000}, "published_at is not a time"),
        (VIDEOS, {"surprise": math.inf}, "JSON has no form"),
        (VIDEOS, {"surprise": b"bytes"}, "JSON has no form"),
        (VIDEOS, {"surprise": {"deep": ["x" * (MOST_TEXT + 1)]}}, r"longer than 1 MB.*: surprise\.deep\.0\."),
        ("raw_youtube.analytics_retention", {"curve": [[0.01, "1"]]}, "curve is not a curve"),
        ("raw_youtube.analytics_retention", {"curve": []}, "curve is not a curve"),
        (BASIC, {"views": ""}, "views is not a number"),
        (BASIC, {"likes": "-3"}, "likes is not a number"),
        (BASIC, {"watch_time_minutes": "1e-400"}, "watch_time_minutes is not a number"),
        (BASIC, {"date": "20260632"}, "day_at is not a time"),
        (BASIC, {"date": "20991231"}, "day_at is not a time, at most a day ahead"),
    ],
)
def test_damage_is_told_by_its_field(table: str, changes: dict[str, Any], told: str) -> None:
    assert re.search(told, reason(table, GOOD[table][0], changed(table, **changes)))


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
    assert "SECRET" not in reason(VIDEOS, VIDEO_ID, changed(VIDEOS, statistics__viewCount="SECRET"))


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
        assert found[1] is rows[1]
        json.dumps(found[1].payload, allow_nan=False)
    else:
        assert found[1].reason.endswith(".")
