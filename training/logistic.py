"""Logistic regression drawn towards zero, for sets of a few hundred rows: numbers in, plain numbers out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

Array = np.ndarray[Any, np.dtype[np.float64]]

_STEPS = 50
_CLOSE = 1e-9
_FAR = 3.0
"""Standard deviations beyond which an input counts no more."""


@dataclass(frozen=True)
class Logistic:
    """Coefficients on standardised inputs; an unknown input counts as its mean.

    Attributes:
        inputs: names, in order.
        means, scales: of each input.
        weights: of each standardised input.
        intercept: logit where every input is at its mean.
    """

    inputs: tuple[str, ...]
    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float

    def logit(self, inputs: pl.DataFrame) -> Array:
        """One logit per row."""
        return self.intercept + _standard(inputs, self.inputs, self.means, self.scales) @ np.array(self.weights)

    def as_json(self) -> dict[str, Any]:
        """Everything, as JSON."""
        return {name: getattr(self, name) for name in ("inputs", "means", "scales", "weights", "intercept")}

    @classmethod
    def of_json(cls, about: Mapping[str, Any]) -> Logistic:
        """Read it again. Raises KeyError, TypeError or ValueError for anything else."""
        inputs = tuple(str(name) for name in about["inputs"])
        rows = [tuple(float(value) for value in about[name]) for name in ("means", "scales", "weights")]
        if any(len(row) != len(inputs) for row in rows):
            raise ValueError("coefficients and inputs differ in number")
        return cls(inputs, *rows, float(about["intercept"]))


def fit_logistic(
    inputs: pl.DataFrame, target: Array, ridge: float, start: Array | None = None, ridge_of_intercept: float = _CLOSE
) -> Logistic:
    """Maximise log likelihood - ridge / 2 × Σ coefficient², by Newton's method.

    `start` are logits that the answer is added to: what another model says, from which this one learns to differ."""
    names = tuple(inputs.columns)
    raw = inputs.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    known = np.isfinite(raw)
    filled = np.where(known, raw, 0.0)
    counts = np.maximum(known.sum(axis=0), 1)
    means = filled.sum(axis=0) / counts
    scales = np.sqrt((np.where(known, raw - means, 0.0) ** 2).sum(axis=0) / counts)
    scales = np.where(scales > 0, scales, 1.0)
    matrix = np.column_stack([np.ones(len(raw)), _standard(inputs, names, means, scales)])
    begin = np.zeros(len(raw)) if start is None else start
    coefficients = np.zeros(matrix.shape[1])
    penalty = np.full(matrix.shape[1], ridge)
    penalty[0] = ridge_of_intercept
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(begin + matrix @ coefficients, -30, 30)))
        slope = matrix.T @ (target - chance) - penalty * coefficients
        bend = (matrix * (chance * (1 - chance))[:, None]).T @ matrix + np.diag(penalty)
        step = np.linalg.solve(bend, slope)
        coefficients += np.clip(step, -2, 2)
        if np.abs(step).max() < _CLOSE:
            break
    return Logistic(names, *(tuple(map(float, row)) for row in (means, scales, coefficients[1:])), float(coefficients[0]))


def _standard(inputs: pl.DataFrame, names: tuple[str, ...], means: Any, scales: Any) -> Array:
    raw = inputs.select(names).cast(pl.Float64).fill_null(float("nan")).to_numpy()
    return np.clip(np.nan_to_num((raw - np.array(means)) / np.array(scales)), -_FAR, _FAR)
