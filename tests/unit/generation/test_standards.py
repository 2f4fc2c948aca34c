"""Every fact has a floor; a fatal one refuses the film whatever its mean, and what was not measured is never worth all of it."""

from __future__ import annotations

import math

import pytest

from generation.policy.standards import STANDARDS, Standard
from generation.steps.quality import ASPECTS, HELD, REFUSED, weigh
from generation.values import Decision, Measure, QualityVerdict

FATAL = [one for one in STANDARDS.values() if one.is_fatal]


def best(standard: Standard) -> Measure:
    """The measure of a value that earns all."""
    low, high, *_ = standard.band
    return standard.judge(high if math.isinf(low) else low)


def beyond(standard: Standard) -> Measure:
    """The measure of a value just below the floor."""
    low, high = standard.floor
    return standard.judge(high + 0.01 if math.isfinite(high) else low - 0.01)


def film(**changes: Measure) -> list[Measure]:
    """The measures of a film without fault, some of them changed."""
    return [changes.get(name, best(standard)) for name, standard in STANDARDS.items()]


@pytest.mark.parametrize("standard", STANDARDS.values(), ids=list(STANDARDS))
def test_the_best_value_earns_all_and_lies_above_its_floor(standard: Standard) -> None:
    measure = best(standard)
    assert (measure.points, measure.breach, measure.is_fatal) == (1, "", False)
    assert beyond(standard).breach.endswith(".")
    assert beyond(standard).points < 1
    assert any(map(math.isfinite, standard.floor))


@pytest.mark.parametrize("standard", FATAL, ids=[one.name for one in FATAL])
def test_a_fatal_fact_refuses_a_film_that_is_perfect_otherwise(standard: Standard) -> None:
    measure = beyond(standard)
    score, vetoes, _ = weigh(film(**{standard.name: measure}), 99.0)
    assert (score, vetoes) == (REFUSED, (measure.breach,))


@pytest.mark.parametrize("standard", STANDARDS.values(), ids=list(STANDARDS))
def test_what_was_not_measured_never_earns_all(standard: Standard) -> None:
    measure = standard.judge(None)
    assert (measure.value, measure.is_fatal) == (None, False)
    assert measure.points < 1
    score, vetoes, reasons = weigh(film(**{standard.name: measure}), 99.0)
    assert vetoes == ()
    assert (score == HELD and "was not measured" in reasons[0]) if standard.is_fatal else score == 99


def test_a_film_that_is_still_for_most_of_its_time_waits_whatever_its_mean() -> None:
    still = STANDARDS["still above the captions"].judge(67.0)
    score, vetoes, reasons = weigh(film(**{still.name: still}), 99.0)
    assert (score, vetoes) == (HELD, ())
    assert reasons[0] == "Nothing moves above the captions for 67 % of the time."


def test_what_costs_most_is_named_first() -> None:
    slow = STANDARDS["pace"].judge(100.0)
    empty = STANDARDS["filled above the captions"].judge(12.0)
    *_, reasons = weigh(film(**{slow.name: slow, empty.name: empty}), 88.0)
    assert [reason.split("”")[0] for reason in reasons] == ["“Filled above the captions", "“Pace"]


def test_weights_of_every_aspect_are_known() -> None:
    assert {one.aspect for one in STANDARDS.values()} == set(ASPECTS)


@pytest.mark.parametrize(
    ("decision", "vetoes", "refused", "waits"),
    [
        (Decision.AUTO_APPROVE, (), False, False),
        (Decision.MANUAL_REVIEW, (), False, True),
        (Decision.REVISE, (), True, False),
        (Decision.MANUAL_REVIEW, ("It is black.",), True, False),
    ],
)
def test_a_film_waits_or_is_refused_never_both(decision: Decision, vetoes: tuple[str, ...], refused: bool, waits: bool) -> None:
    verdict = QualityVerdict(
        slot="s", decision=decision, score=70, aspects={}, measures=(), likelihood=50, model_version="1", vetoes=vetoes
    )
    assert (verdict.is_refused, verdict.waits) == (refused, waits)
