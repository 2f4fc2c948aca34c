"""What time it is. Nobody else asks the operating system; logic is given a Clock."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

PACIFIC = ZoneInfo("America/Los_Angeles")
"""YouTube's quota days and report days begin at midnight here."""


class Clock(Protocol):
    """Tells the present moment."""

    def now(self) -> datetime:
        """The present moment, timezone-aware, in UTC."""
        ...


class SystemClock:
    """The operating system's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True)
class FrozenClock:
    """A clock that stands still, for simulated days and tests."""

    moment: datetime

    def __post_init__(self) -> None:
        if self.moment.tzinfo is None:
            raise ValueError("FrozenClock needs a timezone-aware moment")

    def now(self) -> datetime:
        return self.moment.astimezone(UTC)


def cpu_seconds() -> float:
    """Processor time that this process and the processes it has waited for have used; only differences mean anything."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def pacific_day(moment: datetime) -> date:
    """The YouTube quota day that a moment falls in."""
    return moment.astimezone(PACIFIC).date()


def next_pacific_day(moment: datetime) -> datetime:
    """When the YouTube quota day after a moment's begins, in UTC."""
    following = pacific_day(moment) + timedelta(days=1)
    return datetime.combine(following, datetime.min.time(), PACIFIC).astimezone(UTC)


def noon(day: date) -> datetime:
    """12:00 UTC of a day: the moment at which a daily partition of a simulated market is run."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
