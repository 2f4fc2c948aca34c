"""The ledgers over Postgres: the same rules as in memory, no overspending by parallel processes, and append-only tables."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal

import hypothesis
import pytest
import sqlalchemy
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy.engine import Engine

from core.errors import QuotaExhausted
from core.ledger.cost import CostLedger
from core.ledger.quota import QuotaLedger
from core.ledger.store import PostgresLedgerStore
from core.postgres.engine import create_engine
from tests.unit.core.ledger_machine import quota_machine

pytestmark = pytest.mark.postgres
NOON = datetime(2026, 6, 8, 12, tzinfo=UTC)


def test_rules_of_the_quota_ledger(database: Engine) -> None:
    run_state_machine_as_test(
        quota_machine(lambda: PostgresLedgerStore(database)),
        settings=hypothesis.settings(max_examples=10, stateful_step_count=20),
    )


def test_parallel_reservers_never_overspend(database: Engine) -> None:
    # Each reserver has an engine of its own, as each process has.
    engines = [create_engine(database.url, pool_size=1) for _ in range(6)]

    def reserve(number: int) -> int:
        ledger = QuotaLedger(PostgresLedgerStore(engines[number % 6]), {"data": 100})
        try:
            return ledger.reserve("main", "data", 7, f"call {number}", NOON).units
        except QuotaExhausted:
            return 0

    with ThreadPoolExecutor(6) as pool:
        granted = sum(pool.map(reserve, range(60)))
    for engine in engines:
        engine.dispose()
    assert granted == 98
    assert QuotaLedger(PostgresLedgerStore(database), {"data": 100}).spent("main", "data", date(2026, 6, 8)) == 98


def test_one_key_reserved_by_many_at_once_is_one_reservation(database: Engine) -> None:
    ledger = QuotaLedger(PostgresLedgerStore(database), {"data": 100})
    with ThreadPoolExecutor(6) as pool:
        found = set(pool.map(lambda _: ledger.reserve("main", "data", 7, "same", NOON).reservation_id, range(20)))
    assert len(found) == 1
    assert ledger.spent("main", "data", date(2026, 6, 8)) == 7


@pytest.mark.parametrize("statement", ["update ops.ledger_entries set change = 0", "delete from ops.ledger_entries"])
def test_entries_cannot_be_changed(database: Engine, statement: str) -> None:
    CostLedger(PostgresLedgerStore(database)).reserve("k", "script", "2026-06-08|a.b", "openai", 5, 10, NOON)
    with pytest.raises(sqlalchemy.exc.IntegrityError, match="append-only"), database.begin() as connection:
        connection.execute(sqlalchemy.text(statement))


def test_views_show_entries_in_their_own_words(database: Engine) -> None:
    store = PostgresLedgerStore(database)
    cost = CostLedger(store)
    cost.commit(cost.reserve("k", "script", "2026-06-08|a.b", "openai", 5, 10, NOON), 4)
    QuotaLedger(store, {"data": 10}).reserve("main", "data", 3, "k", NOON)
    with database.connect() as connection:
        costs = connection.execute(
            sqlalchemy.text("select slot_id, step, vendor, sum(usd_micros) from ops.ledger_cost group by 1, 2, 3")
        ).all()
        quota = connection.execute(sqlalchemy.text("select project, bucket, pacific_day, units from ops.ledger_quota")).all()
    assert costs == [("2026-06-08|a.b", "script", "openai", Decimal(4))]
    assert quota == [("main", "data", date(2026, 6, 8), 3)]
