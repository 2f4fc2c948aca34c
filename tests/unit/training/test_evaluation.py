"""Metrics against their definitions, and intervals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.training.data import CHANCE, RATE, make_dataset, part_of
from training import evaluation
from training.specs import TREND

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

targets = st.lists(st.integers(0, 1), min_size=4, max_size=30).filter(lambda values: 0 < sum(values) < len(values))


def brute_pairs(target: np.ndarray, score: np.ndarray) -> float:
    pairs = [(i, j) for i in range(len(target)) for j in range(len(target)) if target[i] > target[j]]
    return float(np.mean([1.0 if score[i] > score[j] else 0.5 if score[i] == score[j] else 0.0 for i, j in pairs]))


@given(targets, st.data())
def test_auc_and_pairwise_accuracy_are_the_share_of_ordered_pairs(values: list[int], data: st.DataObject) -> None:
    target = np.array(values, dtype=float)
    score = np.array(data.draw(st.lists(st.integers(0, 5), min_size=len(values), max_size=len(values)))) / 5

    expected = brute_pairs(target, score)

    assert evaluation.auc(target, score) == pytest.approx(expected)
    assert evaluation.pairwise_accuracy(target, score, np.zeros(len(target))) == pytest.approx(expected)


@given(targets, st.data())
def test_a_weight_is_a_repetition(values: list[int], data: st.DataObject) -> None:
    target = np.array(values, dtype=float)
    score = np.array(data.draw(st.lists(st.integers(0, 5), min_size=len(values), max_size=len(values)))) / 5
    times = np.array(data.draw(st.lists(st.integers(0, 3), min_size=len(values), max_size=len(values))))
    within = np.arange(len(values)) % 2
    many = [np.repeat(values, times) for values in (target, score, within)]

    if len(many[0]):
        for name, metric in evaluation.PRIMARY.items():
            weighted = metric(target, score, within, times.astype(float))
            assert weighted == pytest.approx(metric(*many, None)), name


def test_pairs_are_compared_within_their_group_only() -> None:
    target = np.array([0.01, 0.02, 0.10, 0.20])
    within = np.array([0, 0, 1, 1])

    assert evaluation.pairwise_accuracy(target, target, within) == 1
    assert evaluation.pairwise_accuracy(target, np.array([0.9, 1.0, 0.1, 0.2]), within) == 1
    assert evaluation.pairwise_accuracy(target, np.array([0.05, 0.05, 0.1, 0.1]), within) == 0.5
    assert evaluation.rank_correlation(target, np.array([0.9, 1.0, 0.1, 0.2]), within) == pytest.approx(1)
    assert evaluation.rank_correlation(target, within.astype(float), within) == 0


def test_a_constant_score_has_the_base_rate_as_average_precision() -> None:
    target = np.array([1, 0, 0, 0], dtype=float)
    assert evaluation.average_precision(target, np.full(4, 0.3)) == pytest.approx(0.25)
    assert evaluation.average_precision(np.zeros(4), np.arange(4.0)) == 0
    assert evaluation.auc(np.ones(4), np.arange(4.0)) == 0.5


def test_calibration_error_is_the_distance_between_said_and_seen() -> None:
    target = np.tile([1.0, 0.0, 0.0, 0.0], 100)
    assert evaluation.expected_calibration_error(target, np.full(400, 0.25)) == pytest.approx(0)
    assert evaluation.expected_calibration_error(target, np.full(400, 0.65)) == pytest.approx(0.4)


@pytest.mark.parametrize("spec", [CHANCE, RATE])
def test_metrics_name_the_primary_one_first_and_are_empty_without_rows(spec: object) -> None:
    part = make_dataset(spec).part("test", spec)  # type: ignore[arg-type]
    metrics = evaluation.metrics_of(spec, part, np.clip(part.target, 0.01, 0.99))  # type: ignore[arg-type]
    assert next(iter(metrics)) == spec.primary_metric  # type: ignore[attr-defined]
    assert metrics[spec.primary_metric] == 1  # type: ignore[attr-defined]
    assert all(np.isfinite(value) for value in metrics.values())
    assert evaluation.metrics_of(spec, part_of([]), np.zeros(0)) == {}  # type: ignore[arg-type]


def test_the_interval_of_a_difference_holds_it_and_is_the_same_again() -> None:
    part = make_dataset(CHANCE).part("test", CHANCE)
    good, bad = part.raw[:, 2], np.zeros(len(part))

    comparison = evaluation.compare(CHANCE, part, good, bad, seed=1)

    assert comparison.low < comparison.point < comparison.high
    assert comparison.low > 0
    assert evaluation.compare(CHANCE, part, good, bad, seed=1) == comparison
    nothing = evaluation.compare(CHANCE, part, bad, bad, seed=1)
    assert (nothing.point, nothing.low, nothing.high) == (0, 0, 0)


def test_rows_of_one_video_are_drawn_together() -> None:
    alone = part_of([1, 0, 0, 0] * 30)
    together = part_of([1, 0, 0, 0] * 30, cluster=[0, 1, 1, 1] * 30)
    score = np.tile([0.9, 0.1, 0.2, 0.95], 30)
    narrow, wide = (evaluation.compare(TREND, part, score, np.zeros(120), seed=0) for part in (alone, together))
    assert wide.high - wide.low > narrow.high - narrow.low


def test_pictures_are_png() -> None:
    for spec in (CHANCE, RATE):
        part = make_dataset(spec).part("test", spec)
        score = np.clip(part.target, 0.01, 0.99)
        pictures = evaluation.plots(spec, part, {"model": score, "baseline": score * 0 + 0.1}, {"rule": part.raw[:, 0]})
        assert len(pictures) == 2
        assert all(content.startswith(b"\x89PNG") for content in pictures.values())
