"""Quota of the YouTube APIs per project, bucket and Pacific day. Prices are the caller's: `connectors/youtube/quota.py`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from core.clock import PACIFIC, pacific_day
from core.errors import QuotaExhausted, UnknownName
from core.ledger.book import Book
from core.ledger.store import LedgerStore


@dataclass(frozen=True)
class Reservation:
    """Units of quota set aside for one piece of work."""

    reservation_id: str
    key: str
    project: str
    bucket: str
    pacific_day: date
    units: int
    at: datetime
    already_done: bool = False
    """The work under this key was committed before: skip it."""


class QuotaLedger:
    """Keeps calls within the daily quota, over all processes that share the store.

    Args:
        store: where entries are kept.
        limits: bucket to units per Pacific day, from the price table in force; or what says it for a day.
    """

    def __init__(self, store: LedgerStore, limits: Mapping[str, int] | Callable[[date], Mapping[str, int]]) -> None:
        self._book = Book(store, "quota")
        self._limits_on = limits if callable(limits) else lambda day: limits

    def reserve(self, project: str, bucket: str, units: int, key: str, at: datetime) -> Reservation:
        """Set units aside before a call. See `book.py` for what a repeated key gives.

        Raises QuotaExhausted when the Pacific day of `at` has not enough left, UnknownName for a bucket without a limit,
        InvalidInput for negative units or an `at` without zone.
        """
        day = pacific_day(at)
        limits = self._limits_on(day)
        if bucket not in limits:
            raise UnknownName(f"There is no quota bucket {bucket!r}.", f"Known buckets: {', '.join(sorted(limits))}.")
        limit = limits[bucket]

        def refusal(spent: int) -> QuotaExhausted:
            reset = datetime.combine(day + timedelta(days=1), time(), PACIFIC)
            return QuotaExhausted(
                f"Quota {bucket!r} of project {project!r} has {max(limit - spent, 0)} of {limit} units left on {day}, and {units}"
                " are needed.",
                f"It resumes at {reset.isoformat()}.",
            )

        labels = {"project": project, "bucket": bucket, "pacific_day": day.isoformat()}
        held = self._book.reserve(_account(project, bucket, day), key, units, limit, labels, at, refusal)
        day = date.fromisoformat(held.labels["pacific_day"])
        return Reservation(held.reservation_id, key, project, bucket, day, held.amount, at, held.is_committed)

    def commit(self, reservation: Reservation) -> None:
        """The call was made: its units are spent. Repeating it changes nothing."""
        account = _account_of(reservation)
        self._book.commit(reservation.reservation_id, reservation.key, account, reservation.units, reservation.at)

    def release(self, reservation: Reservation) -> None:
        """The call was not made: give the units back. Raises InvalidInput when they are already committed."""
        self._book.release(reservation.reservation_id, reservation.key, _account_of(reservation), reservation.at)

    def spent(self, project: str, bucket: str, pacific_day: date) -> int:
        """Units reserved or committed on a Pacific day."""
        return self._book.balance(_account(project, bucket, pacific_day))


def _account(project: str, bucket: str, day: date) -> str:
    return f"{project}/{bucket}/{day.isoformat()}"


def _account_of(reservation: Reservation) -> str:
    return _account(reservation.project, reservation.bucket, reservation.pacific_day)
