"""The machine's own work is booked once, also where it came to nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest

from core.clock import cpu_seconds
from core.ledger.cost import CostLedger
from core.ledger.store import MemoryLedgerStore
from generation.artifacts import ArtifactStore
from generation.budget import LocalPrices, LocalWork
from generation.values import artifacts_in
from tests.unit.generation.fakes import CLOCK, SLOT

PRICES = LocalPrices(Decimal("0.04"), Decimal("0.023"))


class Processor:
    """A counter of processor time that a step moves."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


def test_equal_inputs_are_booked_once_and_others_anew() -> None:
    ledger, processor = CostLedger(MemoryLedgerStore()), Processor()
    work = LocalWork(ledger, SLOT, PRICES, CLOCK, processor)
    for inputs in ("one", "one", "two"):
        with work.computing("film", inputs, "run"):
            processor.seconds += 90
    assert ledger.total(str(SLOT)) == 2 * 1_000


def test_an_attempt_that_fails_costs_what_it_used() -> None:
    ledger, processor = CostLedger(MemoryLedgerStore()), Processor()
    work = LocalWork(ledger, SLOT, PRICES, CLOCK, processor)

    def fail(attempt: str) -> None:
        with work.computing("film", "one", attempt):
            processor.seconds += 45
            raise RuntimeError

    for attempt in ("first", "second", "second"):
        with pytest.raises(RuntimeError):
            fail(attempt)
    assert ledger.total(str(SLOT)) == 2 * 500
    with work.computing("film", "one", "third"):
        processor.seconds += 90
    assert ledger.total(str(SLOT)) == 2_000


def test_a_file_is_stored_once(artifacts: ArtifactStore) -> None:
    ledger = CostLedger(MemoryLedgerStore())
    work = LocalWork(ledger, SLOT, PRICES, CLOCK)
    film = artifacts.put(b"x" * 1_000_000, suffix=".mp4")
    assert list(artifacts_in((film, [film]))) == [film, film]
    for _ in range(2):
        work.store("film", [film])
    assert ledger.total(str(SLOT)) == 23


def test_processor_time_goes_forward() -> None:
    before = cpu_seconds()
    assert sum(range(3_000_000)) > 0
    assert cpu_seconds() > before
