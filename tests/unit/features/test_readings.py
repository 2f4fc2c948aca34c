"""What a model may know of a charting video from its readings."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from features.readings import (
    CODES,
    FIRST_COLUMNS,
    NOW,
    PAST,
    REQUEST,
    TREND_COLUMNS,
    age_band,
    age_hours,
    first_columns,
    told,
    trend_columns,
)

PUBLISHED = datetime(2026, 6, 1, 6, tzinfo=UTC)
NOW_AT = PUBLISHED + timedelta(hours=60)


def _cell(hours: float, views: object, likes: object = 50, comments: object = 5, countries: object = 1) -> str:
    return f"{PUBLISHED + timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}|{views}|{likes}|{comments}|{countries}"


def _request(**changes: Any) -> dict[str, Any]:
    history = ";".join([_cell(12, 1_000), _cell(36, 4_000, 200, 10, 2), _cell(60, 8_000, 320, 12, 1)])
    return {
        "fetched_at": NOW_AT,
        "published_at": PUBLISHED,
        "views": 8_000,
        "likes": 320,
        "comments": 12,
        "n_countries": 1,
        "title": "A title",
        "category_id": 20,
        "duration": 600,
        "history": history,
    } | changes


def _frame(*requests: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(requests), schema=REQUEST)


def _row(**changes: Any) -> dict[str, float]:
    return trend_columns(_frame(_request(**changes))).row(0, named=True)


def test_there_are_enough_inputs_and_each_has_one_name() -> None:
    assert len(NOW) + len(PAST) >= 150
    assert len(set(TREND_COLUMNS)) == len(TREND_COLUMNS) >= 200
    assert set(FIRST_COLUMNS) < set(TREND_COLUMNS)
    assert set(CODES) < set(FIRST_COLUMNS)


def test_a_series_is_told_in_rates() -> None:
    row = _row()
    log = {hours: math.log(views + 1) for hours, views in ((12, 1_000), (36, 4_000), (60, 8_000))}
    expected = {
        "age_hours": 60,
        "age_band": 4,
        "readings": 3,
        "hours_charted": 48,
        "first_age": 12,
        "days_missed": 0,
        "last_gap": 24,
        "ago_2": 48,
        "log_growth_1": log[60] - log[36],
        "log_growth_2": log[60] - log[12],
        "growth_1": log[60] - log[36],
        "growth_2": log[36] - log[12],
        "acceleration_1": log[60] - 2 * log[36] + log[12],
        "velocity_1": math.log(4_000 / 24 + 1),
        "velocity_2": math.log(3_000 / 24 + 1),
        "exponent_1": (log[60] - log[36]) / math.log(61 / 37),
        "log_growth_since_first": log[60] - log[12],
        "most_countries": 2,
        "countries_since_most": -1,
        "countries_change_1": -1,
        "countries_change_2": 1,
        "like_rate": math.log(320.5 / 8_000.5),
        "like_rate_drift": math.log(320.5 / 8_000.5) - math.log(200.5 / 4_000.5),
        "growth_at_24_36": log[36] - log[12],
        "growth_at_48_72": log[60] - log[36],
        "log_views_at_36": log[36],
        "growth_from_36": log[60] - log[36],
        "category": 20,
        "is_gaming": 1,
        "published_hour": 6,
        "published_weekday": 1,
        "now_weekday": 3,
        "weekend_hours_lived": 0,
        "weekend_hours_ahead": 0,
    }
    assert {name: row[name] for name in expected} == pytest.approx(expected, rel=1e-4, abs=1e-5)
    assert row["log_views_at_24"] == pytest.approx(
        log[12] + (log[36] - log[12]) * math.log(25 / 13) / math.log(37 / 13), rel=1e-4
    )
    assert row["log_views_at_72"] is None
    assert row["growth_3"] is None


def test_views_that_follow_a_power_of_age_have_its_exponent_and_its_future() -> None:
    views = {hours: round(100_000 * ((hours + 1) / 10) ** 0.5) for hours in (9, 33, 57)}
    cells = [_cell(hours, count) for hours, count in views.items()]
    row = _row(history=";".join(cells), views=views[57], fetched_at=PUBLISHED + timedelta(hours=57))
    assert row["exponent_fitted"] == pytest.approx(0.5, abs=0.001)
    assert row["ahead_power"] == pytest.approx(0.5 * math.log((57 + 49) / 58), abs=0.001)
    assert row["exponent_bend"] == pytest.approx(0, abs=0.002)


def test_the_order_the_present_and_the_future_of_a_history_do_not_matter() -> None:
    plain = _row()
    early, middle, _ = _request()["history"].split(";")
    shuffled = ";".join([middle, early, middle])
    future = ";".join([early, middle, _cell(84, 9_999_999, 1, 1, 99)])
    assert _row(history=shuffled) == _row(history=future) == plain


def test_a_first_reading_has_no_past() -> None:
    row = _row(history=_cell(60, 8_000, 320, 12, 1))
    assert row == _row(history="") == _row(history=None)
    assert row["readings"] == 1
    assert row["growth_1"] is row["log_growth_since_first"] is row["ahead_linear"] is None
    now = first_columns(_frame(_request())).row(0, named=True)
    assert now == {name: row[name] for name in FIRST_COLUMNS}


@pytest.mark.parametrize(
    "changes",
    [
        {"views": None, "likes": None, "comments": None, "n_countries": None},
        {"views": -5, "likes": -1, "comments": -2, "n_countries": -3},
        {"views": 2**62, "likes": 2**62, "history": _cell(12, "1e300", "nan", "inf", "-inf")},
        {"published_at": None, "title": None, "category_id": None, "duration": None},
        {"published_at": NOW_AT + timedelta(days=3)},
        {"published_at": datetime(1970, 1, 1, tzinfo=UTC), "category_id": 10**9, "duration": -5},
        {"fetched_at": None},
        {"history": "nonsense;;|||;2026-13-45T00:00:00Z|1|2|3|4;" + _cell(12, "many", "", "")},
        {"history": ";".join(_cell(60 - hours / 100, 7_000 + hours) for hours in range(200))},
        {"history": ";".join([_cell(12, 9_000), _cell(36, 100)])},
    ],
)
def test_odd_requests_give_finite_numbers_or_none(changes: dict[str, Any]) -> None:
    columns = trend_columns(_frame(_request(**changes)))
    assert tuple(columns.columns) == TREND_COLUMNS
    values = columns.to_numpy()
    assert not np.isinf(values).any()
    assert not columns.select(pl.any_horizontal(pl.all().is_nan())).item()


def test_rows_do_not_depend_on_each_other() -> None:
    frame = _frame(_request(), _request(history=""), _request(title="Другой", views=5, category_id=10))
    whole = trend_columns(frame)
    assert pl.concat([trend_columns(frame[place : place + 1]) for place in range(3)]).equals(whole)
    assert trend_columns(frame[:0]).shape == (0, len(TREND_COLUMNS))


def test_counts_may_be_of_any_number_type() -> None:
    counts = ("views", "likes", "comments", "n_countries", "category_id", "duration")
    frame = _frame(_request(), _request(likes=None))
    assert trend_columns(frame.cast(dict.fromkeys(counts, pl.Float64))).equals(trend_columns(frame))
    assert trend_columns(frame.with_columns(pl.col("likes").cast(pl.Float64).fill_null(math.nan))).equals(trend_columns(frame))


def test_weekend_hours_are_counted_across_weeks() -> None:
    friday = datetime(2026, 6, 5, 12, tzinfo=UTC)
    columns = first_columns(_frame(_request(fetched_at=friday + timedelta(days=5), published_at=friday)))
    assert columns["weekend_hours_lived"].to_list() == [48]
    ahead = first_columns(_frame(_request(fetched_at=friday)))
    assert ahead["weekend_hours_ahead"].to_list() == [36]
    assert ahead["hours_to_weekend"].to_list() == [12]


def test_bands_of_age() -> None:
    age = age_hours(_frame(*(_request(fetched_at=PUBLISHED + timedelta(hours=hours)) for hours in (-3, 11.9, 12, 47, 167, 900))))
    assert age_band(age).to_list() == [0, 0, 1, 3, 7, 7]
    assert age_band(pl.Series([None], dtype=pl.Float64)).to_list() == [None]


def test_a_history_is_read_cell_by_cell() -> None:
    read = told(pl.Series(["2026-06-01T06:00:00Z|1|2|3|4; 2026-06-02 06:00:00+00:00|5|||", None, "x"]))
    assert read["row"].to_list() == [0, 0]
    assert read["views"].to_list() == [1, 5]
    assert read["likes"].to_list() == [2, None]
