"""The protocol that every trend source fulfils."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Protocol

from connectors.landing import Rejected
from connectors.members import LeftOut


@dataclass(frozen=True)
class TrendObservation:
    """One entry of a source's list.

    Attributes:
        source: for example `hackernews.top`.
        key: what is observed, unique within one list.
        title: for people.
        rank: place in the list, from 1.
        score: how much attention, in the source's own unit (points, views, searches); None where it tells none.
        payload: what the source said, without anything about the persons who said it.
    """

    source: str
    key: str
    title: str
    rank: int
    score: float | None
    payload: Mapping[str, Any]


Observed = TrendObservation | Rejected | LeftOut


class TrendSource(Protocol):
    """Observes what is talked about."""

    @property
    def name(self) -> str:
        """What settings and reports call it: `google_trends`."""
        ...

    @property
    def valid_for(self) -> timedelta:
        """How long after its observation a list still says something."""
        ...

    def observe(self, day: date) -> Iterable[Observed]:
        """The list of a day, first place first, the entries that cannot be used, and the members that could not be read.

        Raises Transient or Permanent errors of the whole source."""
        ...

    def close(self) -> None:
        """Close what is open."""
        ...
