"""The score is what was measured, and leads where the thresholds say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from generation.policy.variation import Sameness
from generation.steps.quality import ASPECTS, _of_script, decide, likelihood_of, reading_ease
from generation.values import Decision, PastOutcome, Script
from tests.unit.generation.fakes import MOMENT, FakeScorer


@pytest.mark.parametrize(
    ("score", "decision"),
    [
        (100, Decision.AUTO_APPROVE),
        (85, Decision.AUTO_APPROVE),
        (84.9, Decision.MANUAL_REVIEW),
        (60, Decision.MANUAL_REVIEW),
        (59.9, Decision.REVISE),
        (40, Decision.REVISE),
        (39.9, Decision.REJECT),
    ],
)
def test_decisions_at_their_thresholds(score: float, decision: Decision) -> None:
    assert decide(score) is decision


def test_aspects_add_up_to_the_whole() -> None:
    assert sum(ASPECTS.values()) == pytest.approx(1)


def test_short_words_read_easier_than_long_ones() -> None:
    assert reading_ease("The cat sat on the mat. It was fat.") > 90
    assert reading_ease("Institutional considerations necessitate comprehensive reorganisation.") < 0
    assert reading_ease("") == 0


def test_a_script_of_another_language_is_measured_by_what_holds_there(script: Script) -> None:
    scene = replace(script.plan.scenes[0], narration="Es gewann 2,3 Millionen Aufrufe an einem Tag.")
    german = script.model_copy(update={"plan": replace(script.plan, language="de", scenes=(scene,))})
    values = _of_script(german, Sameness(0, 0, 0, 0))
    assert values["claims found in the data"] == 100
    assert "reading ease" not in values
    assert "reading ease" in _of_script(script, Sameness(0, 0, 0, 0))


DRAFT = {
    "channel_id": "UCpulse",
    "title": "New",
    "script": "New words.",
    "duration_seconds": 60.0,
    "category_id": 20,
    "publish_at": MOMENT,
}


def outcomes(*led: bool) -> list[PastOutcome]:
    return [
        PastOutcome(title="Old", duration_seconds=60, category_id=20, published_at=MOMENT, is_above_median=one) for one in led
    ]


def test_a_likelihood_without_outcomes_is_the_models() -> None:
    likelihood, learnt = likelihood_of(DRAFT, [], FakeScorer())
    assert likelihood == learnt.likelihood == 51.0


def test_the_model_is_told_the_scripts_of_a_draft_and_of_the_last_videos() -> None:
    scorer = FakeScorer()
    likelihood_of(DRAFT, [outcomes(True)[0].model_copy(update={"script": "Said."}), *outcomes(False)], scorer)
    assert [one["script"] for one in scorer.asked] == ["New words.", "Said.", None]


def test_a_likelihood_follows_what_became_of_the_last_videos() -> None:
    up, learnt = likelihood_of(DRAFT, outcomes(*[True] * 12), FakeScorer())
    down, _ = likelihood_of(DRAFT, outcomes(*[False] * 12), FakeScorer())
    assert 25 < down < learnt.likelihood < up < 75
