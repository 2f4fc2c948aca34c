"""The rules every quota ledger must keep, as a state machine that is run over memory and over Postgres."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule

from core.clock import pacific_day
from core.errors import InvalidInput, QuotaExhausted
from core.ledger.quota import QuotaLedger, Reservation
from core.ledger.store import LedgerStore

LIMIT = 10
MOMENTS = [datetime(2026, 6, 8, 12, tzinfo=UTC), datetime(2026, 6, 9, 12, tzinfo=UTC)]


@dataclass
class _Expected:
    key: str
    day: int
    units: int
    state: str = "reserved"


def quota_machine(make_store: Callable[[], LedgerStore]) -> type[RuleBasedStateMachine]:
    """A state machine class over the stores that `make_store` gives; stores may be shared between runs."""

    class QuotaMachine(RuleBasedStateMachine):
        reservations = Bundle("reservations")

        def __init__(self) -> None:
            super().__init__()
            self.run = uuid.uuid4().hex
            self.ledger = QuotaLedger(make_store(), {"data": LIMIT})
            self.expected: dict[str, _Expected] = {}

        def standing(self, day: int) -> int:
            return sum(held.units for held in self.expected.values() if held.day == day and held.state != "released")

        @rule(
            target=reservations,
            name=st.sampled_from("abc"),
            units=st.integers(0, LIMIT + 1),
            day=st.sampled_from([0, 1]),
        )
        def reserve(self, name: str, units: int, day: int) -> Reservation:
            key = f"{self.run}:{name}"
            same_key = {id_: held for id_, held in self.expected.items() if held.key == key}
            done = [id_ for id_, held in same_key.items() if held.state == "committed"]
            still_open = [id_ for id_, held in same_key.items() if held.state == "reserved" and held.day == day]
            freed = sum(self.expected[id_].units for id_ in still_open)
            is_takeover = any(self.expected[id_].units == units for id_ in still_open)
            try:
                got = self.ledger.reserve(self.run, "data", units, key, MOMENTS[day])
            except QuotaExhausted:
                assert not done
                assert not is_takeover
                assert self.standing(day) - freed + units > LIMIT
                return multiple()
            if done:
                assert got.already_done
                assert got.reservation_id in done
                assert got.units == self.expected[got.reservation_id].units
            elif is_takeover:
                assert got.reservation_id in still_open
            else:
                assert self.standing(day) - freed + units <= LIMIT
                assert got.reservation_id not in self.expected
                for id_ in still_open:
                    self.expected[id_].state = "released"
                self.expected[got.reservation_id] = _Expected(key, day, units)
            return got

        @rule(reservation=reservations)
        def commit(self, reservation: Reservation) -> None:
            self.ledger.commit(reservation)
            self.expected[reservation.reservation_id].state = "committed"

        @rule(reservation=reservations)
        def release(self, reservation: Reservation) -> None:
            held = self.expected[reservation.reservation_id]
            if held.state == "committed":
                with pytest.raises(InvalidInput):
                    self.ledger.release(reservation)
            else:
                self.ledger.release(reservation)
                held.state = "released"

        @invariant()
        def spent_is_what_is_reserved_or_committed(self) -> None:
            for day, moment in enumerate(MOMENTS):
                assert self.ledger.spent(self.run, "data", pacific_day(moment)) == self.standing(day)

    return QuotaMachine
