"""Losses and calibration against numbers worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from training.networks.calibration import Calibrated, fit_calibration
from training.networks.losses import RankingLoss, TrendLoss, chance_loss, pairwise_loss, rate_loss
from training.networks.trend import Heads


class Says(nn.Module):
    """Gives the first input as its logit."""

    def forward(self, raw: torch.Tensor) -> torch.Tensor:
        return raw[:, 0]


def batch(logit: list[float], target: object, weight: list[float] | None = None, within: list[int] | None = None) -> object:
    rows = len(logit)
    return (
        torch.tensor(logit)[:, None],
        torch.tensor(target, dtype=torch.float32),
        torch.tensor(weight or [1.0] * rows),
        torch.tensor(within or [0] * rows),
    )


def test_a_chance_is_taught_by_its_log_loss_weighted() -> None:
    loss = chance_loss(Says(), batch([0.0, 2.0], [1.0, 0.0], [3.0, 1.0]))  # type: ignore[arg-type]
    assert float(loss) == pytest.approx((3 * math.log(2) + math.log1p(math.e**2)) / 4)


def test_a_rate_is_taught_on_logits() -> None:
    loss = rate_loss(Says(), batch([0.0, 0.0], [0.5, 1 / (1 + math.e)]))  # type: ignore[arg-type]
    assert float(loss) == pytest.approx(0.5, abs=1e-5)


def test_pairs_are_of_one_channel_and_of_different_rates() -> None:
    """Channel 0: the second is above the first, by a logit of 1. Channel 1: equal rates. Across: nothing."""
    one, target, weight, within = batch([0.0, 1.0, 9.0, -9.0], [0.1, 0.2, 0.3, 0.3], within=[0, 0, 1, 1])  # type: ignore[misc]
    assert float(pairwise_loss(one[:, 0], target, weight, within)) == pytest.approx(math.log1p(math.exp(-1)))
    nothing = pairwise_loss(one[2:, 0], target[2:], weight[2:], within[2:])
    assert float(nothing) == 0


def test_order_and_rate_are_taught_together() -> None:
    rows = batch([-1.0, -1.0], [0.2, 0.4])
    rate = float(rate_loss(Says(), rows))  # type: ignore[arg-type]
    assert float(RankingLoss(pairs=2.0, rate=3.0)(Says(), rows)) == pytest.approx(3 * rate + 2 * math.log(2))  # type: ignore[arg-type]


class Trends(nn.Module):
    """Gives fixed heads."""

    def __init__(self, rows: int) -> None:
        super().__init__()
        self.rows = rows

    def heads(self, raw: torch.Tensor) -> Heads:
        return Heads(torch.zeros(self.rows), torch.full((self.rows, 2), 5.0), torch.zeros(self.rows, 5))


def test_what_is_unknown_of_a_trend_teaches_nothing() -> None:
    nan = math.nan
    known = [[1.0, 6.0, 8.0, 2.0], [nan, nan, nan, nan], [0.0, 4.0, nan, nan]]
    raw, target, weight, within = batch([0.0] * 3, known)  # type: ignore[misc]

    loss = TrendLoss(breakout=1, views=10, peak=100)(Trends(3), (raw, target, weight, within))

    # breakout ln 2; distances 1, 3, 1 of three known; a bucket of five.
    assert float(loss) == pytest.approx(math.log(2) + 10 * 5 / 3 + 100 * math.log(5), rel=1e-5)
    nothing = TrendLoss()(Trends(1), (raw[1:2], target[1:2], weight[1:2], within[1:2]))
    assert float(nothing) == 0


def test_calibration_finds_slope_and_offset() -> None:
    logit = np.random.default_rng(1).normal(size=20_000)
    truth = 1 / (1 + np.exp(-(0.5 * logit - 1)))

    slope, offset = fit_calibration(logit, truth)

    assert (slope, offset) == pytest.approx((0.5, -1), abs=0.01)
    module = Calibrated(Says(), slope, offset)
    raw = torch.from_numpy(logit[:5, None].astype(np.float32))
    np.testing.assert_allclose(module(raw).numpy(), slope * logit[:5] + offset, rtol=1e-5)


def test_calibration_turns_nothing_round_and_copes_with_little() -> None:
    logit = np.linspace(-2, 2, 200)
    slope, offset = fit_calibration(logit, (logit < 0).astype(float))
    assert slope == 1
    assert abs(offset) < 0.5
    assert fit_calibration(np.zeros(0), np.zeros(0)) == (1.0, 0.0)
    slope, offset = fit_calibration(np.array([0.0, 0.0]), np.array([1.0, 1.0]))
    assert slope == 1
    assert math.isfinite(offset)
    slope, offset = fit_calibration(np.full(100, 2.0), np.full(100, 0.5))
    assert (slope, offset) == pytest.approx((1.0, -2.0), abs=0.01)
