"""What is known of a video after its first days: the views of each day, and where its id stands among others.

    columns    of the days 1 … k: counts, logarithms, shares, changes, and silence
    places     the number in an id, which grows with the upload: it orders videos by it

Nothing is fitted here."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from typing import Any

import numpy as np
import polars as pl

Array = np.ndarray[Any, np.dtype[np.float64]]


def views_of(days: pl.DataFrame) -> Array:
    """Daily views as numbers (rows, days): unknown, negative and infinite counts are 0."""
    known = np.nan_to_num(days.select(pl.all().cast(pl.Float64, strict=False)).to_numpy(), nan=0.0, posinf=0.0, neginf=0.0)
    found: Array = np.maximum(known, 0.0)
    return found


def columns(views: Array) -> pl.DataFrame:
    """Measure early days, views (rows, days), as float columns; shares are 0 where there were no views."""
    days = views.shape[1]
    total = views.sum(axis=1)
    safe = np.maximum(total, 1.0)
    logs = np.log1p(views)
    found = {"log_total": np.log1p(total)}
    found |= {f"log_d{day}": logs[:, day - 1] for day in range(1, days + 1)}
    if days > 1:
        found |= {f"share_d{day}": views[:, day - 1] / safe for day in range(1, days + 1)}
        found |= {f"share_until_d{day}": views[:, :day].sum(axis=1) / safe for day in range(2, days)}
        found |= {f"change_d{day}": logs[:, day - 1] - logs[:, day - 2] for day in range(2, days + 1)}
        found["silent_days"] = (views == 0).sum(axis=1)
        found["log_last_two"] = np.log1p(views[:, -2:].sum(axis=1))
        found["best_day"] = views.argmax(axis=1) + 1
        found["best_share"] = views.max(axis=1) / safe
        found["log_spread"] = logs.std(axis=1)
    return pl.DataFrame({name: np.asarray(values, dtype=np.float64) for name, values in found.items()})


def places(video_ids: Iterable[str | None]) -> Array:
    """The number in each id of the portal (`X`, then the number's digits in base 64), NaN for an id of any other form."""
    return np.array([_place(video_id) for video_id in video_ids], dtype=np.float64)


def _place(video_id: str | None) -> float:
    if video_id is None or not video_id.startswith("X"):
        return float("nan")
    try:
        digits = base64.b64decode(video_id[1:], validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return float("nan")
    return float(digits) if digits.isdecimal() and len(digits) <= 15 else float("nan")
