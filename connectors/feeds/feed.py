"""What a feed is: a raw table, when it can be fetched, and the function that reads its rows of a day."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.landing import Alongside, RawRow, Rejected, has_landed
from connectors.members import LeftOut
from connectors.trends.source import TrendSource
from connectors.youtube.client import YouTube
from core.clock import Clock
from core.errors import NotConfigured, NotReady

if TYPE_CHECKING:
    from sqlalchemy import Engine

Row = RawRow | Rejected | LeftOut | Alongside
"""What a feed gives."""

Moved = Callable[[datetime], Clock]
"""Moves the simulated world to a moment and gives its clock."""


@dataclass(frozen=True)
class Sources:
    """Where a day's rows come from: the outside systems, and what has landed before.

    Attributes:
        trends: sources of trends by name: hackernews, wikipedia, google_trends, reddit, feeds …
        archive: folder of the report files that were downloaded.
        reports_before: how many days before a bulk report was ordered its reports are read; YouTube has thirty.
        competitors: says the ids or @handles of the channels of others that are watched. Asked by the feed of them alone: a
            simulated market works them out.
    """

    engine: Engine
    youtube: YouTube
    trends: Mapping[str, TrendSource]
    archive: Path
    competitors: Callable[[], Sequence[str]] = tuple
    reports_before: timedelta = timedelta(days=30)

    def trend(self, name: str) -> TrendSource:
        """A source of trends. Raises NotConfigured."""
        try:
            return self.trends[name]
        except KeyError:
            raise NotConfigured(f"No source of trends is called {name!r} here.") from None


@dataclass(frozen=True)
class Request:
    """A day's partition to be fetched.

    Attributes:
        youtube: set to the clock, with call counts of its own.
        day: of the partition.
        clock: says what lies in the future.
        moments: when snapshots within the day are taken, up to now; in the real world that is now alone.
        moved: sets the clock to one of them.
        is_again: land what landed, and look for nothing new; for tables that are made of an archive.
    """

    sources: Sources
    youtube: YouTube
    day: date
    clock: Clock
    moments: tuple[datetime, ...] = ()
    moved: Moved | None = field(default=None, compare=False)
    is_again: bool = False

    @property
    def now(self) -> datetime:
        """The moment of fetching."""
        return self.clock.now()

    @property
    def engine(self) -> Engine:
        """Where what has landed can be read."""
        return self.sources.engine

    def needs(self, table: str, days_before: int = 0) -> None:
        """Raise NotReady unless a table, which says what to ask for, has landed for the day, or shortly before."""
        if not any(has_landed(self.engine, table, self.day - timedelta(days=back)) for back in range(days_before + 1)):
            raise NotReady(f"{table} has not landed for {self.day}, and says what to ask for.", "Ingest it first.")

    def each_moment(self) -> Iterator[Request]:
        """This request as of each of the day's moments, in order; as of now where there is no other."""
        if self.moved is None:
            yield self
            return
        try:
            for moment in self.moments:
                clock = self.moved(moment)
                yield replace(self, clock=clock, youtube=self.youtube.at(clock, counting_on=True))
        finally:
            self.moved(self.now)


class Cadence(Enum):
    """When a partition can be fetched."""

    SNAPSHOT = "shows the moment of fetching: only the present day can be fetched"
    STANDING = "a snapshot of what stands for long: of a range of days the last one is enough"
    DAILY = "can be fetched for a day that is over"
    CUMULATIVE = "everything since the last landing: of a range of days the first brings what was before, the last all the rest"

    @property
    def is_snapshot(self) -> bool:
        """Whether a day that is over can be fetched no more."""
        return self in (Cadence.SNAPSHOT, Cadence.STANDING)

    @property
    def is_once_a_range(self) -> bool:
        """Whether of a range of days not every one is fetched."""
        return self in (Cadence.STANDING, Cadence.CUMULATIVE)

    def fetched_of(self, days: Sequence[date]) -> list[date]:
        """The days of a range, in order, that are fetched."""
        if self is Cadence.STANDING:
            return list(days[-1:])
        return list(dict.fromkeys((days[0], days[-1]))) if self is Cadence.CUMULATIVE and days else list(days)


@dataclass(frozen=True)
class Feed:
    """A raw table and where its rows come from.

    Attributes:
        table: schema and name.
        service: the outside system, for example `youtube`.
        description: what the rows are, ending with the grain.
        fetch: reads the rows of a day, and says who was left out. What it yields before QuotaExhausted is landed, and the next
            day takes up the rest.
        is_own: whether it needs a connected channel.
        follows: tables whose landed rows of the day say what to ask for.
        follows_days: for how many days before the day they say it too.
        waits_not: whether the landing of the day before will do until the day's is there.
        landed_at: of a table that is made of an archive: the moment of a partition that is over, which is made of what was
            fetched until then and asks nobody; None for one that is still to be fetched.
        may_be_refused: whether a day goes on where every channel is left out: what it reads needs a consent of its own.
        heeds: tables that land before it in a run, whose rows say more of what to ask for where there are any.
    """

    table: str
    service: str
    description: str
    fetch: Callable[[Request], Iterable[Row]]
    cadence: Cadence = Cadence.DAILY
    is_own: bool = False
    follows: tuple[str, ...] = ()
    follows_days: int = 0
    waits_not: bool = False
    landed_at: Callable[[Request], datetime | None] | None = None
    may_be_refused: bool = False
    heeds: tuple[str, ...] = ()
