"""Metrics, paired intervals and pictures. Arrays in, numbers out: no model, no registry.

`target` is 0 or 1 for a chance and a rate for a rate; `score` has the same length; `within` names the group in which scores
are compared (constant where all are). Every metric takes row weights, because the bootstrap is made of them."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from training.dataset import Part
from training.specs import ModelSpec, Task
from training.values import Comparison

Array = np.ndarray[Any, Any]
Metric = Callable[[Array, Array, Array, Array | None], float]

BOOTSTRAPS = 300
CONFIDENCE = 0.95
_BINS = 10


def cluster_draws(cluster: Array, seed: int, bootstraps: int = BOOTSTRAPS) -> Iterator[Array]:
    """How often each row is drawn when whole clusters (the rows of one value) are drawn with replacement; one array per draw."""
    _, place = np.unique(cluster, return_inverse=True)
    generator = np.random.default_rng(seed)
    size = int(place.max()) + 1
    for _ in range(bootstraps):
        yield np.bincount(generator.integers(0, size, size), minlength=size)[place]


def interval(values: Array) -> tuple[float, float]:
    """The ends between which 95 % of bootstrapped values lie; those of draws without a value are left out."""
    known = np.asarray(values, dtype=float)
    known = known[np.isfinite(known)]
    if not len(known):
        return float("nan"), float("nan")
    low, high = np.quantile(known, ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2))
    return float(low), float(high)


def average_precision(target: Array, score: Array, weight: Array | None = None) -> float:
    """Area under the precision-recall steps; the share of positives for a constant score, 0 without positives."""
    positive, negative = _by_score(target, score, weight)
    found, taken = np.cumsum(positive[::-1]), np.cumsum((positive + negative)[::-1])
    return float((positive[::-1] * found / np.where(taken > 0, taken, 1.0)).sum() / found[-1]) if found[-1] > 0 else 0.0


def auc(target: Array, score: Array, weight: Array | None = None) -> float:
    """Chance that a positive row scores above a negative one, ties counting half; 0.5 where a class is missing."""
    positive, negative = _by_score(target, score, weight)
    if min(positive.sum(), negative.sum()) <= 0:
        return 0.5
    below = np.cumsum(negative) - negative / 2
    return float((positive * below).sum() / (positive.sum() * negative.sum()))


def _by_score(target: Array, score: Array, weight: Array | None) -> tuple[Array, Array]:
    """Weight of positive and of negative rows at each score, lowest first. A bootstrap asks for it thousands of times: a sort
    and two sums, where a library's own checks of its arguments would take longer than the work."""
    values = np.asarray(score, dtype=float)
    order = np.argsort(values, kind="stable")
    values = values[order]
    if not len(values):
        return np.zeros(1), np.zeros(1)
    starts = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]]))
    label = np.asarray(target, dtype=float)[order]
    mass = np.ones(len(values)) if weight is None else np.asarray(weight, dtype=float)[order]
    return np.add.reduceat(label * mass, starts), np.add.reduceat((1 - label) * mass, starts)


def log_loss(target: Array, score: Array) -> float:
    """Mean negative log likelihood, with scores kept 1e-6 away from 0 and 1."""
    kept = np.clip(score, 1e-6, 1 - 1e-6)
    return float(-np.mean(target * np.log(kept) + (1 - target) * np.log(1 - kept)))


def calibration_bins(target: Array, score: Array) -> list[tuple[float, float, int]]:
    """Mean score, mean target and rows of ten bins of about equal row count; tied scores share a bin."""
    edges = np.unique(np.quantile(score, np.linspace(0, 1, _BINS + 1)[1:-1]))
    bins = np.searchsorted(edges, score, side="right")
    return [
        (float(score[bins == number].mean()), float(target[bins == number].mean()), int((bins == number).sum()))
        for number in np.unique(bins)
    ]


def expected_calibration_error(target: Array, score: Array) -> float:
    """Mean distance between mean score and mean target over `calibration_bins`, weighted by rows."""
    bins = calibration_bins(target, score)
    return float(sum(abs(mean - observed) * rows for mean, observed, rows in bins) / len(target))


def pairwise_accuracy(target: Array, score: Array, within: Array, weight: Array | None = None) -> float:
    """Share of pairs of one group that the scores put in the right order, ties counting half; the mean over groups weighted
    by their rows. 0.5 for a score that is constant within each group, and where no group has two different targets."""
    weights = np.ones(len(target)) if weight is None else weight
    total = share = 0.0
    for group in np.unique(within):
        rows = np.flatnonzero((within == group) & (weights > 0))
        order = np.sign(target[rows, None] - target[rows])
        pairs = np.where(order > 0, np.outer(weights[rows], weights[rows]), 0.0)
        if (mass := pairs.sum()) > 0:
            right = (np.sign(score[rows, None] - score[rows]) + 1) / 2
            share += weights[rows].sum() * float((pairs * right).sum() / mass)
            total += weights[rows].sum()
    return float(share / total) if total else 0.5


def rank_correlation(target: Array, score: Array, within: Array) -> float:
    """Mean over groups (weighted by rows) of Spearman's correlation; a group with a constant score or target counts 0."""
    from scipy.stats import rankdata

    total = 0.0
    for group in np.unique(within):
        rows = within == group
        if len(np.unique(score[rows])) > 1 and len(np.unique(target[rows])) > 1:
            total += rows.sum() * np.corrcoef(rankdata(target[rows]), rankdata(score[rows]))[0, 1]
    return float(total / len(target))


PRIMARY: dict[str, Metric] = {
    "average_precision": lambda target, score, _, weight: average_precision(target, score, weight),
    "auc": lambda target, score, _, weight: auc(target, score, weight),
    "pairwise_accuracy": pairwise_accuracy,
}
"""Metrics that a spec may name as its primary one; higher is better."""


def metrics_of(spec: ModelSpec, part: Part, score: Array) -> dict[str, float]:
    """Every metric of a model's task, the primary one first. Empty for an empty part."""
    if not len(part):
        return {}
    primary = {spec.primary_metric: PRIMARY[spec.primary_metric](part.target, score, part.within, None)}
    if spec.task is Task.RATE:
        return primary | {
            "rank_correlation": rank_correlation(part.target, score, part.within),
            "mean_absolute_error": float(np.mean(np.abs(part.target - score))),
            "mean_rate": float(part.target.mean()),
            "rows": float(len(part)),
        }
    return primary | {
        "average_precision": average_precision(part.target, score),
        "auc": auc(part.target, score),
        "log_loss": log_loss(part.target, score),
        "calibration_error": expected_calibration_error(part.target, score),
        "base_rate": float(part.target.mean()),
        "rows": float(len(part)),
    }


def compare(spec: ModelSpec, part: Part, score: Array, other: Array, seed: int) -> Comparison:
    """The primary metric of `score` minus that of `other`, with its 95 % interval.

    Paired bootstrap: clusters (the rows of one video) are drawn with replacement, 300 times, and both scores are judged on the
    same draw.
    """
    point, spread = differences(spec, part, score, other, seed)
    return Comparison(point, *interval(spread))


def differences(spec: ModelSpec, part: Part, score: Array, other: Array, seed: int) -> tuple[float, Array]:
    """The primary metric of `score` minus that of `other`: on the rows as they are, and on each draw."""
    metric = PRIMARY[spec.primary_metric]
    spread = []
    for drawn in cluster_draws(part.cluster, seed):
        kept = drawn > 0
        target, within, weight = part.target[kept], part.within[kept], drawn[kept].astype(float)
        spread.append(metric(target, score[kept], within, weight) - metric(target, other[kept], within, weight))
    point = metric(part.target, score, part.within, None) - metric(part.target, other, part.within, None)
    return float(point), np.array(spread)


def plots(spec: ModelSpec, part: Part, scores: Mapping[str, Array], rules: Mapping[str, Array]) -> dict[str, bytes]:
    """PNG pictures of a part: precision and recall for a chance or order within groups for a rate, and calibration.

    `scores` are probabilities or rates; `rules` only rank, so that they have no place in the calibration picture.
    """
    calibration = _calibration_plot(part, scores)
    if spec.task is Task.RATE:
        return {"order": _order_plot(part, {**scores, **rules}), "calibration": calibration}
    return {"precision_recall": _precision_recall_plot(part, {**scores, **rules}), "calibration": calibration}


def _precision_recall_plot(part: Part, scores: Mapping[str, Array]) -> bytes:
    from sklearn.metrics import precision_recall_curve

    figure, axes = figure_with_axes("Recall: share of positives found", "Precision: share of found that are positive")
    for name, score in scores.items():
        precision, recall, _ = precision_recall_curve(part.target, score)
        axes.step(recall, precision, where="post", label=f"{name} (AP {average_precision(part.target, score):.3f})")
    axes.axhline(part.target.mean(), color="grey", linestyle=":", label=f"base rate {part.target.mean():.3f}")
    axes.set(xlim=(0, 1), ylim=(0, 1))
    return _png(figure, axes)


def _calibration_plot(part: Part, scores: Mapping[str, Array]) -> bytes:
    figure, axes = figure_with_axes("Predicted", "Observed")
    top = 0.0
    for name, score in scores.items():
        bins = calibration_bins(part.target, score)
        top = max([top, *(max(mean, observed) for mean, observed, _ in bins)])
        axes.plot([mean for mean, _, _ in bins], [observed for _, observed, _ in bins], marker="o", label=name)
    axes.plot((0, top), (0, top), color="grey", linestyle=":", label="perfect")
    return _png(figure, axes)


def _order_plot(part: Part, scores: Mapping[str, Array]) -> bytes:
    figure, axes = figure_with_axes("Pairs of one channel in the right order", "")
    accuracies = {name: pairwise_accuracy(part.target, score, part.within) for name, score in scores.items()}
    axes.barh(list(accuracies), list(accuracies.values()))
    axes.axvline(0.5, color="grey", linestyle=":", label="a coin")
    axes.set(xlim=(0, 1))
    return _png(figure, axes)


def figure_with_axes(across: str, up: str) -> tuple[Any, Any]:
    """An empty picture and its axes, with what they show."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4.2), layout="constrained")
    axes = figure.subplots()
    axes.set(xlabel=across, ylabel=up)
    axes.grid(alpha=0.3)
    return figure, axes


def png(figure: Any) -> bytes:
    """A picture as PNG; equal pictures give equal bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    return buffer.getvalue()


def _png(figure: Any, axes: Any) -> bytes:
    axes.legend()
    return png(figure)
