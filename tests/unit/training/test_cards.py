"""The card says what was measured, and its pictures are pictures."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import polars as pl
import pytest

from tests.unit.training.hot_rows import TOY, by_kind, constant, fit, make_examples, split
from training.cards import LIMITS, calibration_pairs, card, pictures
from training.judging import Exam, record
from training.tasks import NAMES
from training.tasks.task import TEST, FitOptions
from training.values import Costs


@pytest.fixture(scope="module")
def exam() -> Exam:
    examples = make_examples()
    examples = examples.with_columns(split(examples))
    learnt, test = examples.filter(pl.col("part") != TEST), examples.filter(pl.col("part") == TEST)
    sat = Exam(TOY, test, bootstraps=30)
    sat.enter("kind", by_kind(learnt, test))
    sat.enter("base rate", constant(learnt, test))
    sat.enter("learnt", fit(learnt, FitOptions()).predict(TOY.requests(test)), in_full=True)
    return sat


@pytest.fixture(scope="module")
def content(exam: Exam) -> dict[str, Any]:
    return {
        "task": "trend48",
        "model": "trend",
        "question": TOY.question,
        "kind": "learnt",
        "trained_as_of": "2026-06-02",
        "dataset_digest": "d" * 64,
        "code_digest": "c" * 64,
        "seed": 7,
        "parts": {"train": {"rows": 750, "first_at": "2026-06-01T00:00:00", "last_at": None}},
        **record(exam, "learnt", list(TOY.rules)),
        "against_champion": {"point": 0.01, "low": -0.01, "high": 0.03},
        "importance": {"heat": 1.0},
        "costs": asdict(Costs(0.01, 2.0, 1.5)),
    }


def test_a_card_shows_rules_base_rate_and_intervals_beside_the_model(content: dict[str, Any]) -> None:
    words = card(content)
    assert words.startswith("# trend48, learnt, as of 2026-06-02\n")
    assert f"**{content['value']:.4g}**" in words
    for rule in TOY.rules:
        assert f"| {rule} |" in words
    assert "Base rates: hot 0.34" in words
    assert "| kind: music |" in words
    assert "the version in use before" in words
    assert "2 ms for one row alone, 1.5 MB" in words
    assert all(limit in words for limit in LIMITS["trend48"])
    assert "d" * 64 in words
    assert "nan" not in words


def test_figures_without_a_value_are_left_blank(content: dict[str, Any]) -> None:
    odd = {**content, "low": None, "high": float("nan"), "importance": {}, "slices": [], "base_rates": {}, "costs": None}
    words = card(odd)
    assert "nan" not in words
    assert "None" not in words


def test_every_task_says_what_it_is_not_for() -> None:
    assert set(LIMITS) == set(NAMES)


def test_pictures_are_png_and_equal_ones_have_equal_bytes(content: dict[str, Any], exam: Exam) -> None:
    pairs = calibration_pairs(TOY, exam.test, exam.answers["learnt"])
    assert set(pairs) == {"p_hot"}
    found = pictures(content, pairs)
    assert set(found) == {"baselines", "calibration", "importance"}
    assert all(picture.startswith(b"\x89PNG") for picture in found.values())
    assert pictures(content, pairs) == found
    assert set(pictures({**content, "importance": {}}, {})) == {"baselines"}


def test_a_score_in_percent_is_held_against_the_one_outcome() -> None:
    scored = replace(TOY, output={"row_id": pl.String, "score": pl.Float64})
    examples = pl.DataFrame({"label_above": [0.0, 1.0, None], "label_lead": [-0.2, 0.4, None]})
    answers = pl.DataFrame({"row_id": ["a", "b", "c"], "score": [20.0, 90.0, 50.0]})
    found = calibration_pairs(scored, examples, answers)
    assert {name: (label.tolist(), chance.tolist()) for name, (label, chance) in found.items()} == {"score": ([0, 1], [0.2, 0.9])}
    assert calibration_pairs(scored, examples.drop("label_above"), answers) == {}
    assert calibration_pairs(scored, examples, answers.with_columns(score=pl.lit(-3.0))) == {}
