"""Landing past partitions of the bulk reports again: from the archive, in any order, as often as one likes.

It mends partitions that were emptied or restored without their rows, and changes none that is whole. What a partition is made of
is said in `connectors.feeds.youtube_reporting`."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

from connectors.feeds import FEEDS
from connectors.feeds.feed import Sources
from connectors.ingest import ingest_day
from connectors.landing import Landing, count_rows, partitions
from connectors.youtube.report_archive import ReportArchive
from connectors.youtube.report_types import REPORT_TYPES
from core.clock import Clock
from core.errors import UnknownName


@dataclass(frozen=True)
class Relanded:
    """A partition that was landed again.

    Attributes:
        rows_before: how many rows it had.
    """

    table: str
    day: date
    landing: Landing
    rows_before: int

    @property
    def is_repaired(self) -> bool:
        """Whether it had another number of rows before."""
        return self.rows_before != self.landing.row_count


def check_types(report_types: Collection[str]) -> None:
    """Raise UnknownName for a name that is no type of bulk report."""
    for name in report_types:
        if name not in REPORT_TYPES:
            raise UnknownName(f"{name!r} is not a bulk report type.", f"The types are {', '.join(REPORT_TYPES)}.")


def past_partitions(
    sources: Sources, report_types: Collection[str] = (), first: date = date.min, last: date = date.max
) -> list[tuple[str, date]]:
    """Table and day of each partition of the given types, or of all, that ever landed or that files of the archive belong to.

    Raises UnknownName for a type that is none."""
    check_types(report_types)
    archive = ReportArchive(sources.engine, sources.archive)
    found = []
    for name in report_types or REPORT_TYPES:
        table = REPORT_TYPES[name].table
        days = {*partitions(sources.engine, table), *archive.partitions(name)}
        found += [(table, day) for day in sorted(days) if first <= day <= last]
    return found


def land_again(sources: Sources, clock: Clock, chosen: Collection[tuple[str, date]]) -> Iterator[Relanded]:
    """Land partitions of archived tables again, one after the other; each in a transaction of its own."""
    for table, day in chosen:
        assert FEEDS[table].landed_at is not None, table
        before = count_rows(sources.engine, table, day)
        yield Relanded(table, day, ingest_day(sources, table, day, clock, is_again=True).landing, before)
