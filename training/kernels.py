"""Regression by likeness (a Gaussian process with a fixed kernel): for a few hundred rows per channel, where trees see noise.

The answer to a row is a mean of what was learnt, weighted by likeness; how much each kind of likeness counts is given, not
fitted. No task is known here."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float64]]


def bell(left: Array, right: Array, width: float) -> Array:
    """Likeness of numbers, (left, right): 1 at none between them, less by the width. What is unknown is like itself alone."""
    unknown = np.isnan(left)[:, None] & np.isnan(right)
    with np.errstate(invalid="ignore"):
        apart = np.exp(-0.5 * ((left[:, None] - right) / width) ** 2)
    return np.where(unknown, 1.0, np.nan_to_num(apart))


def fading(left: Array, right: Array, width: float) -> Array:
    """Likeness of moments: a half after 0.7 widths, without the smoothness of `bell`. Unknown moments are like none."""
    with np.errstate(invalid="ignore"):
        return np.nan_to_num(np.exp(-np.abs(left[:, None] - right) / width))


def same(left: Array, right: Array) -> Array:
    """Likeness of names or codes: 1 or 0."""
    return np.asarray(left[:, None] == right, dtype=np.float64)


def weights_of(likeness: Array, target: Array, noise: Array) -> Array:
    """What each learnt row counts: (K + diag noise)⁻¹ target, for a kernel K of rows with themselves.

    Answers are `likeness of new rows with these @ weights`. `noise` is the variance of each target's error (Rasmussen & Williams
    2006, eq. 2.25)."""
    from scipy.linalg import cho_factor, cho_solve

    jitter = 1e-8 * float(np.trace(likeness)) / max(len(likeness), 1)
    return np.asarray(cho_solve(cho_factor(likeness + np.diag(noise + jitter)), target))
