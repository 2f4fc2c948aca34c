"""Numbers, durations, days and texts in every notation that real exports use, and no others."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.archives import cells
from connectors.archives.cells import Circumstances, DayStandsFirst, Misread, Type, masked

NOW = datetime(2026, 7, 8, 12, tzinfo=UTC)
ENGLISH = Circumstances(NOW)
GERMAN = Circumstances(NOW, decimal=",")
TYPES = [getattr(cells, name) for name in dir(cells) if isinstance(getattr(cells, name), Type)]


def value(type_: Type, cell: Any, circumstances: Circumstances = ENGLISH) -> Any:
    return type_.reader(circumstances)(cell)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("518.784", 518_784),
        ("10.200.000", 10_200_000),
        ("1,234,567", 1_234_567),
        ("12\u202f345", 12_345),
        ("12\u00a0345", 12_345),
        ("10'000", 10_000),
        ("10,20,000", 1_020_000),
        ("1,234.0", 1_234),
        ("723.0", 723),
        ("723,00", 723),
        ("7.0e2", 700),
        (" 42 ", 42),
        ("１２３", 123),
        ("१२", 12),
        ("12.5K", 12_500),
        ("1,5 тыс.", 1_500),
        ("20万", 200_000),
        ("0", 0),
        ("-", None),
        ("–", None),
        ("", None),
        ("NaN", None),
    ],
)
def test_counts(text: str, number: int | None) -> None:
    assert value(cells.COUNT, text) == number


@pytest.mark.parametrize("text", ["1.5", "12,34", "1.23.456", "=1+1", "1_000", "0x10", "1e400", "9" * 400, "views", "-3", "1e16"])
def test_what_is_no_count(text: str) -> None:
    with pytest.raises(Misread):
        value(cells.COUNT, text)


def test_net_counts_may_be_below_zero() -> None:
    assert value(cells.SIGNED, "-1,234") == -1_234
    assert value(cells.SIGNED, "−3") == -3


@pytest.mark.parametrize(
    ("text", "english", "german"),
    [
        ("4.5", 4.5, 4.5),
        ("4,5", 4.5, 4.5),
        ("65850.7042", 65850.7042, 65850.7042),
        ("65.850,7042", 65850.7042, 65850.7042),
        ("65,850.7042", 65850.7042, 65850.7042),
        ("1,234", 1234.0, 1.234),
        ("1.234", 1.234, 1234.0),
        ("1.234.567", 1234567.0, 1234567.0),
        ("1 234,5", 1234.5, 1234.5),
        ("-0,5", -0.5, -0.5),
        ("1e-5", 1e-5, 1e-5),
        ("-", None, None),
    ],
)
def test_decimals_by_the_mark_of_the_file(text: str, english: float | None, german: float | None) -> None:
    assert value(cells.DECIMAL, text) == english
    assert value(cells.DECIMAL, text, GERMAN) == german


@pytest.mark.parametrize("text", ["1,2.3,4", "4.5.6", "inf", "--1", "1e999", "four"])
def test_what_is_no_decimal(text: str) -> None:
    with pytest.raises(Misread):
        value(cells.DECIMAL, text)


@pytest.mark.parametrize("text", ["4.5%", "4,5 %", "4.5", "4,5\u00a0%"])
def test_percentages(text: str) -> None:
    assert value(cells.PERCENT, text) == 4.5


def test_money_is_in_whole_micros() -> None:
    assert value(cells.MICROS, "7959.533") == 7_959_533_000
    assert value(cells.MICROS, "$1,234.56") == 1_234_560_000
    assert value(cells.MICROS, "0,003", GERMAN) == 3_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0:03:09", 189),
        ("3:09", 189),
        ("75:10", 4_510),
        ("12:00:00", 43_200),
        ("189", 189),
        ("189.0", 189),
        ("39.64", 39.64),
        ("PT10M5S", 605),
        ("PT2H7M14S", 7_634),
        ("P1DT1S", 86_401),
        ("P0D", 0),
        ("6.5 hours", 23_400),
        ("30 minutes", 1_800),
        ("1 day", 86_400),
        ("-1", None),
        ("", None),
    ],
)
def test_durations(text: str, expected: float | None) -> None:
    assert value(cells.DURATION, text) == expected


@pytest.mark.parametrize("text", ["0:61:00", "1:2:3:4", "soon", "-5", "P", "PT", "3:75"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(Misread):
        value(cells.DURATION, text)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Jun 6, 2017", date(2017, 6, 6)),
        ("June 6, 2017", date(2017, 6, 6)),
        ("6 Jun 2017", date(2017, 6, 6)),
        ("Sept 30, 2022", date(2022, 9, 30)),
        ("2017-06-06", date(2017, 6, 6)),
        ("2016-06-02 00:00:00", date(2016, 6, 2)),
        ("20-06-08", date(2020, 6, 8)),
        ("20170606", date(2017, 6, 6)),
        ("2017/6/6", date(2017, 6, 6)),
        ("9/19/24", date(2024, 9, 19)),
        ("19.9.2024", date(2024, 9, 19)),
        ("", None),
    ],
)
def test_days(text: str, day: date | None) -> None:
    assert value(cells.DAY, text) == day


@pytest.mark.parametrize("text", ["13/13/24", "Foo 6, 2017", "2017-02-30", "1871-01-01", "Jun 6, 2099", "yesterday", "100"])
def test_what_is_no_day(text: str) -> None:
    with pytest.raises(Misread):
        value(cells.DAY, text)


def test_a_day_in_front_of_its_month_is_seen_and_then_read() -> None:
    with pytest.raises(DayStandsFirst):
        value(cells.DAY, "25/12/2023")
    day_first = Circumstances(NOW, day_first=True)
    assert value(cells.DAY, "25/12/2023", day_first) == date(2023, 12, 25)
    assert value(cells.DAY, "3/4/2024", day_first) == date(2024, 4, 3)
    with pytest.raises(Misread):
        value(cells.DAY, "12/25/2023", day_first)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("13.09", date(2017, 9, 13)),
        ("1.1", date(2017, 10, 1)),
        ("01.10", date(2017, 10, 1)),
        ("22.1", date(2017, 10, 22)),
        ("1.01", date(2017, 1, 1)),
    ],
)
def test_a_day_without_its_year_and_zero(text: str, day: date) -> None:
    assert value(cells.SHORT_DAY, text, Circumstances(NOW, year=2017)) == day
    with pytest.raises(Misread, match="--year"):
        value(cells.SHORT_DAY, text)


@pytest.mark.parametrize("text", ["1.2", "100", "26.0903jeumSTSzc", "32.10", "31.09"])
def test_a_short_day_is_never_guessed(text: str) -> None:
    with pytest.raises(Misread):
        value(cells.SHORT_DAY, text, Circumstances(NOW, year=2017))


def test_the_chart_archive_that_writes_year_day_month() -> None:
    assert value(cells.CHART_DAY, "17.14.11") == date(2017, 11, 14)
    assert value(cells.CHART_DAY, "2020-08-12T00:00:00Z") == date(2020, 8, 12)


@pytest.mark.parametrize(
    "text",
    ["2026-01-01T05:00:00Z", "2026-01-01 05:00:00+00:00", "2026-01-01 05:00:00", "2026-01-01T06:00:00+01:00"],
)
def test_two_notations_of_a_moment(text: str) -> None:
    assert value(cells.MOMENT, text) == datetime(2026, 1, 1, 5, tzinfo=UTC)


def test_no_reading_comes_from_the_future() -> None:
    assert value(cells.OBSERVED, "2026-07-09T11:00:00Z") is not None
    for type_ in (cells.OBSERVED, cells.MOMENT):
        with pytest.raises(Misread, match="future"):
            value(type_, "2099-01-01T00:00:00Z")
    with pytest.raises(Misread, match="future"):
        value(cells.OBSERVED, "2026-07-10T00:00:00Z")
    assert value(cells.OBSERVED, "1970-01-01T00:00:00Z") is None


def test_typed_cells_are_checked_and_not_parsed() -> None:
    assert value(cells.COUNT, 5) == 5
    assert value(cells.DECIMAL, float("nan")) is None
    assert value(cells.MOMENT, datetime(2026, 1, 1)) == datetime(2026, 1, 1, tzinfo=UTC)
    for type_, cell in ((cells.COUNT, -5), (cells.COUNT, 10**16), (cells.DECIMAL, float("inf")), (cells.COUNT, 1.5)):
        with pytest.raises(Misread):
            value(type_, cell)


def test_tags_of_both_separators() -> None:
    assert value(cells.TAGS, "a b|c") == ["a b", "c"]
    assert value(cells.TAGS, 'a b, c, "d"') == ["a b", "c", "d"]
    assert value(cells.TAGS, "[none]") == []


def test_video_ids() -> None:
    assert value(cells.VIDEO_ID, " -yquaLFqjE4") == "-yquaLFqjE4"
    assert value(cells.VIDEO_ID, "#NAME?") is None


@pytest.mark.parametrize("text", ["1.23E+10", "a b c d e f", "ид-видео", "'; drop table x; --", "abc🙂defgh", "short"])
def test_what_is_no_video_id(text: str) -> None:
    with pytest.raises(Misread):
        value(cells.VIDEO_ID, text)


@given(st.sampled_from(TYPES), st.text(max_size=60), st.sampled_from([ENGLISH, GERMAN, Circumstances(NOW, 2017, day_first=True)]))
def test_any_text_is_a_value_or_misread(type_: Type, text: str, circumstances: Circumstances) -> None:
    try:
        value(type_, text, circumstances)
    except DayStandsFirst:
        assert not circumstances.day_first
    except Misread:
        return


@given(st.integers(0, 10**14))
def test_a_grouped_count_is_the_count(number: int) -> None:
    for mark in (",", ".", "\u00a0", "'"):
        assert value(cells.COUNT, f"{number:,}".replace(",", mark)) == number


@given(st.floats(-1e9, 1e9, allow_nan=False))
def test_a_written_decimal_is_the_decimal(number: float) -> None:
    assert value(cells.DECIMAL, repr(number)) == number
    if "e" not in repr(number):
        assert value(cells.DECIMAL, repr(number).replace(".", ","), GERMAN) == number


def test_people_are_masked() -> None:
    text = "thanks @some.user-1 and @Größe, write to me.you+x@example.co.uk, costs 5@10"
    assert masked(text) == "thanks @user and @user, write to [e-mail], costs 5@10"
    assert masked("no one") == "no one"
