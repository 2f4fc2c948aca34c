"""Metrics with intervals, paired differences and slices."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from core.errors import Damaged
from tests.unit.training.hot_rows import TOY, by_kind, constant, fit, make_examples, split
from training.evaluation import auc, average_precision
from training.judging import Exam, base_rates, columns_needed, quick_baseline, record
from training.tasks.task import TEST, FitOptions


@pytest.fixture(scope="module")
def parts() -> tuple[pl.DataFrame, pl.DataFrame]:
    examples = make_examples()
    examples = examples.with_columns(split(examples))
    return examples.filter(pl.col("part") != TEST), examples.filter(pl.col("part") == TEST)


@pytest.fixture(scope="module")
def exam(parts: tuple[pl.DataFrame, pl.DataFrame]) -> Exam:
    learnt, test = parts
    sat = Exam(TOY, test, bootstraps=100)
    sat.enter("kind", by_kind(learnt, test))
    sat.enter("base rate", constant(learnt, test))
    sat.enter("learnt", fit(learnt, FitOptions()).predict(TOY.requests(test)), in_full=True)
    return sat


def test_a_figure_lies_within_its_interval_and_better_is_above_zero(exam: Exam) -> None:
    figure = exam.figure("learnt")
    assert figure.low < figure.value < figure.high
    difference = exam.difference("learnt", "kind")
    assert difference.low > 0
    assert difference.point == pytest.approx(exam.figure("learnt").value - exam.figure("kind").value)
    assert exam.difference("kind", "learnt").high == pytest.approx(-difference.low)
    same = exam.difference("learnt", "learnt")
    assert (same.point, same.low, same.high) == (0, 0, 0)


def test_a_difference_of_errors_is_above_zero_where_the_error_is_smaller(parts: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    learnt, test = parts
    errors = replace(TOY, primary="brier", metrics={"brier": _brier}, lower_is_better=frozenset({"brier"}))
    sat = Exam(errors, test, bootstraps=50)
    sat.enter("base rate", constant(learnt, test))
    sat.enter("learnt", fit(learnt, FitOptions()).predict(errors.requests(test)))
    assert sat.figure("learnt").value < sat.figure("base rate").value
    assert sat.difference("learnt", "base rate").low > 0


def _brier(judged: pl.DataFrame) -> float:
    return float(((judged["label_hot"] - judged["p_hot"]) ** 2).mean())  # type: ignore[arg-type]


def test_equal_rows_are_judged_equal_and_draws_are_of_whole_clusters(parts: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    learnt, test = parts
    answers = fit(learnt, FitOptions()).predict(TOY.requests(test))
    wide, narrow = (Exam(TOY, rows, bootstraps=100) for rows in (test.with_columns(cluster=pl.lit("one") + pl.col("kind")), test))
    for sat in (wide, narrow):
        sat.enter("learnt", answers)
    assert wide.figure("learnt").value == narrow.figure("learnt").value
    again = Exam(TOY, test, bootstraps=100)
    again.enter("learnt", answers)
    assert again.figure("learnt") == narrow.figure("learnt")
    assert wide.figure("learnt").high - wide.figure("learnt").low != narrow.figure("learnt").high - narrow.figure("learnt").low


def test_a_group_that_is_drawn_twice_counts_as_two() -> None:
    """Three groups of two rows; the metric is the number of groups that it sees, which is what every draw holds."""
    test = pl.DataFrame(
        {
            "row_id": list("abcdef"),
            "group": ["x", "x", "y", "y", "z", "z"],
            "cluster": ["x", "x", "y", "y", "z", "z"],
            "label_hot": [0.0, 1.0] * 3,
        }
    )
    counting = replace(TOY, primary="groups", metrics={"groups": lambda judged: float(judged["group"].n_unique())}, slices={})
    sat = Exam(counting, test, bootstraps=60)
    sat.enter("any", pl.DataFrame({"row_id": list("abcdef"), "p_hot": [0.5] * 6}))
    figure = sat.figure("any")
    assert (figure.low, figure.value, figure.high) == (3, 3, 3)


def test_a_metric_that_reads_names_as_text_sees_text(parts: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    _, test = parts
    spelt = replace(
        TOY,
        primary="spelt",
        metrics={"spelt": lambda judged: float((judged["row_id"].cast(pl.String).str.starts_with("r")).mean())},  # type: ignore[arg-type]
        slices={},
    )
    sat = Exam(spelt, test, bootstraps=20)
    sat.enter("base rate", constant(test, test))
    assert sat.figure("base rate").low == 1


def test_slices_are_of_enough_rows_and_have_intervals(exam: Exam) -> None:
    assert {part.group for part in exam.slices} == {"music", "gaming"}
    for part in exam.slices:
        assert part.rows >= 200
        figure = exam.figure("learnt", part=part)
        assert figure.low < figure.value < figure.high
        assert exam.difference("learnt", "kind", part).low > 0


@pytest.mark.parametrize("value", [float("nan"), float("inf"), None])
def test_answers_that_are_no_number_are_refused(parts: tuple[pl.DataFrame, pl.DataFrame], value: float | None) -> None:
    learnt, test = parts
    bad = constant(learnt, test).with_columns(
        p_hot=pl.when(pl.col("row_id") == test["row_id"][0]).then(pl.lit(value, pl.Float64)).otherwise(pl.col("p_hot"))
    )
    sat = Exam(TOY, test, bootstraps=5)
    with pytest.raises(Damaged, match="no finite number for 1 rows"):
        sat.enter("bad", bad)
    assert not sat.has("bad")


def test_too_few_answers_are_refused(parts: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    learnt, test = parts
    with pytest.raises(Damaged, match="answers 599 of 600 rows"):
        Exam(TOY, test, bootstraps=5).enter("short", constant(learnt, test).head(599))


def test_the_record_holds_everything_beside_every_rule(exam: Exam) -> None:
    found = record(exam, "learnt", list(TOY.rules))
    assert found["metric"] == "average_precision"
    assert found["low"] < found["value"] < found["high"]
    assert set(found["baselines"]) == {"kind", "base rate"}
    assert found["baselines"]["kind"]["metrics"]["ece"] > 0
    assert found["metrics"]["ece"]["low"] <= found["metrics"]["ece"]["value"]
    assert found["base_rates"]["hot"] == pytest.approx(exam.test["label_hot"].mean())
    assert {part["group"] for part in found["slices"]} == {"music", "gaming"}
    assert quick_baseline(found) == "kind"


def test_base_rates_are_of_labels_of_zero_and_one_alone() -> None:
    rows = pl.DataFrame(
        {"label_hot": [0, 1, None], "label_is_late": [True, False, False], "label_views": [3.0, 4.0, 5.0], "x": [0, 1, 1]}
    )
    assert base_rates(rows) == {"hot": 0.5, "is_late": pytest.approx(1 / 3)}


def test_the_columns_that_an_answer_needs() -> None:
    frame = pl.DataFrame({"a": [1, 2], "b": [3, 4], "c": ["x", "y"]})
    assert columns_needed(lambda rows: [float(rows["a"].sum())], frame, ["a"]) == ["a"]
    assert columns_needed(lambda rows: [float(rows["a"].sum()) + len(rows["c"])], frame, ["b"]) == ["a", "c"]


def test_ranking_metrics_are_those_of_scikit_learn() -> None:
    from sklearn.metrics import average_precision_score, roc_auc_score

    draw = np.random.default_rng(0)
    for rows in (3, 40, 2_000):
        target = np.concatenate([[0.0, 1.0], (draw.random(rows) < 0.3).astype(float)])
        score, weight = np.round(draw.random(rows + 2), 1), draw.integers(1, 4, rows + 2).astype(float)
        assert average_precision(target, score) == pytest.approx(average_precision_score(target, score))
        assert average_precision(target, score, weight) == pytest.approx(
            average_precision_score(target, score, sample_weight=weight)
        )
        assert auc(target, score, weight) == pytest.approx(roc_auc_score(target, score, sample_weight=weight))
    assert average_precision(np.zeros(4), np.ones(4)) == 0
    assert auc(np.ones(4), np.ones(4)) == 0.5
