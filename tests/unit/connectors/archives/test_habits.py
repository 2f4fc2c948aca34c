"""The step of an export's dates: one line a week is a week, never a day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from connectors.archives.habits import step_between
from tests.unit.connectors.archives.conftest import Read


def every(start: str, days: int, times: int) -> list[str]:
    first = date.fromisoformat(start)
    return [str(first + timedelta(days=days * place)) for place in range(times)]


MONTHS = ["2026-01-01", "2026-02-01", "2026-03-01"]


@pytest.mark.parametrize(
    ("days", "step", "lengths"),
    [
        (every("2026-01-01", 1, 40), "day", None),
        (["2026-06-01", "2026-06-03", "2026-06-04"], "day", None),
        (["2024-09-08", "2024-09-19"], "day", None),
        (["2026-01-01"], "day", None),
        (every("2026-01-04", 7, 5), "week", [7] * 5),
        (every("2026-01-04", 7, 2), "week", [7, 7]),
        (["2026-01-01", *every("2026-01-04", 7, 3)], "week", [3, 7, 7, 7]),
        (["2026-01-03", *every("2026-01-04", 7, 3)], "week", [1, 7, 7, 7]),
        ([*every("2026-01-04", 7, 3), "2026-02-08"], "week", [7] * 4),
        (MONTHS, "month", [31, 28, 31]),
        (MONTHS[:2], "month", [31, 28]),
        (["2025-12-15", *MONTHS], "month", [17, 31, 28, 31]),
        (["2024-01-01", "2025-01-01", "2026-01-01"], "year", [366, 365, 365]),
        (every("2026-01-01", 10, 4), "period", [10] * 4),
    ],
)
def test_the_step_of_the_dates_decides(days: list[str], step: str, lengths: list[int] | None) -> None:
    dates = [date.fromisoformat(day) for day in days]
    found = step_between(dates)
    assert found.name == step
    if lengths is not None:
        assert [found.length(day) for day in dates] == lengths


def test_weeks_land_as_weeks(read: Read) -> None:
    reading = read("Date,Views\nTotal,3\n2026-01-04,1\n2026-01-11,2\n")
    assert list(reading.rows.values()) == [
        {"starts_on": "2026-01-04", "views": 1, "step": "week", "period_days": 7},
        {"starts_on": "2026-01-11", "views": 2, "step": "week", "period_days": 7},
    ]
    assert list(reading.keys.values()) == ["2026-01-04", "2026-01-11"]
    assert reading.report.notes[0].startswith("its lines are weeks, not days")


@pytest.mark.parametrize(
    ("heading", "cells", "step", "starts"),
    [
        ("Date", ["2026-01", "2026-02"], "month", ["2026-01-01", "2026-02-01"]),
        ("Datum", ["März 2026", "April 2026"], "month", ["2026-03-01", "2026-04-01"]),
        ("日付", ["2026年3月", "2026年4月"], "month", ["2026-03-01", "2026-04-01"]),
        ("Date", ["2026-W10", "2026-W12"], "week", ["2026-03-02", "2026-03-16"]),
        ("Year", ["2024", "2025"], "year", ["2024-01-01", "2025-01-01"]),
        ("Week", ["2026-03-01"], "week", ["2026-03-01"]),
        ("Monat", ["2026-03-01"], "month", ["2026-03-01"]),
    ],
)
def test_a_step_that_is_written_is_read(read: Read, heading: str, cells: list[str], step: str, starts: list[str]) -> None:
    views = {"Datum": "Aufrufe", "Monat": "Aufrufe", "日付": "視聴回数"}.get(heading, "Views")
    rows = list(read(f"{heading},{views}\n" + "".join(f"{cell},1\n" for cell in cells)).rows.values())
    assert [(row["step"], row["starts_on"]) for row in rows] == [(step, start) for start in starts]


def test_a_total_row_hides_no_step(read: Read) -> None:
    assert read("Date,Views\nTotal,1\n2026-01,1\n").row["step"] == "month"
    assert read("日付,視聴回数\n合計,1\n2026年1月,1\n").row["step"] == "month"


def test_one_line_of_a_longer_export_is_no_day(read: Read) -> None:
    row = read("Date,Views\n2026-03-01,9\n", "Content 2026-03-01_2026-03-07 Example.csv").row
    assert (row["step"], row["period_days"]) == ("week", 7)
    assert read("Date,Views\n2026-03-01,9\n", "Content 2026-03-01_2026-03-01 Example.csv").row["step"] == "day"


def test_months_of_videos_and_of_dimensions_are_months_too(read: Read) -> None:
    videos = read("Date,Content,Video title,Views\n2026-01-01,aaaaaaaaaaa,x,1\n2026-02-01,aaaaaaaaaaa,x,1\n")
    assert list(videos.keys.values()) == ["2026-01-01:aaaaaaaaaaa", "2026-02-01:aaaaaaaaaaa"]
    parts = read("Date,Device type,Views\n2026-01-01,TV,1\n2026-02-01,TV,1\n")
    assert {row["step"] for row in [*videos.rows.values(), *parts.rows.values()]} == {"month"}
    assert not any("on_date" in row for row in [*videos.rows.values(), *parts.rows.values()])
