"""A paid call is paid once, whatever happens between its parts."""

from __future__ import annotations

import pytest

from core.errors import BudgetExceeded, Damaged, Environment, Refused, Unreachable, YtempireError, billed
from core.ledger.cost import CostLedger
from core.ledger.store import MemoryLedgerStore
from generation.artifacts import ArtifactStore
from generation.budget import Paid
from tests.unit.generation.fakes import SLOT, Crash, budget

REQUEST = "0" * 64


class Service:
    """Answers, and counts what it was paid."""

    def __init__(self, cost: int = 2_000, failure: BaseException | None = None) -> None:
        self.calls, self.cost, self.failure = 0, cost, failure

    def __call__(self) -> Paid:
        self.calls += 1
        if self.failure is not None:
            raise self.failure
        return Paid(b"line one\nline two", self.cost)


def test_an_unchanged_request_is_not_paid_twice(artifacts: ArtifactStore) -> None:
    ledger, service = CostLedger(MemoryLedgerStore()), Service()
    for _ in range(3):
        answer = budget(artifacts, ledger=ledger).pay_once("script", "fake", REQUEST, 5_000, service)
        assert answer == b"line one\nline two"
    assert service.calls == 1
    assert ledger.total(str(SLOT)) == 2_000


def test_another_request_of_the_step_is_paid_too(artifacts: ArtifactStore) -> None:
    purse, service = budget(artifacts), Service()
    purse.pay_once("script", "fake", REQUEST, 5_000, service)
    purse.pay_once("script", "fake", "1" * 64, 5_000, service)
    assert (service.calls, purse.spent_usd_micros) == (2, 4_000)


def test_the_cap_stops_before_anything_is_paid(artifacts: ArtifactStore) -> None:
    purse, service = budget(artifacts, cap_usd_micros=4_999), Service()
    with pytest.raises(BudgetExceeded, match="script"):
        purse.pay_once("script", "fake", REQUEST, 5_000, service)
    assert (service.calls, purse.spent_usd_micros) == (0, 0)


def test_a_failed_call_costs_nothing_and_may_be_tried_again(artifacts: ArtifactStore) -> None:
    purse = budget(artifacts)
    with pytest.raises(Unreachable):
        purse.pay_once("script", "fake", REQUEST, 5_000, Service(failure=Unreachable("no answer")))
    assert purse.spent_usd_micros == 0
    assert purse.pay_once("script", "fake", REQUEST, 5_000, Service()) == b"line one\nline two"


@pytest.mark.parametrize("failure", [Damaged("not JSON"), billed(Unreachable("no answer in time")), billed(Refused("declined"))])
def test_a_call_that_may_be_billed_is_charged_at_the_estimate_and_not_made_again(
    failure: YtempireError, artifacts: ArtifactStore
) -> None:
    ledger, service = CostLedger(MemoryLedgerStore()), Service(failure=failure)
    with pytest.raises(type(failure)):
        budget(artifacts, ledger=ledger).pay_once("script", "fake", REQUEST, 5_000, service)
    service.failure = None
    for _ in range(2):
        with pytest.raises(Damaged, match=failure.message):
            budget(artifacts, ledger=ledger).pay_once("script", "fake", REQUEST, 5_000, service)
    assert (service.calls, ledger.total(str(SLOT))) == (1, 5_000)
    budget(artifacts, ledger=ledger).pay_once("script", "other", "1" * 64, 5_000, service)
    assert (service.calls, ledger.total(str(SLOT))) == (2, 7_000)


def refuse(content: bytes) -> bytes:
    raise Damaged("It is in another language.")


def test_an_answer_that_was_refused_is_booked_and_never_taken_again(artifacts: ArtifactStore) -> None:
    ledger, service = CostLedger(MemoryLedgerStore()), Service()
    for read in (refuse, refuse, bytes):
        with pytest.raises(Damaged, match="another language"):
            budget(artifacts, ledger=ledger).buy("script", "fake", REQUEST, 5_000, service, read)
    assert (service.calls, ledger.total(str(SLOT))) == (1, 2_000)


def test_a_kept_answer_that_is_refused_later_is_not_bought_again(artifacts: ArtifactStore) -> None:
    ledger, service = CostLedger(MemoryLedgerStore()), Service()
    assert budget(artifacts, ledger=ledger).buy("script", "fake", REQUEST, 5_000, service, len) == 17
    for _ in range(2):
        with pytest.raises(Damaged):
            budget(artifacts, ledger=ledger).buy("script", "fake", REQUEST, 5_000, service, refuse)
    assert (service.calls, ledger.total(str(SLOT))) == (1, 2_000)


def test_a_crash_before_a_refusal_is_booked_costs_it_once(artifacts: ArtifactStore, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger, service = CostLedger(MemoryLedgerStore()), Service(failure=Damaged("not JSON"))
    with monkeypatch.context() as patch:
        patch.setattr(ledger, "commit", lambda *_: (_ for _ in ()).throw(Crash()))
        with pytest.raises(Crash):
            budget(artifacts, ledger=ledger).pay_once("script", "fake", REQUEST, 5_000, service)
    with pytest.raises(Damaged, match="not JSON"):
        budget(artifacts, ledger=ledger).pay_once("script", "fake", REQUEST, 5_000, service)
    assert (service.calls, ledger.total(str(SLOT))) == (1, 5_000)


def test_what_was_spent_is_booked_where_the_disk_is_full(artifacts: ArtifactStore, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger, service = CostLedger(MemoryLedgerStore()), Service()
    monkeypatch.setattr(artifacts, "remember", lambda *_: (_ for _ in ()).throw(Environment("The disk is full.")))
    with pytest.raises(Environment):
        budget(artifacts, ledger=ledger).pay_once("script", "fake", REQUEST, 5_000, service)
    assert ledger.total(str(SLOT)) == 2_000


def test_a_crash_during_the_call_leaves_one_open_reservation_that_the_next_run_takes_over(artifacts: ArtifactStore) -> None:
    ledger = CostLedger(MemoryLedgerStore())
    with pytest.raises(Crash):
        budget(artifacts, ledger=ledger).pay_once("script", "fake", REQUEST, 5_000, Service(failure=Crash()))
    assert ledger.total(str(SLOT)) == 5_000
    budget(artifacts, ledger=ledger).pay_once("script", "fake", REQUEST, 5_000, Service())
    assert ledger.total(str(SLOT)) == 2_000


def test_a_crash_after_the_answer_was_kept_pays_nothing_more(artifacts: ArtifactStore, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger, service = CostLedger(MemoryLedgerStore()), Service()
    with monkeypatch.context() as patch:
        patch.setattr(ledger, "commit", lambda *_: (_ for _ in ()).throw(Crash()))
        with pytest.raises(Crash):
            budget(artifacts, ledger=ledger).pay_once("script", "fake", REQUEST, 5_000, service)
    budget(artifacts, ledger=ledger).pay_once("script", "fake", REQUEST, 5_000, service)
    assert (service.calls, ledger.total(str(SLOT))) == (1, 2_000)


def test_a_lost_answer_is_bought_again(artifacts: ArtifactStore) -> None:
    purse, service = budget(artifacts), Service()
    purse.pay_once("script", "fake", REQUEST, 5_000, service)
    for answer in artifacts.root.rglob("*.answer"):
        answer.unlink()
    purse.pay_once("script", "fake", REQUEST, 5_000, service)
    assert (service.calls, purse.spent_usd_micros) == (2, 4_000)


def test_a_free_stand_in_is_neither_charged_nor_kept(artifacts: ArtifactStore) -> None:
    purse, service = budget(artifacts), Service(cost=0)
    for _ in range(2):
        purse.pay_once("narration", "fake", REQUEST, 5_000, service)
    assert (service.calls, purse.spent_usd_micros) == (2, 0)
