"""Recalibrates a chance from what became of the channel's last videos.

The model says a chance p for each video. Channels drift: one may beat its own median more often than the model, learnt months
ago, expects of it. With l = ln(p / (1 - p)), the recalibrated chance is 1 / (1 + e^-(l + a)), where the shift a is the one that
the channel's last outcomes y (1 it led, 0 it did not), each with the chance that the model gave it, make most likely:

    a = argmax  Σ [y_i ln q_i + (1 - y_i) ln(1 - q_i)]  -  a² / (2 s²),      q_i = 1 / (1 + e^-(l_i + a))

A normal prior of standard deviation s holds it at 0, where nothing is changed. The sum is concave, so Newton's steps find its one
maximum; this is a Laplace approximation of a Bayesian update of the intercept, taken at its mode. Without outcomes, and where as
many led as the model expected, a is 0. Pure and deterministic; no model, no store and no clock is known here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

LAST = 20
"""Outcomes that count: the channel's latest."""
SPREAD = 0.5
"""Standard deviation of the prior of the shift, as if 16 outcomes at even chances were known before. Chosen on the validation
part of the task `quality` (likes) by log loss, which falls up to .5 and little beyond."""
_MOST_LOGIT = 12.0
_STEPS, _CLOSE = 50, 1e-12

Array = np.ndarray[Any, np.dtype[np.float64]]


def shift_of(chances: Sequence[float] | Array, led: Sequence[bool] | Array, spread: float = SPREAD) -> float:
    """The shift of log odds from the chances that were given to past videos and whether each led; 0 without any.

    Chances lie between 0 and 1; a row without one, or without an outcome (NaN), counts nothing."""
    given, outcome = np.asarray(chances, dtype=np.float64), np.asarray(led, dtype=np.float64)
    known = np.isfinite(given) & np.isfinite(outcome)
    logits, outcome = _logits(given[known]), outcome[known]
    if spread <= 0 or not len(logits):
        return 0.0
    shift = 0.0
    for _ in range(_STEPS):
        expected = _chances(logits + shift)
        slope = float((outcome - expected).sum()) - shift / spread**2
        step = slope / (float((expected * (1 - expected)).sum()) + 1 / spread**2)
        # Far from the maximum the curve flattens and Newton's step runs too far; the prior bounds how far it can be.
        shift += float(np.clip(step, -1.0, 1.0))
        if abs(step) < _CLOSE:
            break
    return shift


def recalibrated(chance: float, shift: float) -> float:
    """A chance moved by a shift of log odds; 0 leaves it exactly as it is."""
    return float(_chances(_logits(np.array([chance])) + shift)[0]) if shift and np.isfinite(chance) else chance


def recalibrate(asked: pl.DataFrame, outcomes: pl.DataFrame, last: int = LAST, spread: float = SPREAD) -> pl.Series:
    """Recalibrated chances of rows, each from its own channel's last outcomes.

    Args:
        asked: `channel` and `chance`; with `asked_at`, only outcomes known by then count.
        outcomes: `channel`, `known_at`, `chance` (what the model gave) and `led` (flag). Rows that lack one count nothing.
        last: how many count, by `known_at`.
    """
    known = outcomes.drop_nulls(["channel", "known_at", "chance", "led"]).sort("known_at", maintain_order=True)
    by_channel = {
        channel: (rows["known_at"], rows["chance"].cast(pl.Float64).to_numpy(), rows["led"].cast(pl.Float64).to_numpy())
        for (channel,), rows in known.group_by(["channel"], maintain_order=True)
    }
    moments = asked["asked_at"] if "asked_at" in asked.columns else pl.Series([None] * asked.height)
    answers = []
    for channel, chance, moment in zip(asked["channel"], asked["chance"], moments, strict=True):
        if channel not in by_channel or chance is None:
            answers.append(chance)
            continue
        at, given, led = by_channel[channel]
        count = len(at) if moment is None else int(at.search_sorted(moment, side="right"))
        first = max(count - last, 0)
        answers.append(recalibrated(chance, shift_of(given[first:count], led[first:count], spread)))
    return pl.Series("chance", answers, dtype=pl.Float64)


def _logits(chances: Array) -> Array:
    with np.errstate(divide="ignore"):
        return np.asarray(np.clip(np.log(chances) - np.log1p(-chances), -_MOST_LOGIT, _MOST_LOGIT))


def _chances(logits: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-logits)))
