"""The simple rules that networks have to beat, as modules, so that they are exported, registered and served the same way.

Fitting one never fails: without rows it gives its prior. That is what serves before there is anything to learn from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from training.networks.encoding import one_of
from training.specs import AGE_BANDS_HOURS, Baseline, ModelSpec

_PRIOR_ROWS = 20.0
"""Weight of the overall share in each cell of a table, in rows."""
_PRIOR = {Baseline.AGE_CATEGORY_RATE: 0.1, Baseline.BASE_RATE: 0.5, Baseline.RECENT_RATE: 0.05}

Array = np.ndarray[Any, Any]


class ConstantRate(nn.Module):
    """The same rate for every row."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.register_buffer("logit", torch.tensor(_logit(rate)))

    def forward(self, raw: Tensor) -> Tensor:
        return torch.zeros_like(raw[:, 0]) + self.get_buffer("logit")


class AgeCategoryRate(nn.Module):
    """A table of rates by age band and category; unknown ages and categories have places of their own."""

    def __init__(self, rates: Array, codes: Sequence[int], age_column: int, category_column: int) -> None:
        """`rates` has the shape (age bands + 1, codes + 1)."""
        super().__init__()
        self.age_column, self.category_column = age_column, category_column
        self.register_buffer("ends", torch.tensor(AGE_BANDS_HOURS[:-1], dtype=torch.float32))
        self.register_buffer("bands", torch.arange(len(AGE_BANDS_HOURS), dtype=torch.float32))
        self.register_buffer("codes", torch.tensor(codes, dtype=torch.float32))
        self.register_buffer("logits", torch.tensor(_logit(rates), dtype=torch.float32))

    def forward(self, raw: Tensor) -> Tensor:
        age = raw[:, self.age_column]
        band = (age.unsqueeze(1) >= self.get_buffer("ends")).to(torch.float32).sum(dim=1)
        band = torch.where(torch.isfinite(age), band, -1.0)
        place = one_of(band, self.get_buffer("bands")).unsqueeze(2)
        category = one_of(raw[:, self.category_column], self.get_buffer("codes")).unsqueeze(1)
        return (place * category * self.get_buffer("logits")).sum(dim=(1, 2))


class RecentRate(nn.Module):
    """A rate that is itself an input; `fallback` where it is unknown."""

    def __init__(self, fallback: float, column: int) -> None:
        super().__init__()
        self.column = column
        self.register_buffer("fallback", torch.tensor(fallback))

    def forward(self, raw: Tensor) -> Tensor:
        rate = raw[:, self.column]
        known = torch.where(torch.isfinite(rate), rate, self.get_buffer("fallback")).clamp(1e-4, 1 - 1e-4)
        return torch.log(known) - torch.log1p(-known)


def fit_baseline(spec: ModelSpec, raw: Array, target: Array) -> nn.Module:
    """Fit a model's baseline on its training part: raw inputs (rows, inputs) and targets (rows,), possibly none."""
    overall = (float(target.sum()) + _PRIOR_ROWS * _PRIOR[spec.baseline]) / (len(target) + _PRIOR_ROWS)
    columns = [[column.name for column in spec.inputs].index(name) for name in spec.baseline_inputs]
    if spec.baseline is Baseline.BASE_RATE:
        return ConstantRate(overall)
    if spec.baseline is Baseline.RECENT_RATE:
        return RecentRate(overall, columns[0])

    age, category = raw[:, columns[0]], raw[:, columns[1]]
    codes = np.unique(category[np.isfinite(category)]).astype(int).tolist()
    band = np.where(np.isfinite(age), np.searchsorted(AGE_BANDS_HOURS[:-1], age, side="right"), len(AGE_BANDS_HOURS))
    place = np.where(np.isfinite(category), np.searchsorted(codes, category), len(codes)).astype(int)
    shape = (len(AGE_BANDS_HOURS) + 1, len(codes) + 1)
    rows, positives = np.zeros(shape), np.zeros(shape)
    np.add.at(rows, (band, place), 1)
    np.add.at(positives, (band, place), target)
    return AgeCategoryRate((positives + _PRIOR_ROWS * overall) / (rows + _PRIOR_ROWS), codes, *columns)


def _logit(rate: Any) -> Any:
    clipped = np.clip(rate, 1e-4, 1 - 1e-4)
    logit = np.log(clipped) - np.log1p(-clipped)
    return logit if isinstance(rate, np.ndarray) else float(logit)
