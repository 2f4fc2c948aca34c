"""How the literature predicts how many views a video will have: the methods that a learnt model has to beat, in numpy.

    log-linear scaling    Szabo and Huberman, Predicting the popularity of online content (2010)
    multivariate linear   Pinto, Almeida, Gonçalves, Using early view patterns to predict the popularity of YouTube videos (2013)
    radial bases          the same paper's MRBF

All are fitted on the relative squared error (predicted / true − 1)², which the papers report as its mean, mRSE. `series` holds
the views of each early day, shape (rows, days), not their sums; `target` the total to predict, shape (rows,). Rows without a
target above zero have no relative error and are not learnt from; unknown and negative views count as none. Without rows, fitting
raises NotReady."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from core.errors import InvalidInput, NotReady

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Scaling:
    """Later views are early views times one factor: ln(later) = ln(early) + ln(factor)."""

    factor: float
    at_zero: float
    """What is said where there were no early views: the best constant for such rows."""

    def predict(self, early: Any) -> Array:
        """Predict from early views, shape (rows,)."""
        seen = _views(early)
        return np.where(seen > 0, seen * self.factor, self.at_zero)


@dataclass(frozen=True)
class Multivariate:
    """A weight for each early day, without an intercept."""

    weights: Array
    at_zero: float

    def predict(self, series: Any) -> Array:
        """Predict from daily views, shape (rows, days); never below zero."""
        days = _series(series, len(self.weights))
        return np.where(days.sum(axis=1) > 0, np.maximum(days @ self.weights, 0.0), self.at_zero)


@dataclass(frozen=True)
class Radial:
    """A weight for each early day, and one for the likeness to each of some training rows."""

    centres: Array
    """Shape (centres, days), as `_pattern` lays them out."""
    width: float
    weights: Array
    """Shape (days + centres,)."""
    at_zero: float

    def predict(self, series: Any) -> Array:
        """Predict from daily views, shape (rows, days); never below zero."""
        days = _series(series, self.centres.shape[1])
        inputs = _radial_inputs(days, self.centres, self.width)
        return np.where(days.sum(axis=1) > 0, np.maximum(inputs @ self.weights, 0.0), self.at_zero)


def fit_szabo_huberman(early: Any, target: Any, loss: Literal["relative", "log"] = "relative") -> Scaling:
    """Fit the factor between early and later views, each of shape (rows,).

    `relative` is the factor of least mRSE, Σr / Σr² with r = early / later. `log` is least squares on logarithms; the paper adds
    half the variance to make a mean of it, which is left out: an error of logarithms wants the middle.
    """
    seen, later = _pairs(_views(early), target)
    kept = seen > 0
    if not kept.any():
        return Scaling(0.0, _best_constant(later))
    ratio = seen[kept] / later[kept]
    factor = ratio.sum() / (ratio**2).sum() if loss == "relative" else np.exp(-np.log(ratio).mean())
    return Scaling(float(factor), _constant_at_zero(seen, later))


def fit_multivariate(series: Any, target: Any) -> Multivariate:
    """Fit one weight a day. Days that are alike, constant or empty share what they cannot divide (least norm)."""
    days, later = _pairs(_series(series), target)
    weights = np.linalg.lstsq(days / later[:, None], np.ones(len(later)), rcond=1e-10)[0]
    return Multivariate(weights, _constant_at_zero(days.sum(axis=1), later))


def fit_radial(series: Any, target: Any, centres: int = 100, width: float = 2.0, ridge: float = 1e-5, seed: int = 7) -> Radial:
    """Fit weights for days and for Gaussian bases around `centres` training rows.

    Args:
        width: of the bases, in units of ln(views).
        ridge: weight of the squared weights, as a share of the mean square of their inputs.
        seed: draws the centres.

    The paper measures distance on raw views, where a few large videos are far from all others and the rest are all alike, and
    adds a constant near each centre. Here distance is measured on logarithms and a base scales the views so far, so that rows
    like a centre grow as it did.
    """
    days, later = _pairs(_series(series), target)
    drawn = np.random.default_rng(seed).permutation(np.flatnonzero(days.sum(axis=1) > 0))[:centres]
    chosen = np.unique(_pattern(days[drawn]), axis=0) if len(drawn) else np.zeros((0, days.shape[1]))
    inputs = _radial_inputs(days, chosen, width) / later[:, None]
    scale = np.sqrt(np.mean(inputs**2, axis=0))
    scale[scale == 0] = 1.0
    inputs /= scale
    normal = inputs.T @ inputs / len(later) + ridge * np.eye(inputs.shape[1])
    weights = np.linalg.solve(normal, inputs.mean(axis=0)) / scale
    return Radial(chosen, width, weights, _constant_at_zero(days.sum(axis=1), later))


def relative_squared_error(target: Any, predicted: Any) -> float:
    """mRSE over the rows with a target above zero; NaN without any."""
    later = np.asarray(target, dtype=np.float64)
    kept = later > 0
    return float(np.mean((np.asarray(predicted, dtype=np.float64)[kept] / later[kept] - 1) ** 2)) if kept.any() else float("nan")


def _radial_inputs(days: Array, centres: Array, width: float) -> Array:
    pattern = _pattern(days)
    squared = (pattern**2).sum(axis=1)[:, None] + (centres**2).sum(axis=1) - 2 * pattern @ centres.T
    return np.hstack([days, np.exp(-np.maximum(squared, 0.0) / (2 * width**2)) * days.sum(axis=1)[:, None]])


def _pattern(days: Array) -> Array:
    return np.log1p(days)


def _best_constant(later: Array) -> float:
    """The constant of least mRSE."""
    return float((1 / later).sum() / (1 / later**2).sum())


def _constant_at_zero(seen: Array, later: Array) -> float:
    empty = later[seen <= 0]
    return _best_constant(empty) if len(empty) else float(later.min())


def _pairs(seen: Array, target: Any) -> tuple[Array, Array]:
    later = np.asarray(target, dtype=np.float64)
    if later.shape != seen.shape[:1]:
        raise InvalidInput(f"There are {len(seen)} rows of early views and {later.size} targets.")
    kept = np.isfinite(later) & (later > 0)
    if not kept.any():
        raise NotReady("No row has later views to learn from.", "Give rows whose target is above zero.")
    return seen[kept], later[kept]


def _views(values: Any) -> Array:
    views = np.asarray(values, dtype=np.float64)
    return np.where(np.isfinite(views), np.maximum(views, 0.0), 0.0)


def _series(values: Any, days: int | None = None) -> Array:
    views = _views(values)
    if views.ndim != 2 or days not in (None, views.shape[1]):
        raise InvalidInput(f"Daily views have the shape {views.shape}; (rows, {days or 'days'}) is needed.")
    return views
