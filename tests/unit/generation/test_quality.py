"""The score is what was measured, and leads where the thresholds say."""

from __future__ import annotations

import pytest

from generation.steps.quality import ASPECTS, decide, reading_ease
from generation.values import Decision


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
