"""Quota and cost ledgers over memory: the rules of a reservation's life."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BudgetExceeded, InvalidInput, QuotaExhausted, UnknownName
from core.ledger.cost import CostLedger
from core.ledger.quota import QuotaLedger, Reservation
from core.ledger.store import MemoryLedgerStore
from core.money import usd
from tests.unit.core.ledger_machine import quota_machine

NOON = datetime(2026, 6, 8, 12, tzinfo=UTC)
SLOT = "2026-06-08|pixel-pulse.evening"

TestQuotaInMemory = quota_machine(MemoryLedgerStore).TestCase


@pytest.fixture
def quota() -> QuotaLedger:
    return QuotaLedger(MemoryLedgerStore(), {"data": 100, "search": 10})


@pytest.fixture
def cost() -> CostLedger:
    return CostLedger(MemoryLedgerStore())


def test_refusal_names_what_is_left_and_when_it_resumes(quota: QuotaLedger) -> None:
    quota.reserve("main", "data", 60, "a", NOON)
    with pytest.raises(
        QuotaExhausted, match=r"'data' of project 'main' has 40 of 100 units left on 2026-06-08, and 41"
    ) as caught:
        quota.reserve("main", "data", 41, "b", NOON)
    assert "2026-06-09T00:00:00-07:00" in caught.value.remedy
    assert quota.spent("main", "data", date(2026, 6, 8)) == 60


def test_buckets_projects_and_days_are_counted_apart(quota: QuotaLedger) -> None:
    quota.reserve("main", "data", 100, "a", NOON)
    quota.reserve("main", "search", 10, "b", NOON)
    quota.reserve("other", "data", 100, "c", NOON)
    quota.reserve("main", "data", 100, "d", datetime(2026, 6, 9, 12, tzinfo=UTC))


def test_day_turns_at_midnight_in_california(quota: QuotaLedger) -> None:
    before = quota.reserve("main", "data", 1, "a", datetime(2026, 6, 9, 6, 59, tzinfo=UTC))
    after = quota.reserve("main", "data", 1, "b", datetime(2026, 6, 9, 7, 0, tzinfo=UTC))
    assert (before.pacific_day, after.pacific_day) == (date(2026, 6, 8), date(2026, 6, 9))


def test_work_done_yesterday_stays_done(quota: QuotaLedger) -> None:
    first = quota.reserve("main", "data", 5, "a", NOON)
    quota.commit(first)
    again = quota.reserve("main", "data", 5, "a", datetime(2026, 6, 9, 12, tzinfo=UTC))
    assert again.already_done
    assert again.pacific_day == date(2026, 6, 8)


@pytest.mark.parametrize(
    ("bucket", "units", "at", "error"),
    [
        ("upload", 1, NOON, UnknownName),
        ("data", -1, NOON, InvalidInput),
        ("data", 1, datetime(2026, 6, 8, 12), InvalidInput),
    ],
)
def test_misuse_is_refused(quota: QuotaLedger, bucket: str, units: int, at: datetime, error: type[Exception]) -> None:
    with pytest.raises(error):
        quota.reserve("main", bucket, units, "a", at)


def test_unknown_reservation_is_refused(quota: QuotaLedger) -> None:
    with pytest.raises(InvalidInput, match="no reservation"):
        quota.commit(Reservation("0" * 32, "a", "main", "data", date(2026, 6, 8), 1, NOON))


def test_parallel_reservations_never_overspend(quota: QuotaLedger) -> None:
    def reserve(number: int) -> bool:
        try:
            quota.reserve("main", "data", 7, f"call {number}", NOON)
        except QuotaExhausted:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        granted = sum(pool.map(reserve, range(40)))
    assert granted == 100 // 7


def test_cost_is_charged_as_it_was_and_not_as_estimated(cost: CostLedger) -> None:
    step = cost.reserve("k1", "script", SLOT, "openai", usd("0.10"), usd("0.50"), NOON)
    assert cost.total(SLOT) == usd("0.10")
    cost.commit(step, usd("0.03"))
    assert cost.total(SLOT) == usd("0.03")
    again = cost.reserve("k1", "script", SLOT, "openai", usd("0.10"), usd("0.50"), NOON)
    assert again.already_done
    assert again.usd_micros == usd("0.03")


def test_cost_cap_may_be_reached_and_not_passed(cost: CostLedger) -> None:
    cost.reserve("k1", "script", SLOT, "openai", usd("0.30"), usd("0.50"), NOON)
    with pytest.raises(BudgetExceeded, match=r"needs \$0\.2001 for elevenlabs, and \$0\.3000 of its cap of \$0\.5000"):
        cost.reserve("k2", "narration", SLOT, "elevenlabs", usd("0.2001"), usd("0.50"), NOON)
    cost.reserve("k2", "narration", SLOT, "elevenlabs", usd("0.20"), usd("0.50"), NOON)
    cost.reserve("k3", "narration", "2026-06-09|other.slot", "elevenlabs", usd("0.50"), usd("0.50"), NOON)


def test_new_estimate_replaces_that_of_a_step_which_was_never_finished(cost: CostLedger) -> None:
    cost.reserve("k1", "script", SLOT, "openai", usd("0.30"), usd("0.50"), NOON)
    cost.reserve("k1", "script", SLOT, "openai", usd("0.40"), usd("0.50"), NOON)
    assert cost.total(SLOT) == usd("0.40")


def test_released_money_may_be_spent_again(cost: CostLedger) -> None:
    step = cost.reserve("k1", "script", SLOT, "openai", usd("0.50"), usd("0.50"), NOON)
    cost.release(step)
    cost.release(step)
    assert cost.total(SLOT) == 0
    assert not cost.reserve("k1", "script", SLOT, "openai", usd("0.50"), usd("0.50"), NOON).already_done


@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from(["commit", "release", "crash"])), max_size=20))
def test_total_is_what_was_paid_plus_what_is_open(steps: list[tuple[int, str]]) -> None:
    cost = CostLedger(MemoryLedgerStore())
    total = 0
    for number, (amount, end) in enumerate(steps):
        try:
            step = cost.reserve(str(number), "step", SLOT, "vendor", amount, 100, NOON)
        except BudgetExceeded:
            assert total + amount > 100
            continue
        if end == "commit":
            cost.commit(step, amount // 2)
            total += amount // 2
        elif end == "release":
            cost.release(step)
        else:
            total += amount
        assert cost.total(SLOT) == total <= 100


def test_refusal_writes_nothing_and_failed_transactions_leave_no_entry() -> None:
    store = MemoryLedgerStore()
    cost = CostLedger(store)
    with pytest.raises(BudgetExceeded):
        cost.reserve("k1", "script", SLOT, "openai", 11, 10, NOON)
    with store.open("cost") as journal:
        assert not journal.history("k1")


def test_the_machines_own_work_is_counted_and_never_refused(cost: CostLedger) -> None:
    cost.reserve("k1", "script", SLOT, "openai", usd("0.50"), usd("0.50"), NOON)
    for _ in range(2):
        cost.commit(cost.reserve_local("k2", "film", SLOT, "cpu", NOON), usd("0.02"))
    assert cost.total(SLOT) == usd("0.52")
    cost.commit(cost.reserve_local("k3", "film", "another", "cpu", NOON), usd("0.50"))
    cost.reserve("k4", "script", "another", "openai", usd("0.50"), usd("0.50"), NOON)
    with pytest.raises(BudgetExceeded):
        cost.reserve("k5", "narration", "another", "elevenlabs", 1, usd("0.50"), NOON)
