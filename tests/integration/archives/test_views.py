"""Whatever a column of a format takes, every view over its table can be read afterwards, and what training reads of them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
from sqlalchemy import Engine, text

from connectors.archives.cells import Circumstances, DayStandsFirst
from connectors.archives.columns import COMMENT, STUDIO_METRICS, TREND, VIDEO, Column
from connectors.archives.files import find
from connectors.archives.formats import _SIGNED_BY, FORMATS, Format, Kind
from connectors.archives.headings import Heading
from connectors.archives.importing import _JSON, import_file
from connectors.numbers import Misread
from training.warehouse import WarehouseSource

pytestmark = pytest.mark.postgres

MODELS = Path(__file__).parents[3] / "dbt" / "models" / "staging" / "archive"
NOW = datetime(2026, 7, 8, 12, tzinfo=UTC)
EXTREMES = (
    *("0", "-1", "1", "-100", "2.5", "212.091", "1450.5", "0.000000001", "1e-300", "-0.0", "999999999999999", "1e15", "-1e15"),
    *(
        "2147483648",
        "-2147483649",
        "99999999999",
        "12.5K",
        "1,234,567",
        "100%",
        "0:03:09",
        "PT10M5S",
        "6.5 hours",
        "-1",
        "9999:59:59",
    ),
    *(
        "1990-01-01",
        "2027-07-08",
        "2026-07-08",
        "17.14.11",
        "13.09",
        "2026-01",
        "2026-07-08T23:00:00+14:00",
        "1990-01-01T00:00:00Z",
    ),
    *("true", "no", "0", "x", 'a\\b"\t\n;--', "é🙂", "-", "a|b", "aaaaaaaaaaa", "clickbait", "201446", "9" * 15),
)
TYPED = (0, 5, 10**15, 2.5, 1e15, float("nan"), True, date(2026, 1, 1), datetime(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC))
HEADINGS = sorted(
    {*_SIGNED_BY, *STUDIO_METRICS, *VIDEO, *TREND, *COMMENT, "content", "video title", "video publish time", "date"}
)
BASE = {"video_id": "aaaaaaaaaaa", "read_at": NOW, "published_at": NOW, "views": 1, "test_id": "t", "headline": "h"}
UNITS = ("", "pct", "hours", "minutes", "seconds", "usd", "jpy")


def columns_of(format_: Format) -> dict[str, Column]:
    found = {}
    for name in HEADINGS:
        for unit in UNITS:
            for is_share in (False, True):
                if (column := format_.column(Heading(name, name, unit, is_share))) is not None:
                    found.setdefault(column.name, column)
    return found


def values_of(column: Column) -> list[Any]:
    """What the column's type takes of everything that is tried."""
    values = []
    for circumstances in (Circumstances(NOW, 2017), Circumstances(NOW, 2017, ",", True, "de")):
        read = column.type.reader(circumstances)
        for cell in (*EXTREMES, *TYPED):
            try:
                values.append(read(cell))
            except (Misread, DayStandsFirst, ValueError, OverflowError, ArithmeticError):
                continue
    return values


def view_of(model: Path) -> str:
    """A staging model as a view over the raw tables."""
    sql = re.sub(r"\{\{ source\('(\w+)', '(\w+)'\) \}\}", r"\1.\2", model.read_text())
    assert "{{" not in sql, model
    return f"create view staging.{model.stem} as {sql}"


@pytest.fixture
def views(database: Engine) -> list[str]:
    models = sorted(MODELS.glob("*.sql"))
    with database.begin() as connection:
        connection.execute(text("create schema if not exists staging"))
        for model in models:
            connection.exec_driver_sql(view_of(model))
    return [model.stem for model in models]


def test_what_a_column_takes_every_view_gives(database: Engine, views: list[str]) -> None:
    tried = 0
    with database.begin() as connection:
        for number, format_ in enumerate(FORMATS, start=1):
            connection.exec_driver_sql(
                "insert into ops.imported_files"
                " (file_id, sha256, name, kind, format, rows_read, rows_landed, rows_rejected, imported_at)"
                " overriding system value values (%s, %s, %s, %s, %s, 0, 0, 0, now())",
                (number, f"{number:064d}", f"a/{format_.name}.csv", format_.kind.value, format_.name),
            )
            payloads: list[dict[str, Any]] = []
            columns = columns_of(format_)
            base = {**format_.constants, **{name: value for name, value in BASE.items() if name in columns}}
            for column in columns.values():
                payloads += [{**base, column.name: value} for value in values_of(column)]
            if format_.has_steps:
                steps = (("day", 1), ("week", 7), ("month", 31), ("period", 10**6))
                payloads += [{"step": step, "starts_on": date(2026, 1, 1), "period_days": days} for step, days in steps]
            if format_.series:
                payloads += [{"video_id": "a", format_.series[1]: [0, None, 10**15] * 10}]
            tried += len(payloads)
            connection.exec_driver_sql(
                f"insert into {format_.table} (file_id, line_number, row_key, payload) values (%s, %s, %s, %s)",
                [
                    (number, line, f"{number}:{line}", orjson.dumps(payload, option=_JSON).decode())
                    for line, payload in enumerate(payloads)
                ],
            )
    assert tried > 3_000
    with database.connect() as connection:
        for view in views:
            rows = connection.exec_driver_sql(f"select * from staging.{view}").all()
            assert rows, view
    source = WarehouseSource(database)
    for frame in (source.readings(), source.videos(), source.own_videos(), source.headlines(), source.view_series()):
        assert isinstance(frame, pl.DataFrame)


def test_a_duration_in_fractions_is_read_to_the_end(database: Engine, views: list[str], tmp_path: Path) -> None:
    path = tmp_path / "readings.csv"
    header = "video_id,title,fetched_at,published_at,views,likes,duration\n"
    moments = "2026-06-01T12:00:00Z,2026-05-31T12:00:00Z"
    path.write_text(f"{header}aaaaaaaaaaa,x,{moments},300,3,212.091\nbbbbbbbbbbb,y,{moments},300,3,61\n")
    (source,) = find([path])
    assert import_file(database, source, Kind.AUTO, NOW).landed == 2  # type: ignore[arg-type]
    with database.connect() as connection:
        lengths = connection.exec_driver_sql("select duration_seconds from staging.stg_archive__video_readings order by 1").all()
    assert [tuple(row) for row in lengths] == [(61.0,), (212.091,)]
    assert sorted(WarehouseSource(database).videos()["duration"]) == [61, 212]


def test_weeks_stand_apart_from_days_and_money_keeps_its_currency(database: Engine, views: list[str], tmp_path: Path) -> None:
    for name, content in (
        ("days.csv", "Date,Views,Estimated revenue (EUR)\n2026-06-01,1,0.42\n2026-06-02,2,0.1\n"),
        ("weeks.csv", "Date,Views,Watch time (minutes)\n2026-01-04,10,90\n2026-01-11,20,30\n"),
        ("ages.csv", "Viewer age,Views (%),Watch time (hours) (%)\n18–24 years,40,60\n25–34 years,60,40\n"),
    ):
        path = tmp_path / name
        path.write_text(content)
        (source,) = find([path])
        assert import_file(database, source, Kind.AUTO, NOW).landed == 2  # type: ignore[arg-type]
    with database.connect() as connection:

        def rows(sql: str) -> list[tuple[Any, ...]]:
            return [tuple(row) for row in connection.exec_driver_sql(sql).all()]

        assert rows(
            "select on_date::text, views, revenue_usd_micros, revenue_currency, revenue_micros"
            " from staging.stg_archive__studio_daily order by 1"
        ) == [("2026-06-01", 1, None, "eur", 420_000), ("2026-06-02", 2, None, "eur", 100_000)]
        assert rows(
            "select step, starts_on::text, period_days, views, watch_hours from staging.stg_archive__studio_periods order by 2"
        ) == [("week", "2026-01-04", 7, 10, 1.5), ("week", "2026-01-11", 7, 20, 0.5)]
        assert rows("select viewer_age, views, views_share_pct, watch_share_pct from staging.stg_archive__studio_breakdowns") == [
            ("18–24 years", None, 40, 60),
            ("25–34 years", None, 60, 40),
        ]
