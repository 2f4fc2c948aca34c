"""Time as the simulator counts it: hours since 1970 in UTC as a float, and the Pacific days that YouTube reports in."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache

import numpy as np

from core.clock import PACIFIC

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_ORDINAL = EPOCH.toordinal()
WORLD_BEGIN = date(2025, 7, 1)
"""Nothing in the simulated world is older than this."""


def hours(moment: datetime) -> float:
    """Hours since 1970 of an aware moment."""
    return (moment - EPOCH).total_seconds() / 3600


def moment(at: float) -> datetime:
    """The aware moment, to the second, of hours since 1970."""
    return EPOCH + timedelta(seconds=round(at * 3600))


def utc_ordinal(at: float) -> int:
    """Proleptic ordinal of the UTC day that `at` (hours) falls in."""
    return EPOCH_ORDINAL + int(at // 24)


@cache
def pacific_midnight(ordinal: int) -> float:
    """Hours since 1970 at which a Pacific day begins."""
    day = date.fromordinal(ordinal)
    return hours(datetime(day.year, day.month, day.day, tzinfo=PACIFIC))


def pacific_ordinal(at: float) -> int:
    """Proleptic ordinal of the Pacific day that `at` (hours) falls in."""
    return moment(at).astimezone(PACIFIC).toordinal()


def pacific_edges(first: int, last: int) -> np.ndarray:
    """Beginnings of the Pacific days `first`..`last` and the end of `last`, in hours: shape (last - first + 2,)."""
    return np.array([pacific_midnight(ordinal) for ordinal in range(first, last + 2)])


def rfc3339(at: float) -> str:
    """Write hours since 1970 as Google's APIs do: `2026-06-08T12:00:00Z`."""
    return moment(at).strftime("%Y-%m-%dT%H:%M:%SZ")
