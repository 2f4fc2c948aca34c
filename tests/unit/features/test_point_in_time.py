"""The join by time against its own rule, told row by row."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Damaged, InvalidInput
from features.point_in_time import join_as_of

START = datetime(2026, 6, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
MOMENT = pl.Datetime("us", "UTC")
ROWS = {"key": pl.String, "event_timestamp": MOMENT, "created_timestamp": MOMENT, "value": pl.Float64, "note": pl.String}
ASKED = {"key": pl.String, "event_timestamp": MOMENT}

KEYS = st.sampled_from(["a", "b", "c", None])
TIMES = st.one_of(st.none(), st.integers(0, 12).map(lambda hours: START + hours * HOUR))


def rows_of(rows: Any) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=ROWS, orient="row")


def asked_of(rows: Any) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=ASKED, orient="row")


def told(asked: pl.DataFrame, rows: pl.DataFrame, ttl: timedelta | None) -> list[tuple[Any, ...]]:
    """The rule, word by word."""
    answers = []
    for key, moment in asked.iter_rows():
        seen = [
            (event, created, value, note)
            for other, event, created, value, note in rows.iter_rows()
            if None not in (key, moment, other, event, created)
            and other == key
            and event <= moment
            and created <= moment
            and (ttl is None or event >= moment - ttl)
        ]
        answers.append(max(seen, key=lambda row: row[:2])[2:] if seen else (None, None))
    return answers


@given(
    rows=st.lists(
        st.tuples(KEYS, TIMES, TIMES, st.one_of(st.none(), st.floats(0, 9)), st.sampled_from(["x", "y", None])),
        max_size=25,
        unique_by=lambda row: row[:3],
    ),
    asked=st.lists(st.tuples(KEYS, TIMES), max_size=25),
    ttl=st.sampled_from([None, timedelta(0), HOUR, 3 * HOUR, 50 * HOUR]),
    is_spread=st.booleans(),
)
@settings(max_examples=400)
def test_equals_the_rule_told_row_by_row(rows: Any, asked: Any, ttl: timedelta | None, is_spread: bool) -> None:
    if is_spread:
        # So far apart that key and time no longer fit into one integer as they are.
        rows.append(("z", datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC), 1.0, "x"))
        rows += [(f"k{number}", START, START, 1.0, "x") for number in range(200)]
    frame, question = rows_of(rows), asked_of(asked)

    found = join_as_of(question, frame, "key", ["value", "note"], ttl)

    assert found.columns == ["key", "event_timestamp", "value", "note"]
    assert found.select("key", "event_timestamp").equals(question)
    assert found.select("value", "note").rows() == told(question, frame, ttl)


def test_a_hundred_thousand_rows_whose_order_says_nothing() -> None:
    generator = np.random.default_rng(3)
    size, keys = 100_000, 2_000
    events = generator.integers(0, 40 * 24 * 3600, size)
    late = np.where(generator.random(size) < 0.2, generator.integers(-5, 10 * 24 * 3600, size), generator.integers(0, 60, size))

    def moments(seconds: Any) -> pl.Series:
        return pl.Series(np.datetime64("2026-06-01T00:00:00", "us") + seconds.astype("timedelta64[s]")).dt.replace_time_zone(
            "UTC"
        )

    rows = pl.DataFrame(
        {
            "key": generator.integers(0, keys, size),
            "event_timestamp": moments(events),
            "created_timestamp": moments(events + late),
            "value": np.arange(size, dtype=np.float64),
        }
    ).unique(["key", "event_timestamp", "created_timestamp"], maintain_order=True)
    asked = pl.DataFrame(
        {"key": generator.integers(0, keys + 50, size), "event_timestamp": moments(generator.integers(0, 45 * 24 * 3600, size))}
    ).with_row_index("number")
    ttl = timedelta(days=2)

    found = join_as_of(asked, rows, "key", ["value"], ttl)

    newest = (
        asked.join(rows, on="key", suffix="_of_row")
        .filter(
            pl.col("event_timestamp_of_row") <= pl.col("event_timestamp"),
            pl.col("created_timestamp") <= pl.col("event_timestamp"),
            pl.col("event_timestamp_of_row") >= pl.col("event_timestamp") - ttl,
        )
        .sort("event_timestamp_of_row", "created_timestamp")
        .group_by("number")
        .agg(pl.col("value").last())
    )
    expected = asked.join(newest, on="number", how="left").sort("number")
    assert found["value"].null_count() not in (0, size)
    assert found.equals(expected)


def test_what_is_asked_again_is_replaced_and_everything_else_kept() -> None:
    asked = asked_of([("a", START)]).with_columns(value=pl.lit(9.0), other=pl.lit("kept"))
    found = join_as_of(asked, rows_of([("a", START, START, 1.0, "x")]), "key", ["value"])
    assert found.to_dicts() == [{"key": "a", "event_timestamp": START, "other": "kept", "value": 1.0}]


def test_time_zones_and_units_do_not_matter_but_must_be_there() -> None:
    rows = rows_of([("a", START, START, 1.0, "x")])
    asked = asked_of([("a", START)])
    elsewhere = asked.with_columns(pl.col("event_timestamp").dt.cast_time_unit("ns").dt.convert_time_zone("Asia/Tokyo"))
    assert join_as_of(elsewhere, rows, "key", ["value"])["value"].to_list() == [1.0]
    with pytest.raises(InvalidInput, match="some have none"):
        join_as_of(asked.with_columns(pl.col("event_timestamp").dt.replace_time_zone(None)), rows, "key", ["value"])


def test_two_equal_rows_are_refused() -> None:
    rows = rows_of([("a", START, START, 1.0, "x"), ("b", START, START, 1.0, "x"), ("a", START, START, 2.0, "x")])
    with pytest.raises(Damaged, match="1 equal another"):
        join_as_of(asked_of([("b", START)]), rows, "key", ["value"])


def test_bad_frames_are_named() -> None:
    rows, asked = rows_of([("a", START, START, 1.0, "x")]), asked_of([("a", START)])
    with pytest.raises(InvalidInput, match="Feature rows lack weight"):
        join_as_of(asked, rows, "key", ["weight"])
    with pytest.raises(InvalidInput, match="Entity rows lack event_timestamp"):
        join_as_of(asked.drop("event_timestamp"), rows, "key", ["value"])
    with pytest.raises(InvalidInput, match="is Int32, no moment"):
        join_as_of(asked, rows.with_columns(event_timestamp=pl.lit(5)), "key", ["value"])
    with pytest.raises(InvalidInput, match="String"):
        join_as_of(asked.with_columns(key=pl.lit(5)), rows, "key", ["value"])
