"""Computed feature tables: a day done again, a day that came late, a past that is never told by the future."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from sqlalchemy import Engine

from tests.integration.features.sample import DAY_ONE, insert

pytestmark = pytest.mark.postgres

FIRST, LAST = DAY_ONE.date(), (DAY_ONE + timedelta(days=4)).date()


def fact(video: str, day: int, views: int, *, late: int = 0, title: str = "Why? (5 reasons)") -> tuple[Any, ...]:
    """A reading of a video on a day of the market, known `late` days after."""
    at = DAY_ONE + timedelta(days=day)
    known = at + timedelta(days=late)
    published = DAY_ONE - timedelta(hours=6)
    return (video, at.date(), at, known, "c", title, 20, published, 60, views, views // 20, views // 100, 2)


def rows_of(engine: Engine, table: str = "feat_video__series") -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        query = f"select * from features.{table} order by video_id, event_timestamp"
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def told(engine: Engine, *columns: str, video: str = "a") -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        query = f"select {', '.join(columns)} from features.feat_video__series where video_id = %s order by event_timestamp"
        return [tuple(row) for row in connection.exec_driver_sql(query, (video,))]


def write(engine: Engine, first: date = FIRST, last: date = LAST) -> int:
    from features.series import SERIES, write_days

    return write_days(engine, SERIES, first, last)


def test_each_reading_tells_of_those_before_it(warehouse: Engine) -> None:
    insert(warehouse, "marts.fct_video_reading", [fact("a", day, 1000 * 2**day) for day in range(3)] + [fact("b", 1, 50)])

    assert write(warehouse) == 4

    first, second, third = told(warehouse, "readings", "growth_1", "age_hours", "created_timestamp")
    assert first[:3] == (1, None, 6)
    assert second[0] == 2
    assert second[1] == pytest.approx(0.693, abs=1e-3)
    assert third[::2] == (3, 54)
    assert [row[3] for row in (first, second, third)] == [DAY_ONE + timedelta(days=day) for day in range(3)]
    assert told(warehouse, "readings", video="b") == [(1,)]


def test_a_day_done_again_changes_nothing_however_days_are_grouped(warehouse: Engine) -> None:
    insert(warehouse, "marts.fct_video_reading", [fact(video, day, 100 + day) for day in range(5) for video in "abc"])
    write(warehouse)
    whole = rows_of(warehouse)
    write(warehouse)
    assert rows_of(warehouse) == whole
    for day in (3, 0, 4, 1, 2):
        moment = (DAY_ONE + timedelta(days=day)).date()
        assert write(warehouse, moment, moment) == 3 * (5 - day)
    assert rows_of(warehouse) == whole


def test_the_future_changes_no_row_that_is_there(warehouse: Engine) -> None:
    insert(warehouse, "marts.fct_video_reading", [fact("a", day, 100 + day) for day in range(3)])
    write(warehouse)
    before = rows_of(warehouse)
    insert(warehouse, "marts.fct_video_reading", [fact("a", 4, 10**9, title="Poison")])
    write(warehouse)
    assert rows_of(warehouse)[:3] == before


def test_a_day_that_came_late_is_known_late_and_so_is_what_tells_of_it(warehouse: Engine) -> None:
    insert(warehouse, "marts.fct_video_reading", [fact("a", day, 1000) for day in (0, 2, 3)])
    write(warehouse)
    assert told(warehouse, "readings") == [(1,), (2,), (3,)]
    insert(warehouse, "marts.fct_video_reading", [fact("a", 1, 900, late=9)])
    day = (DAY_ONE + timedelta(days=1)).date()
    assert write(warehouse, day, day) == 3
    late: datetime = DAY_ONE + timedelta(days=10)
    assert told(warehouse, "readings", "created_timestamp") == [(1, DAY_ONE), (2, late), (3, late), (4, late)]


def test_a_reading_that_is_gone_leaves_no_row(warehouse: Engine) -> None:
    insert(warehouse, "marts.fct_video_reading", [fact("a", day, 1000) for day in range(3)])
    write(warehouse)
    with warehouse.begin() as connection:
        connection.exec_driver_sql("delete from marts.fct_video_reading where partition_on = %s", (FIRST,))
    write(warehouse, FIRST, FIRST)
    assert told(warehouse, "readings") == [(1,), (2,)]


def test_another_definition_makes_the_table_anew(warehouse: Engine) -> None:
    from features.series import SERIES, make_tables, write_days

    insert(warehouse, "marts.fct_video_reading", [fact("a", day, 1000) for day in range(3)])
    write(warehouse)
    narrower = replace(SERIES, columns=SERIES.columns[:5])
    assert write_days(warehouse, narrower, LAST, LAST) == 3
    assert len(rows_of(warehouse)[0]) == 4 + 5
    make_tables(warehouse)
    assert rows_of(warehouse) == []
    assert write(warehouse, LAST, LAST) == 0
    assert write(warehouse) == 3


def test_titles_as_they_were_read(warehouse: Engine) -> None:
    from features.series import TEXT, TEXT_COLUMNS, write_days
    from features.texts import title_columns

    titles = ["Why? (5 reasons)", "Official video"]
    insert(
        warehouse,
        "features.feat_video__profile",
        [
            ("a", moment, moment, moment.date(), "c", title, 20, 60, 1, 1, False, False)
            for day, title in enumerate(titles)
            for moment in [DAY_ONE + timedelta(days=day)]
        ],
    )
    assert write_days(warehouse, TEXT, FIRST, LAST) == 2
    expected = title_columns(pl.Series(titles)).cast(pl.Float64)
    assert [row[4:] for row in rows_of(warehouse, "feat_video__text")] == expected.rows()
    assert expected.columns == list(TEXT_COLUMNS)


def test_a_market_without_readings_is_empty(warehouse: Engine) -> None:
    assert write(warehouse) == 0
