"""What a call costs, by the date the price took effect; the gate that reserves it in the ledger before the call is made; and the
pace that keeps calls below the limits per minute.

Sources: developers.google.com/youtube/v3/determine_quota_cost and the API's revision history (2025-12-04: an upload costs 100 in
place of 1,600 units; 2026-06-01: uploads and searches are counted in buckets of their own; 2026-06-03: `videos.batchGetStats`,
with one more). Quota belongs to a Google Cloud project, not to a channel, and begins anew at midnight Pacific time. Failed calls
cost as much as good ones, and every page of a list is a call."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol
from uuid import uuid4

from core.clock import Clock, pacific_day
from core.errors import QuotaExhausted, UnknownName

if TYPE_CHECKING:
    from core.ledger.quota import QuotaLedger

AUTO = "auto"
"""The profile that takes each day's prices from the table in force on it."""


@dataclass(frozen=True)
class Price:
    """What one call of a method takes from a bucket."""

    bucket: str
    units: int


class QuotaProfile(Protocol):
    """Says which prices are in force."""

    @property
    def name(self) -> str:
        """As it is written in the settings."""
        ...

    def on(self, day: date) -> PriceTable:
        """The prices of a Pacific day."""
        ...


@dataclass(frozen=True)
class PriceTable:
    """Prices and daily limits as they were from a date on. As a profile it holds on every day.

    Attributes:
        effective_from: first day of validity.
        prices: method, as `<resource>.<verb>`, to its price.
        limits: bucket to units per Pacific day and project.
    """

    name: str
    effective_from: date
    prices: Mapping[str, Price]
    limits: Mapping[str, int]

    def price(self, method: str) -> Price:
        """Price of one call. Raises UnknownName for a method without one, so that no call goes unaccounted."""
        try:
            return self.prices[method]
        except KeyError:
            raise UnknownName(f"Method {method} has no price in the quota table {self.name}.") from None

    def on(self, day: date) -> PriceTable:
        """This table, whatever the day."""
        return self


@dataclass(frozen=True)
class DatedPrices:
    """The profile `auto`: on each day the newest table that was in force, and the oldest before all of them.

    Attributes:
        tables: in the order of their dates.
    """

    tables: tuple[PriceTable, ...]
    name: str = AUTO

    def on(self, day: date) -> PriceTable:
        """The prices of a Pacific day."""
        return next((table for table in reversed(self.tables) if table.effective_from <= day), self.tables[0])


_READING = ("channels", "commentThreads", "comments", "playlistItems", "playlists", "videoCategories", "videos")
_WRITING = (
    *("channels.update", "playlists.insert", "playlists.update", "playlists.delete"),
    *("playlistItems.insert", "playlistItems.update", "playlistItems.delete"),
    *("thumbnails.set", "videos.update", "videos.delete"),
)
_REPORTING = ("reportTypes.list", "jobs.list", "jobs.create", "jobs.delete", "jobs.reports.list", "media.download")

_APART = {"analytics": 10_000, "reporting": 10_000}
"""The Analytics and Reporting APIs have quotas apart from the Data API's, shown in a project's console; these are cautious."""


def _table(name: str, effective_from: date, limits: Mapping[str, int], **prices: Price) -> PriceTable:
    """A table with the prices that never changed and those given, in which `_` stands for the dot of a method."""
    kept = {
        **{f"{resource}.list": Price("data", 1) for resource in _READING},
        **dict.fromkeys(_WRITING, Price("data", 50)),
        "captions.list": Price("data", 50),
        "captions.insert": Price("data", 400),
        "captions.update": Price("data", 450),
        "captions.delete": Price("data", 50),
        "reports.query": Price("analytics", 1),
        **dict.fromkeys(_REPORTING, Price("reporting", 1)),
    }
    changed = {method.replace("_", "."): price for method, price in prices.items()}
    return PriceTable(name, effective_from, MappingProxyType(kept | changed), MappingProxyType({**_APART, **limits}))


PRICE_TABLES = (
    _table(
        "2025-01",
        date(2025, 1, 1),
        {"data": 10_000},
        videos_insert=Price("data", 1600),
        search_list=Price("data", 100),
    ),
    _table(
        "2025-12",
        date(2025, 12, 4),
        {"data": 10_000},
        videos_insert=Price("data", 100),
        search_list=Price("data", 100),
    ),
    _table(
        "2026-06",
        date(2026, 6, 1),
        {"data": 10_000, "uploads": 100, "searches": 100, "statistics": 10_000},
        videos_insert=Price("uploads", 1),
        search_list=Price("searches", 1),
        videos_batchGetStats=Price("statistics", 1),
    ),
)


def price_table(name: str) -> PriceTable:
    """The price table of that name. Raises UnknownName."""
    for table in PRICE_TABLES:
        if table.name == name:
            return table
    known = ", ".join((AUTO, *(table.name for table in PRICE_TABLES)))
    raise UnknownName(f"There is no quota profile {name!r}.", f"Set YTEMPIRE_YOUTUBE_QUOTA_PROFILE to one of {known}.")


def quota_profile(name: str) -> QuotaProfile:
    """The profile of that name: one of the tables for good, or `auto`. Raises UnknownName."""
    return DatedPrices(PRICE_TABLES) if name == AUTO else price_table(name)


def limits_of(name: str) -> Mapping[str, int]:
    """Daily units per bucket of a price table. Raises UnknownName."""
    return price_table(name).limits


class Pace:
    """Lets calls of a bucket pass no faster than so many a minute; a caller too early waits. Threads share it.

    A bucket that was idle lets a second's worth of calls pass at once, at least one.

    Args:
        per_minute: calls a minute of every bucket that is not named in `slower`.
        slower: bucket to calls a minute, where Google allows fewer.
        seconds: a clock that only runs forward.
        sleep: waits.
    """

    SLOWER: Mapping[str, int] = MappingProxyType({"reporting": 60})
    """What Google allows the Reporting API by default."""

    def __init__(
        self,
        per_minute: int,
        slower: Mapping[str, int] = SLOWER,
        seconds: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._per_minute = per_minute
        self._slower = slower
        self._seconds = seconds
        self._sleep = sleep
        self._lock = threading.Lock()
        self._free_at: dict[str, float] = {}

    def wait(self, bucket: str) -> None:
        """Take the next place in the bucket's row, and wait until it comes."""
        between = 60 / min(self._per_minute, self._slower.get(bucket, self._per_minute))
        with self._lock:
            now = self._seconds()
            at = max(self._free_at.get(bucket, now), now - max(1 - between, 0))
            self._free_at[bucket] = at + between
        if at > now:
            self._sleep(at - now)


class _Passed:
    """Counts of what passed a gate; threads share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.calls = 0
        self.units = 0

    def add(self, units: int) -> None:
        with self._lock:
            self.calls += 1
            self.units += units


class QuotaGate:
    """Lets a call pass once its price is reserved in the ledger; counts what passed. Safe to share among threads.

    Args:
        ledger: shared by every process that calls for the same project.
        profile: says the prices of a day.
        clock: says whose Pacific day is charged.
        project: the Google Cloud project that the credentials belong to.
        new_key: names one call in the ledger.
        pace: keeps below the limits per minute; None, as at a service of our own, calls as fast as it can.
    """

    def __init__(
        self,
        ledger: QuotaLedger,
        profile: QuotaProfile,
        clock: Clock,
        project: str = "default",
        new_key: Callable[[], str] = lambda: uuid4().hex,
        pace: Pace | None = None,
    ) -> None:
        self._ledger = ledger
        self._profile = profile
        self.clock = clock
        self._project = project
        self._new_key = new_key
        self._pace = pace
        self._passed = _Passed()
        self._share: float | None = None
        self._taken: Counter[str] = Counter()
        self._taking = threading.Lock()

    @property
    def calls(self) -> int:
        """Calls that passed."""
        return self._passed.calls

    @property
    def units(self) -> int:
        """What they cost together."""
        return self._passed.units

    def at(self, clock: Clock, *, counting_on: bool = False) -> QuotaGate:
        """A gate on the same ledger whose day is the clock's; it counts from zero, or on together with this one."""
        gate = QuotaGate(self._ledger, self._profile, clock, self._project, self._new_key, self._pace)
        if counting_on:
            gate._passed = self._passed
        return gate

    def within(self, share: float) -> QuotaGate:
        """A gate for one purpose, which may take a share (0 to 1) of each bucket's day; it counts on together with this one."""
        gate = self.at(self.clock, counting_on=True)
        gate._share = share
        return gate

    def prices(self) -> PriceTable:
        """The prices in force now."""
        return self._profile.on(pacific_day(self.clock.now()))

    @contextmanager
    def call(self, method: str) -> Iterator[None]:
        """Reserve the price of one call, let it be made, and commit: whether it fails or not, for the service charges both.

        Raises QuotaExhausted before the call where the day's bucket, or this gate's share of it, would run over."""
        prices = self.prices()
        price = prices.price(method)
        if self._share is not None:
            self._take(price, int(prices.limits[price.bucket] * self._share))
        if self._pace is not None:
            self._pace.wait(price.bucket)
        key = f"{method}:{self._new_key()}"
        reservation = self._ledger.reserve(self._project, price.bucket, price.units, key, self.clock.now())
        self._passed.add(price.units)
        try:
            yield
        finally:
            self._ledger.commit(reservation)

    def _take(self, price: Price, allowed: int) -> None:
        with self._taking:
            if self._taken[price.bucket] + price.units > allowed:
                raise QuotaExhausted(
                    f"The {allowed} units of quota {price.bucket!r} that this may take a day are spent.",
                    "It goes on the next day.",
                )
            self._taken[price.bucket] += price.units
