"""Numbers said aloud stay true: what is written rounds to what was given, and nothing else passes the check."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.writing.numbers import counted, numbers_in, short_count, speak_count, speak_percent, speak_ratio, unsupported

counts = st.integers(min_value=0, max_value=10**12 - 1)


@pytest.mark.parametrize(
    ("count", "spoken", "short"),
    [
        (0, "0", "0"),
        (940, "940", "940"),
        (999.6, "1 thousand", "1K"),
        (9_949, "9.9 thousand", "9.9K"),
        (45_300, "45 thousand", "45K"),
        (999_960, "1 million", "1M"),
        (1_234_567, "1.2 million", "1.2M"),
        (12_300_000, "12 million", "12M"),
        (2_000_000_000, "2 billion", "2B"),
    ],
)
def test_counts_are_written_with_two_digits_and_their_scale(count: float, spoken: str, short: str) -> None:
    assert speak_count(count) == spoken
    assert short_count(count) == short


def test_percentages_ratios_and_nouns() -> None:
    assert (speak_percent(34.4), speak_percent(0.4), speak_ratio(5.0), speak_ratio(2.36)) == (
        "34 percent",
        "0.4 percent",
        "5 times",
        "2.4 times",
    )
    assert (counted(1, "video"), counted(3, "video"), counted(5, "country", "countries")) == (
        "1 video",
        "3 videos",
        "5 countries",
    )


@given(counts)
def test_a_count_that_is_said_is_supported_by_the_count_itself(count: int) -> None:
    assert unsupported(f"It gained {speak_count(count)} views, or {short_count(count)}.", [count]) == []


@given(counts.filter(lambda count: count > 20))
def test_a_count_is_not_supported_by_one_that_is_a_quarter_off(count: int) -> None:
    assert unsupported(f"It gained {speak_count(count)} views.", [count * 1.25, count * 0.75]) == [speak_count(count)]


@given(st.floats(min_value=0, max_value=100))
def test_a_percentage_that_is_said_is_supported(percent: float) -> None:
    assert unsupported(f"A chance of {speak_percent(percent)}.", [percent]) == []


def test_number_words_and_fractions_are_claims_too() -> None:
    text = "Twenty-five videos, five channels, twice the views, half of them, two million in all, the 3rd of a dozen."
    assert [(found.text.lower(), found.value) for found in numbers_in(text)] == [
        ("twenty-five", 25),
        ("five", 5),
        ("twice", 2),
        ("half", 0.5),
        ("two million", 2_000_000),
        ("3rd", 3),
        ("dozen", 12),
    ]


def test_one_is_no_claim_and_words_within_words_are_not_read() -> None:
    assert numbers_in("One of them was often heard: someone, tenfolded, X2Y, a1.") == []


def test_numbers_of_names_may_be_said_as_they_stand_but_not_with_another_scale() -> None:
    assert unsupported("GTA 6 on June 7, 2026", [], ["GTA 6", "June 7, 2026"]) == []
    assert unsupported("GTA 6 has 6 million views", [], ["GTA 6"]) == ["6 million"]
    assert unsupported("On June 7 it grew 7 times in 6 countries", [], ["GTA 6", "June 7"]) == ["7", "6"]


def test_a_name_that_is_a_number_may_be_said_alone_or_in_quotes() -> None:
    assert unsupported("1917", [], ["1917"]) == []
    assert unsupported("“1917” is rising", [], ["1917"]) == []
    assert unsupported("It has 1917 views", [], ["1917"]) == ["1917"]
