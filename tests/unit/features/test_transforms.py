"""Title, time and thumbnail features."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.pictures import MEASURES
from features.transforms import (
    DRAFT_FEATURES,
    THUMBNAIL_FEATURES,
    draft_columns,
    draft_features,
    publish_features,
    thumbnail_columns,
    title_features,
)

NOON = datetime(2026, 6, 8, 12, tzinfo=UTC)


def test_a_title_is_counted_and_flagged() -> None:
    assert title_features("WHY 3 Games? (new!)") == pytest.approx(
        {
            "title_characters": 19,
            "title_words": 4,
            "title_word_length": 4,
            "title_upper_share": 4 / 11,
            "title_latin_share": 1,
            "title_has_number": 1,
            "title_has_question": 1,
            "title_has_exclamation": 1,
            "title_has_brackets": 1,
            "title_has_separator": 0,
            "title_has_emoji": 0,
            "title_has_hashtag": 0,
        }
    )


@pytest.mark.parametrize(
    ("title", "flag"),
    [
        ("Artist - Song", "title_has_separator"),
        ("Part 2: the end", "title_has_separator"),
        ("Watch this 🔥", "title_has_emoji"),
        ("New #shorts", "title_has_hashtag"),
        ("これは何？", "title_has_question"),
        ("【MV】Song", "title_has_brackets"),
    ],
)
def test_flags_of_any_script(title: str, flag: str) -> None:
    assert title_features(title)[flag] == 1.0
    assert title_features("plain words")[flag] == 0.0


@given(st.text(max_size=120))
def test_any_text_gives_finite_features(title: str) -> None:
    values = title_features(title)
    assert all(math.isfinite(value) and value >= 0 for value in values.values())
    assert all(values[name] <= 1 for name in values if name.endswith("_share") or "_has_" in name)


@given(st.datetimes(timezones=st.just(UTC)), st.integers(-12, 12))
def test_the_time_of_publishing_does_not_depend_on_how_it_is_written(moment: datetime, hours: int) -> None:
    if 2 < moment.year < 9998:
        elsewhere = moment.astimezone(timezone(timedelta(hours=hours)))
        assert publish_features(elsewhere) == publish_features(moment) == publish_features(moment.replace(tzinfo=None))
    values = publish_features(moment)
    assert values["publish_hour_sin"] ** 2 + values["publish_hour_cos"] ** 2 == pytest.approx(1)


def test_columns_are_the_rows_side_by_side() -> None:
    columns = {
        "title": ["One", "Two?"],
        "duration_seconds": [60.0, None],
        "category_id": [None, 20],
        "publish_at": [NOON, NOON.timestamp()],
    }

    found = draft_columns(columns)

    assert tuple(found) == DRAFT_FEATURES
    for row in range(2):
        expected = draft_features(*(columns[name][row] for name in ("title", "duration_seconds", "category_id")), NOON)
        assert {name: values[row] for name, values in found.items()} == pytest.approx(expected, nan_ok=True)


def test_thumbnail_columns_carry_the_measures_and_no_other_names() -> None:
    columns = {name: [number / 10, None] for number, name in enumerate(MEASURES)}

    found = thumbnail_columns(columns)

    assert tuple(found) == THUMBNAIL_FEATURES
    for number, values in enumerate(found.values()):
        assert values == pytest.approx([number / 10, math.nan], nan_ok=True)
