"""Brings a network's logits to what was seen, inside the program that is exported."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

Array = np.ndarray[Any, Any]

_FEWEST = 50
"""Rows below which a slope is not fitted: the offset alone is all that so few can tell."""
_SLOPES = (0.05, 20.0)


class Calibrated(nn.Module):
    """Logit = slope × network(raw) + offset: Platt's scaling. The order of rows stays what it was."""

    def __init__(self, network: nn.Module, slope: float, offset: float) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("slope", torch.tensor(slope, dtype=torch.float32))
        self.register_buffer("offset", torch.tensor(offset, dtype=torch.float32))

    def forward(self, raw: Tensor) -> Tensor:
        return self.get_buffer("slope") * self.network(raw) + self.get_buffer("offset")


def fit_calibration(logit: Array, target: Array, weight: Array | None = None) -> tuple[float, float]:
    """Slope and offset with the least log loss of targets between 0 and 1 (events or rates), shape (rows,).

    Newton's method from slope 1 and offset 0; a touch of ridge towards these keeps separable rows finite. Without rows, and where
    the logits would have to be turned round, the logits stay as they are but for the offset.
    """
    if not len(logit):
        return 1.0, 0.0
    weights = np.ones(len(logit)) if weight is None else np.asarray(weight, dtype=np.float64)
    weights = weights / weights.mean()
    free = len(logit) >= _FEWEST and float(np.std(logit)) > 1e-6
    found = _newton(logit, target, weights, free)
    return found if _SLOPES[0] <= found[0] <= _SLOPES[1] else _newton(logit, target, weights, False)


def _newton(logit: Array, target: Array, weight: Array, free: bool) -> tuple[float, float]:
    start = np.array([1.0, 0.0])
    inputs = np.stack([np.asarray(logit, dtype=np.float64), np.ones(len(logit))], axis=1)
    at = start.copy()
    for _ in range(50):
        chance = 1 / (1 + np.exp(-np.clip(inputs @ at, -30, 30)))
        slope = inputs.T @ (weight * (chance - target)) + 1e-3 * (at - start)
        curve = (inputs * (weight * chance * (1 - chance))[:, None]).T @ inputs + 1e-3 * np.eye(2)
        step = np.linalg.solve(curve, slope) if free else np.array([0.0, slope[1] / curve[1, 1]])
        step = np.clip(step, -2.0, 2.0)
        at = at - step
        if np.abs(step).max() < 1e-9:
            break
    return float(at[0]), float(at[1])
