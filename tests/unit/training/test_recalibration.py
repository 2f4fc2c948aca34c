"""Recalibration: nothing without news, towards what came, never past what was seen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.recalibration import LAST, recalibrate, recalibrated, shift_of

MOMENT = datetime(2026, 7, 1, tzinfo=UTC)
CHANCES = st.floats(0.01, 0.99)
PAST = st.lists(st.tuples(CHANCES, st.booleans()), max_size=40)


@settings(deadline=None)
@given(CHANCES)
def test_without_outcomes_nothing_changes(chance: float) -> None:
    assert recalibrated(chance, shift_of([], [])) == chance


@settings(deadline=None)
@given(st.integers(1, 19), st.integers(1, 10))
def test_outcomes_at_the_predicted_rate_change_nothing(led: int, times: int) -> None:
    outcomes = ([True] * led + [False] * (20 - led)) * times
    assert shift_of([led / 20] * len(outcomes), outcomes) == pytest.approx(0, abs=1e-9)


@settings(deadline=None)
@given(PAST, CHANCES)
def test_one_more_that_led_raises_and_one_more_that_trailed_lowers(past: list[tuple[float, bool]], chance: float) -> None:
    given_, led = [p for p, _ in past], [y for _, y in past]
    here = shift_of(given_, led)
    assert shift_of([*given_, chance], [*led, True]) > here > shift_of([*given_, chance], [*led, False])


@settings(deadline=None)
@given(PAST, CHANCES, CHANCES)
def test_the_order_of_chances_stays(past: list[tuple[float, bool]], one: float, other: float) -> None:
    shift = shift_of([p for p, _ in past], [y for _, y in past])
    low, high = sorted((one, other))
    assert 0 < recalibrated(low, shift) <= recalibrated(high, shift) < 1


@settings(deadline=None)
@given(PAST)
def test_it_is_a_maximum(past: list[tuple[float, bool]]) -> None:
    chances, led = np.array([p for p, _ in past]), np.array([y for _, y in past], dtype=float)
    shift = shift_of(chances, led, spread=0.5)
    moved = [recalibrated(p, shift) for p in chances]
    assert float((led - moved).sum()) == pytest.approx(shift / 0.25, abs=1e-6)


def test_a_wider_prior_follows_further_and_none_follows_nothing() -> None:
    led, chances = [True] * 12, [0.5] * 12
    shifts = [shift_of(chances, led, spread) for spread in (0.0, 0.1, 0.5, 2.0)]
    assert shifts[0] == 0.0
    assert shifts == sorted(shifts)


def test_certainty_and_gaps_are_borne() -> None:
    assert np.isfinite(shift_of([0.0, 1.0, 0.5], [True, False, True]))
    assert shift_of([float("nan"), 0.5], [True, float("nan")]) == 0.0  # type: ignore[list-item]
    assert 0 < recalibrated(1.0, -0.5) < 1


def outcomes(channel: str, led: list[bool | None]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "channel": channel,
            "known_at": [MOMENT + timedelta(days=day) for day in range(len(led))],
            "chance": 0.5,
            "led": led,
        },
        schema_overrides={"led": pl.Boolean},
    )


def test_each_channel_is_moved_by_its_own_last_outcomes() -> None:
    past = pl.concat([outcomes("up", [False] * 30 + [True] * LAST), outcomes("down", [False] * 10), outcomes("gap", [None])])
    asked = pl.DataFrame({"channel": ["up", "down", "new", "gap", "up"], "chance": [0.5, 0.5, 0.5, 0.5, None]})
    up, down, new, gap, unknown = recalibrate(asked, past).to_list()
    assert up == recalibrated(0.5, shift_of([0.5] * LAST, [True] * LAST))
    assert down < 0.5 < up
    assert (new, gap, unknown) == (0.5, 0.5, None)
    assert recalibrate(asked, past.sample(fraction=1.0, shuffle=True, seed=1)).equals(recalibrate(asked, past))
    assert recalibrate(asked, past.clear()).to_list() == [0.5, 0.5, 0.5, 0.5, None]


def test_what_was_not_known_yet_counts_nothing() -> None:
    past = outcomes("a", [True] * 5 + [False] * 5)
    early = pl.DataFrame({"channel": ["a", "a"], "chance": [0.5, 0.5], "asked_at": [MOMENT + timedelta(days=4), MOMENT]})
    first, second = recalibrate(early, past).to_list()
    assert first == recalibrated(0.5, shift_of([0.5] * 5, [True] * 5))
    assert second == recalibrated(0.5, shift_of([0.5], [True]))
