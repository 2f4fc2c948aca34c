"""The protocol that every trend source fulfils."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol


@dataclass(frozen=True)
class TrendObservation:
    """One entry of a source's list.

    Attributes:
        source: for example `hackernews.top`.
        key: what is observed, unique within one list.
        title: for people.
        rank: place in the list, from 1.
        score: how much attention, in the source's own unit (points, views).
        payload: what the source said.
    """

    source: str
    key: str
    title: str
    rank: int
    score: float
    payload: Mapping[str, Any]


class TrendSource(Protocol):
    """Observes what is talked about."""

    def observe(self, day: date) -> list[TrendObservation]:
        """The list of a day, first place first. Raises Transient or Permanent errors."""
        ...

    def close(self) -> None:
        """Close what is open."""
        ...
