"""Counts and decimals in the notations of fourteen languages."""

from __future__ import annotations

import pytest
from babel import Locale
from babel.numbers import format_compact_decimal
from hypothesis import given
from hypothesis import strategies as st

from connectors.numbers import LANGUAGES, Misread, at_least, decimal_mark, normal_decimal, whole


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("200 mil+", 200_000),
        ("2 Mio.", 2_000_000),
        ("3,4 Mrd.", 3_400_000_000),
        ("1,5 тыс.", 1_500),
        ("20万", 200_000),
        ("1億2000万", 120_000_000),
        ("20만+", 200_000),
        ("3 lakh", 300_000),
        ("1 crore", 10_000_000),
        ("10 लाख+", 1_000_000),
        ("5 हज़ार+", 5_000),
        ("१० लाख", 1_000_000),
        ("2 mil M", 2_000_000_000),
        ("3 mil millones+", 3_000_000_000),
        ("1,2 mi", 1_200_000),
        ("100 tys.+", 100_000),
        ("10 rb+", 10_000),
        ("2,5 jt", 2_500_000),
        ("1 bin+", 1_000),
        ("1.2B", 1_200_000_000),
        ("1,234K", 1_234_000),
        ("2 000+", 2_000),
        ("10,20,000+", 1_020_000),
        ("２０００+", 2_000),
        ("más de 200 mil", 200_000),
        ("20万回以上", 200_000),
        ("5 xyz", None),
        ("2.5", None),
        ("+", None),
    ],
)
def test_what_a_count_promises_at_least(text: str, number: int | None) -> None:
    assert at_least(text) == number


IN_LANGUAGES = [("20 B", "tr", 20_000), ("20 B", None, 20 * 10**9), ("2 M", "id", 2 * 10**9)]


@pytest.mark.parametrize(("text", "language", "number"), IN_LANGUAGES)
def test_a_word_that_differs_between_languages_is_read_in_that_of_the_text(text: str, language: str | None, number: int) -> None:
    assert at_least(text, language) == number


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("number", [2_000, 30_000, 400_000, 5_000_000, 70_000_000])
def test_what_a_language_writes_short_is_read(language: str, number: int) -> None:
    for width in Locale.parse(language).compact_decimal_formats:
        assert whole(format_compact_decimal(number, format_type=width, locale=language), language) == number


@pytest.mark.parametrize("text", ["1.5", "12,34", "5 xyz", "K", "1_000", "=1+1", "9" * 400, "1e400", "1.2.3K"])
def test_what_is_no_count(text: str) -> None:
    with pytest.raises(Misread):
        whole(text)


MARKS = {"3,5": ",", "3.5": ".", "1.234,5": ",", "1,234.5": ".", "4,5 %": ",", "1 234,5": ","} | dict.fromkeys(
    ("1.234", "1,234", "10,20,000", "12", "a,5", "1,234,567")
)


@pytest.mark.parametrize(("text", "mark"), MARKS.items())
def test_the_decimal_mark_that_a_number_shows(text: str, mark: str | None) -> None:
    assert decimal_mark(text) == mark


def test_decimals_of_other_digits() -> None:
    assert normal_decimal("１２,５", ",") == "12.5"
    assert normal_decimal("−3,5", ",") == "-3.5"


@given(st.text(max_size=70))
def test_any_text_is_a_count_or_none(text: str) -> None:
    found = at_least(text)
    assert found is None or 0 <= found <= 10**20
    try:
        whole(text)
    except Misread:
        return
