"""What networks are taught to make small. A loss takes a network and a batch (raw (rows, inputs), target, weight (rows,), within
(rows,)) and gives one number: a mean in which each row counts by its weight."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

Batch = tuple[Tensor, Tensor, Tensor, Tensor]
Loss = Callable[[Any, Batch], Tensor]

_RATE_EPS = 1e-4


def chance_loss(network: nn.Module, batch: Batch) -> Tensor:
    """Cross-entropy of an event that happened (1) or not (0)."""
    raw, target, weight, _ = batch
    return mean(functional.binary_cross_entropy_with_logits(network(raw), target, reduction="none"), weight)


def rate_loss(network: nn.Module, batch: Batch) -> Tensor:
    """Squared error of logits, so that a rate of 2 % and one of 20 % count alike."""
    raw, target, weight, _ = batch
    return mean((network(raw) - torch.logit(target, eps=_RATE_EPS)) ** 2, weight)


@dataclass(frozen=True)
class RankingLoss:
    """Order within groups, and the rate itself: log loss of every pair of one group with different rates, plus `rate_loss`.

    `sharpness` is what a difference of logits is worth: rates of one channel lie within a few tenths of a logit, which without it
    would teach a network to exaggerate.
    """

    pairs: float = 1.0
    rate: float = 1.0
    sharpness: float = 5.0

    def __call__(self, network: nn.Module, batch: Batch) -> Tensor:
        raw, target, weight, within = batch
        logit = network(raw)
        rate = mean((logit - torch.logit(target, eps=_RATE_EPS)) ** 2, weight)
        return self.rate * rate + self.pairs * pairwise_loss(self.sharpness * logit, target, weight, within)


def pairwise_loss(logit: Tensor, target: Tensor, weight: Tensor, within: Tensor) -> Tensor:
    """Mean of ln(1 + exp(lower − higher)) over pairs of one group whose targets differ, weighted by both rows; 0 without any."""
    is_above = (target[:, None] > target) & (within[:, None] == within)
    mass = torch.where(is_above, weight[:, None] * weight, 0.0)
    each = functional.softplus(logit - logit[:, None])
    return (each * mass).sum() / mass.sum().clamp_min(1e-12)


@dataclass(frozen=True)
class TrendLoss:
    """The three heads of a trend network together. Targets are columns of one matrix, NaN where unknown: breakout (0, 1),
    ln(views) at each horizon, and the bucket of the velocity's peak.

    Breakout: cross-entropy. Views: distance of logarithms, which is what their metric counts. Peak: cross-entropy of the bucket.
    A head that a batch knows nothing of adds nothing.
    """

    breakout: float = 1.0
    views: float = 1.0
    peak: float = 0.2

    def __call__(self, network: Any, batch: Batch) -> Tensor:
        raw, target, weight, _ = batch
        heads = network.heads(raw)
        happened, views, bucket = target[:, 0], target[:, 1:-1], target[:, -1]
        breakout = functional.binary_cross_entropy_with_logits(heads.breakout, torch.nan_to_num(happened), reduction="none")
        distance = torch.abs(heads.log_views - torch.nan_to_num(views))
        known = ~torch.isnan(bucket)
        peak = functional.cross_entropy(heads.peak, torch.where(known, bucket, 0.0).long(), reduction="none")
        return (
            self.breakout * mean(breakout, torch.where(torch.isnan(happened), 0.0, weight))
            + self.views * mean(distance, torch.where(torch.isnan(views), 0.0, weight[:, None]))
            + self.peak * mean(peak, torch.where(known, weight, 0.0))
        )


def mean(each: Tensor, weight: Tensor) -> Tensor:
    """Weighted mean; 0 where nothing has weight."""
    return (each * weight).sum() / weight.sum().clamp_min(1e-12)
