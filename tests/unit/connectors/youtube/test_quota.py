"""Prices by date, and the gate that reserves them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.youtube.quota import PRICE_TABLES, QuotaGate, limits_of, price_table
from core.clock import FrozenClock, pacific_day
from core.errors import QuotaExhausted, UnknownName
from core.ledger.quota import QuotaLedger
from core.ledger.store import MemoryLedgerStore
from tests.unit.connectors.youtube.conftest import NOW


@pytest.mark.parametrize(
    ("profile", "bucket", "units"), [("2025-01", "data", 1600), ("2025-12", "data", 100), ("2026-06", "uploads", 1)]
)
def test_the_price_of_an_upload_by_date(profile: str, bucket: str, units: int) -> None:
    price = price_table(profile).price("videos.insert")
    assert (price.bucket, price.units) == (bucket, units)


def test_every_price_has_a_limit_it_fits_into() -> None:
    for table in PRICE_TABLES:
        assert all(0 < price.units <= table.limits[price.bucket] for price in table.prices.values())


def test_tables_are_in_the_order_of_their_dates() -> None:
    dates = [table.effective_from for table in PRICE_TABLES]
    assert dates == sorted(dates)


def test_unknown_names_are_told_with_the_known_ones() -> None:
    with pytest.raises(UnknownName, match="2025-01, 2025-12, 2026-06"):
        limits_of("2031-01")
    with pytest.raises(UnknownName, match=r"videos\.fly"):
        price_table("2026-06").price("videos.fly")


def gate(limit: int = 10) -> tuple[QuotaGate, QuotaLedger]:
    ledger = QuotaLedger(MemoryLedgerStore(), {"data": limit, "uploads": 1})
    return QuotaGate(ledger, price_table("2026-06"), FrozenClock(NOW)), ledger


@given(st.lists(st.booleans(), max_size=15))
def test_good_and_failed_calls_are_charged_alike_up_to_the_limit(fails: list[bool]) -> None:
    passing, ledger = gate(limit=10)
    made = 0
    for is_failure in fails:
        try:
            with passing.call("videos.list"):
                made += 1
                if is_failure:
                    raise ConnectionError
        except ConnectionError:
            pass
        except QuotaExhausted:
            assert made == 10
    assert made == passing.calls == passing.units == ledger.spent("default", "data", pacific_day(NOW)) == min(len(fails), 10)


def test_buckets_do_not_share() -> None:
    passing, _ = gate(limit=0)
    with passing.call("videos.insert"):
        pass
    with pytest.raises(QuotaExhausted), passing.call("videos.insert"):
        raise AssertionError("no call may be made")


def test_another_clock_counts_from_zero_on_the_same_ledger() -> None:
    passing, ledger = gate()
    with passing.call("videos.list"):
        pass
    moved = passing.at(FrozenClock(NOW))
    with moved.call("videos.list"):
        pass
    assert (passing.calls, moved.calls) == (1, 1)
    assert ledger.spent("default", "data", pacific_day(NOW)) == 2
