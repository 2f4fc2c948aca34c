"""What a call costs, by the date the price took effect, and the gate that reserves it in the ledger before the call is made.

Sources: developers.google.com/youtube/v3/determine_quota_cost and the API's revision history (2025-12-04: an upload costs 100 in
place of 1,600 units; 2026-06-01: uploads and searches are counted in buckets of their own). Quota belongs to a Google Cloud
project, not to a channel, and begins anew at midnight Pacific time. Failed calls cost as much as good ones."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING
from uuid import uuid4

from core.clock import Clock
from core.errors import UnknownName

if TYPE_CHECKING:
    from core.ledger.quota import QuotaLedger


@dataclass(frozen=True)
class Price:
    """What one call of a method takes from a bucket."""

    bucket: str
    units: int


@dataclass(frozen=True)
class PriceTable:
    """Prices and daily limits as they were from a date on.

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


def _table(name: str, effective_from: date, insert: Price, search: Price, limits: Mapping[str, int]) -> PriceTable:
    prices = {
        **dict.fromkeys(("channels.list", "playlistItems.list", "videos.list", "videoCategories.list"), Price("data", 1)),
        **dict.fromkeys(("thumbnails.set", "videos.update", "videos.delete", "playlistItems.insert"), Price("data", 50)),
        "captions.list": Price("data", 50),
        "captions.insert": Price("data", 400),
        "captions.update": Price("data", 450),
        "videos.insert": insert,
        "search.list": search,
        "reports.query": Price("analytics", 1),
        **dict.fromkeys(("jobs.list", "jobs.create", "jobs.reports.list", "media.download"), Price("reporting", 1)),
    }
    # The Analytics and Reporting APIs have quotas apart from the Data API's, shown in a project's console; these are cautious.
    return PriceTable(
        name, effective_from, MappingProxyType(prices), MappingProxyType({"analytics": 10_000, "reporting": 10_000, **limits})
    )


PRICE_TABLES = (
    _table("2025-01", date(2025, 1, 1), Price("data", 1600), Price("data", 100), {"data": 10_000}),
    _table("2025-12", date(2025, 12, 4), Price("data", 100), Price("data", 100), {"data": 10_000}),
    _table(
        "2026-06", date(2026, 6, 1), Price("uploads", 1), Price("searches", 1), {"data": 10_000, "uploads": 100, "searches": 100}
    ),
)


def price_table(name: str) -> PriceTable:
    """The price table of that name. Raises UnknownName."""
    for table in PRICE_TABLES:
        if table.name == name:
            return table
    known = ", ".join(table.name for table in PRICE_TABLES)
    raise UnknownName(f"There is no quota profile {name!r}.", f"Set YTEMPIRE_YOUTUBE_QUOTA_PROFILE to one of {known}.")


def limits_of(name: str) -> Mapping[str, int]:
    """Daily units per bucket of a price table. Raises UnknownName."""
    return price_table(name).limits


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
        prices: the price table in force.
        clock: says whose Pacific day is charged.
        project: the Google Cloud project that the credentials belong to.
        new_key: names one call in the ledger.
    """

    def __init__(
        self,
        ledger: QuotaLedger,
        prices: PriceTable,
        clock: Clock,
        project: str = "default",
        new_key: Callable[[], str] = lambda: uuid4().hex,
    ) -> None:
        self._ledger = ledger
        self._prices = prices
        self.clock = clock
        self._project = project
        self._new_key = new_key
        self._passed = _Passed()

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
        gate = QuotaGate(self._ledger, self._prices, clock, self._project, self._new_key)
        if counting_on:
            gate._passed = self._passed
        return gate

    @contextmanager
    def call(self, method: str) -> Iterator[None]:
        """Reserve the price of one call, let it be made, and commit: whether it fails or not, for the service charges both.

        Raises QuotaExhausted before the call where the day's bucket would run over."""
        price = self._prices.price(method)
        key = f"{method}:{self._new_key()}"
        reservation = self._ledger.reserve(self._project, price.bucket, price.units, key, self.clock.now())
        self._passed.add(price.units)
        try:
            yield
        finally:
            self._ledger.commit(reservation)
