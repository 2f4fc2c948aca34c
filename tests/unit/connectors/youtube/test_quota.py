"""Prices by date, the gate that reserves them, and the pace of calls."""

from __future__ import annotations

import ast
from bisect import bisect_left
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.youtube.quota import PRICE_TABLES, Pace, QuotaGate, limits_of, price_table, quota_profile
from core.clock import FrozenClock, pacific_day
from core.errors import QuotaExhausted, UnknownName
from core.ledger.quota import QuotaLedger
from core.ledger.store import MemoryLedgerStore
from core.settings import ROOT
from tests.unit.connectors.youtube.conftest import NOW

BATCH = "videos.batchGetStats"


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


def methods_named(path: Path) -> set[str]:
    """Strings of a module that look like a method of an API."""
    texts = {node.value for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant)}
    verbs = (".list", ".insert", ".set", ".query", ".create", ".download", ".batchGetStats")
    return {text for text in texts if isinstance(text, str) and " " not in text and text.endswith(verbs)}


def test_every_method_that_is_called_has_a_price() -> None:
    called = set().union(
        *(methods_named(ROOT / "connectors" / "youtube" / f"{name}.py") for name in ("data", "analytics", "upload"))
    )
    assert {"captions.list", "comments.list", "commentThreads.list", "playlists.list", BATCH, "reports.query"} <= called
    for table in PRICE_TABLES:
        assert called - set(table.prices) == (set() if table.name == "2026-06" else {BATCH})


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)))
def test_auto_takes_the_table_in_force(day: date) -> None:
    starts = [table.effective_from for table in PRICE_TABLES]
    expected = PRICE_TABLES[max(bisect_left(starts, date.fromordinal(day.toordinal() + 1)) - 1, 0)]
    assert quota_profile("auto").on(day) is expected
    assert quota_profile("2025-12").on(day) is price_table("2025-12")


def test_prices_and_limits_follow_the_clock() -> None:
    profile = quota_profile("auto")
    ledger = QuotaLedger(MemoryLedgerStore(), lambda day: profile.on(day).limits)
    gate = QuotaGate(ledger, profile, FrozenClock(datetime(2026, 6, 1, 6, tzinfo=UTC)))  # still May in California
    with gate.call("videos.insert"):
        pass
    assert gate.units == 100
    assert BATCH not in gate.prices().prices
    june = gate.at(FrozenClock(datetime(2026, 6, 1, 7, tzinfo=UTC)))
    with june.call("videos.insert"):
        pass
    assert june.units == 1
    assert BATCH in june.prices().prices
    assert ledger.spent("default", "data", date(2026, 5, 31)) == 100
    assert ledger.spent("default", "uploads", date(2026, 6, 1)) == 1


def test_unknown_names_are_told_with_the_known_ones() -> None:
    with pytest.raises(UnknownName, match="auto, 2025-01, 2025-12, 2026-06"):
        quota_profile("2031-01")
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


@given(st.lists(st.sampled_from(["videos.list", "captions.list", "thumbnails.set"]), max_size=30), st.integers(0, 400))
def test_threads_never_pass_the_limit_together_and_every_call_is_accounted(methods: list[str], limit: int) -> None:
    passing, ledger = gate(limit=limit)

    def call(method: str) -> int:
        try:
            with passing.call(method):
                return price_table("2026-06").price(method).units
        except QuotaExhausted:
            return 0

    with ThreadPoolExecutor(max_workers=8) as pool:
        charged = list(pool.map(call, methods))
    spent = ledger.spent("default", "data", pacific_day(NOW))
    assert spent == sum(charged) == passing.units <= limit
    assert passing.calls == sum(units > 0 for units in charged)
    if 0 in charged:
        dearest = max(price_table("2026-06").price(method).units for method in methods)
        assert spent > limit - dearest


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
    moved, joined = passing.at(FrozenClock(NOW)), passing.at(FrozenClock(NOW), counting_on=True)
    for other in (moved, joined):
        with other.call("videos.list"):
            pass
    assert (passing.calls, moved.calls, joined.calls) == (2, 1, 2)
    assert ledger.spent("default", "data", pacific_day(NOW)) == 3


def test_one_purpose_takes_its_share_and_leaves_the_rest() -> None:
    passing, ledger = gate(limit=10_000)
    share = passing.within(200 / passing.prices().limits["data"])  # captions cost 50 units
    for _ in range(4):
        with share.call("captions.list"):
            pass
    spent = "The 200 units of quota 'data' that this may take a day are spent"
    with pytest.raises(QuotaExhausted, match=spent), share.call("captions.list"):
        raise AssertionError("no call may be made")
    with passing.call("videos.list"):
        pass
    assert (passing.calls, passing.units) == (5, 201)
    assert ledger.spent("default", "data", pacific_day(NOW)) == 201


class Time:
    """A clock that runs while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds


@given(st.integers(1, 300), st.lists(st.floats(0, 90), min_size=1, max_size=60))
def test_no_minute_holds_more_calls_than_it_may(per_minute: int, idle: list[float]) -> None:
    time, passed = Time(), []
    pace = Pace(per_minute, seconds=lambda: time.now, sleep=time.sleep)
    for seconds in idle:
        time.now += seconds
        pace.wait("data")
        passed.append(time.now)
    burst = max(per_minute / 60, 1)
    for start in passed:
        assert sum(start <= moment < start + 60 for moment in passed) <= per_minute + burst
    assert passed[0] == 100.0 + idle[0]


def test_a_slower_bucket_waits_longer_and_for_itself() -> None:
    time = Time()
    pace = Pace(600, {"reporting": 60}, seconds=lambda: time.now, sleep=time.sleep)
    for _ in range(3):
        pace.wait("reporting")
    assert time.now == pytest.approx(102)
    pace.wait("data")
    assert time.now == pytest.approx(102)


def test_the_gate_waits_before_it_reserves() -> None:
    time, ledger = Time(), QuotaLedger(MemoryLedgerStore(), {"data": 2})
    passing = QuotaGate(
        ledger, price_table("2026-06"), FrozenClock(NOW), pace=Pace(60, seconds=lambda: time.now, sleep=time.sleep)
    )
    for _ in range(2):
        with passing.at(FrozenClock(NOW)).call("videos.list"):
            pass
    assert time.now == pytest.approx(101)
