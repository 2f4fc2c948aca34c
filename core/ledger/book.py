"""The life of a reservation, the same for quota and for money.

    reserve ──► reserved ──► committed      the amount stands on the account for good
                    └──────► released       nothing stands

An idempotency key names one piece of work. Reserving under a key that is
- committed: gives that reservation back, marked as done; nothing more is charged;
- reserved, because the process that held it died: takes that reservation over;
- released or unknown: makes a new one.

A ledger cannot tell a dead holder from a slow one: two processes that work under one key at the same moment both hold it. That
they don't is seen to where keys are made: one run works on a slot or a partition at a time.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from core.errors import InvalidInput
from core.ledger.store import Entry, Event, Journal, LedgerStore


@dataclass(frozen=True)
class Held:
    """A reservation as the book knows it. `amount` is what it now adds to its account."""

    reservation_id: str
    key: str
    account: str
    labels: Mapping[str, str]
    amount: int
    is_committed: bool = False
    is_released: bool = False


class Book:
    """One ledger of a store."""

    def __init__(self, store: LedgerStore, ledger: str) -> None:
        self._store = store
        self._ledger = ledger

    def balance(self, account: str) -> int:
        """What is reserved or committed on an account."""
        with self._store.open(self._ledger) as journal:
            return journal.balance(account)

    def reserve(
        self,
        account: str,
        key: str,
        amount: int,
        limit: int,
        labels: Mapping[str, str],
        at: datetime,
        refusal: Callable[[int], Exception],
    ) -> Held:
        """Reserve an amount on an account, unless the key's work is done.

        Raises InvalidInput for a negative amount or a moment without zone, and `refusal(balance)` when the account would hold
        more than `limit`; nothing is then written.
        """
        if amount < 0 or at.tzinfo is None or not key:
            raise InvalidInput(
                f"Reservation {key!r} of {amount} at {at} is not usable.", "Give a key, an amount ≥ 0, and a zone."
            )
        with self._store.open(self._ledger, [account, key]) as journal:
            earlier = _reservations(journal.history(key))
            for held in earlier:
                if held.is_committed:
                    return held
            # One left open on another account, yesterday's quota, stays there: the call that it stood for may have been made.
            standing = [held for held in earlier if held.account == account and not held.is_released]
            for held in standing:
                if held.amount == amount:
                    return held
            balance = journal.balance(account) - sum(held.amount for held in standing)
            if balance + amount > limit:
                raise refusal(balance)
            for held in standing:
                journal.append(Entry(account, key, held.reservation_id, Event.RELEASED, -held.amount, held.labels, at))
            fresh = Entry(account, key, str(uuid.uuid4()), Event.RESERVED, amount, labels, at)
            journal.append(fresh)
            return Held(fresh.reservation_id, key, account, labels, amount)

    def commit(self, reservation_id: str, key: str, account: str, actual: int, at: datetime) -> None:
        """Charge the account with the actual amount, once, whatever happened before.

        Even a released reservation is charged: who commits has used it. Raises InvalidInput for an unknown reservation.
        """
        if actual < 0:
            raise InvalidInput(f"{actual} is no amount that can be committed.", "Give an amount ≥ 0.")
        with self._store.open(self._ledger, [account, key]) as journal:
            held = self._find(journal, reservation_id, key)
            if not held.is_committed:
                change = actual - held.amount
                journal.append(Entry(held.account, key, reservation_id, Event.COMMITTED, change, held.labels, at))

    def release(self, reservation_id: str, key: str, account: str, at: datetime) -> None:
        """Give the amount back, once. Raises InvalidInput for an unknown or committed reservation."""
        with self._store.open(self._ledger, [account, key]) as journal:
            held = self._find(journal, reservation_id, key)
            if held.is_committed:
                raise InvalidInput(f"Reservation {key!r} is committed.", "What is spent cannot be released.")
            if not held.is_released:
                journal.append(Entry(held.account, key, reservation_id, Event.RELEASED, -held.amount, held.labels, at))

    def _find(self, journal: Journal, reservation_id: str, key: str) -> Held:
        for held in _reservations(journal.history(key)):
            if held.reservation_id == reservation_id:
                return held
        raise InvalidInput(f"The {self._ledger} ledger has no reservation {reservation_id} under {key!r}.", "Reserve first.")


def _reservations(history: Sequence[Entry]) -> list[Held]:
    """Sum up the entries of one key per reservation, oldest first."""
    found: dict[str, Held] = {}
    for entry in history:
        held = found.get(entry.reservation_id) or Held(entry.reservation_id, entry.key, entry.account, entry.labels, 0)
        found[entry.reservation_id] = replace(
            held,
            amount=held.amount + entry.change,
            is_committed=held.is_committed or entry.event is Event.COMMITTED,
            is_released=entry.event is Event.RELEASED,
        )
    return list(found.values())
