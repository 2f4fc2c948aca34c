"""A day's ingestion: fetch what a feed says, refuse what must not land, land the rest. Plain Python, no Dagster.

What each raw table holds is said in `connectors.feeds`. Spent quota ends a feed's day early: what came is landed, the landing
says that it was stopped, and the next day's fetch takes up the rest. A member that cannot be read (`connectors.members`) is left
out by name, and what it had stays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from connectors.feeds import FEEDS
from connectors.feeds.feed import Feed, Moved, Request, Sources
from connectors.landing import Arrival, Landing, RawRow, Stopped, land, landed
from connectors.members import CHANNEL, LeftOut
from connectors.sift import sift
from core.clock import Clock
from core.errors import NotConfigured, OutsideMarket, QuotaExhausted, Refused

SAMPLE_ROWS = 5


@dataclass(frozen=True)
class Ingested:
    """What the ingestion of one table and day did: its landing, and what it took of YouTube's quota; with a few of its rows."""

    day: date
    landing: Landing
    calls: int
    quota_units: int
    sample: tuple[RawRow, ...]


def ingest_day(
    sources: Sources,
    table: str,
    day: date,
    clock: Clock,
    moments: tuple[datetime, ...] = (),
    moved: Moved | None = None,
    *,
    is_again: bool = False,
) -> Ingested:
    """Fetch and land one table's partition of a day. On any failure the partition stays as it was.

    A past partition of a table that is made of an archive is landed from it, under the moment at which it landed first.

    Args:
        is_again: land a partition of such a table once more, and look for nothing new.

    Raises OutsideMarket for a snapshot of a day that is not today, NotConfigured where no channel is connected, NotReady where
    a table that says what to ask for has not landed, QuotaExhausted where nothing at all could be read, the error that all
    members met, and what the clients raise."""
    feed = FEEDS[table]
    now = clock.now()
    if feed.cadence.is_snapshot and now.date() != day:
        raise OutsideMarket(
            f"{table} shows the moment of fetching, and {day} is not today ({now.date()}).", "Ingest the present day."
        )
    youtube = sources.youtube.at(clock)
    request = Request(sources, youtube, day, clock, moments, moved, is_again)
    landed_at = feed.landed_at(request) if feed.landed_at else None
    if landed_at is not None:
        now = landed_at
    elif feed.is_own and not sources.youtube.channel_ids:
        raise NotConfigured("No YouTube channel is connected.", "Run `ytempire connect`.")
    for followed in feed.follows:
        request.needs(followed, days_before=int(feed.waits_not))
    sample: list[RawRow] = []
    landing = land(
        sources.engine,
        table,
        day,
        _sampled(sift(table, _fetched(feed, request, is_over=landed_at is not None), now), sample),
        now,
    )
    return Ingested(day, landing, youtube.gate.calls, youtube.gate.units, tuple(sample))


def _fetched(feed: Feed, request: Request, *, is_over: bool) -> Iterator[Arrival]:
    """The rows of a feed, told to be stopped where quota ended before all was read; raises it where none was.

    Where every connected channel was left out and nothing was read, the first one's error is raised."""
    is_some = False
    refused: dict[str, LeftOut] = {}
    try:
        for row in feed.fetch(request):
            if not isinstance(row, LeftOut):
                is_some = True
            elif row.kind == CHANNEL:
                refused[row.member] = row
            yield row
    except QuotaExhausted as error:
        if not is_some:
            raise
        yield Stopped(str(error))
        return
    if not feed.is_own:
        return
    if refused and not is_some and not feed.may_be_refused and refused.keys() >= set(request.youtube.channel_ids):
        first = next(iter(refused.values()))
        raise first.error or Refused(first.reason, first.remedy)
    if not is_over:  # an archive has what there was of every channel
        yield from _absent(request)


_ENDED = """
    select channel_id, health::text from ops.channel_credentials
    where health in ('expired', 'revoked') and channel_id <> all (%s)
    order by channel_id
"""


def _absent(request: Request) -> Iterator[LeftOut]:
    """Channels that cannot be read at all: those whose consent has ended, and those that were disconnected after they landed on
    the day, of which fetching again must lose nothing."""
    connected = list(request.youtube.channel_ids)
    with request.engine.connect() as connection:
        ended = {row.channel_id: row.health for row in connection.exec_driver_sql(_ENDED, (connected,))}
    for channel_id, health in ended.items():
        yield LeftOut(
            CHANNEL, channel_id, f"The consent of its owner is {health}.", f"Run `ytempire connect --channel {channel_id}`."
        )
    known = {row.row_key for row in landed(request.engine, "raw_youtube.channels", request.day, request.day)}
    for channel_id in sorted(known - {*connected, *ended}):
        yield LeftOut(CHANNEL, channel_id, "It is no longer connected.", "Connect it again: ytempire connect")


def _sampled(rows: Iterable[Arrival], sample: list[RawRow]) -> Iterator[Arrival]:
    for row in rows:
        if isinstance(row, RawRow) and len(sample) < SAMPLE_ROWS:
            sample.append(row)
        yield row
