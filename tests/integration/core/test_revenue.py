"""Revenue records: booked once per invoice, never changed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial

import pytest
from sqlalchemy import Engine, text

from core.errors import InvalidInput, UnknownName
from core.ledger.revenue import (
    RevenueRecord,
    RevenueSource,
    RevenueStatus,
    cancelled,
    confirmed,
    follow_revenue,
    record_revenue,
)

pytestmark = pytest.mark.postgres

NOW = datetime(2026, 6, 8, 12, tzinfo=UTC)
RECORD = RevenueRecord("UCpulse", RevenueSource.AFFILIATE, 12_500_000, date(2026, 6, 1), "INV-1", video_id="abcdefghijk")


@pytest.fixture
def engine(database: Engine) -> Engine:
    with database.begin() as connection:
        connection.execute(
            text(
                "insert into ops.channels (channel_id, handle, title, niche, category_id, timezone)"
                " values ('UCpulse', 'pixel-pulse', 'Pixel Pulse', 'gaming', 20, 'America/New_York')"
            )
        )
    return database


def total(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text("select coalesce(sum(amount_usd_micros), 0) from ops.revenue_records")).scalar_one())


def test_the_same_invoice_is_booked_once(engine: Engine) -> None:
    assert record_revenue(engine, RECORD, NOW)
    assert not record_revenue(engine, RECORD, NOW)
    assert record_revenue(engine, replace(RECORD, source=RevenueSource.SPONSORSHIP), NOW)
    assert total(engine) == 25_000_000


def test_a_reversal_is_a_record_of_its_own(engine: Engine) -> None:
    record_revenue(engine, RECORD, NOW)
    reversal = replace(RECORD, amount_usd_micros=-12_500_000, status=RevenueStatus.REVERSED, reference_id="INV-1-R")
    assert record_revenue(engine, reversal, NOW)
    assert total(engine) == 0


@pytest.mark.parametrize(
    ("record", "error", "sentence"),
    [
        (replace(RECORD, amount_usd_micros=1), InvalidInput, "Reference INV-1 of affiliate is booked already"),
        (replace(RECORD, channel_id="UCother", reference_id="INV-2"), UnknownName, "Channel UCother is not connected"),
        (replace(RECORD, amount_usd_micros=-1, reference_id="INV-2"), InvalidInput, "does not go with its status"),
        (replace(RECORD, reference_id=" "), InvalidInput, "needs a reference"),
    ],
)
def test_bad_records_are_refused(engine: Engine, record: RevenueRecord, error: type[Exception], sentence: str) -> None:
    record_revenue(engine, RECORD, NOW)
    with pytest.raises(error, match=sentence):
        record_revenue(engine, record, NOW)
    assert total(engine) == 12_500_000


def standing(engine: Engine) -> dict[str, tuple[str, int]]:
    """Records that none follows, by reference: what counts."""
    query = """
        select reference_id, status::text, amount_usd_micros from ops.revenue_records as record
        where not exists (select from ops.revenue_records as later where later.follows_record_id = record.record_id)
    """
    with engine.connect() as connection:
        return {row[0]: (row[1], row[2]) for row in connection.execute(text(query))}


def test_an_expectation_is_confirmed_and_cancelled_by_records_that_follow(engine: Engine) -> None:
    record_revenue(engine, replace(RECORD, status=RevenueStatus.EXPECTED), NOW)
    source, paid = RECORD.source, partial(confirmed, amount_usd_micros=11_000_000)

    record, is_new = follow_revenue(engine, source, "INV-1", paid, NOW, reference_id="PAY-7")
    assert is_new
    assert (record.status, record.amount_usd_micros, record.earned_on) == ("confirmed", 11_000_000, RECORD.earned_on)
    assert (record.video_id, record.follows_reference) == (RECORD.video_id, "INV-1")
    assert standing(engine) == {"PAY-7": ("confirmed", 11_000_000)}
    assert not follow_revenue(engine, source, "INV-1", paid, NOW, reference_id="PAY-7")[1]
    with pytest.raises(InvalidInput, match="INV-1 of affiliate is followed by PAY-7 already"):
        follow_revenue(engine, source, "INV-1", paid, NOW, reference_id="PAY-8")
    with pytest.raises(InvalidInput, match="PAY-7 of affiliate: It is confirmed already and cannot be confirmed"):
        follow_revenue(engine, source, "PAY-7", confirmed, NOW, reference_id="PAY-8")
    with pytest.raises(InvalidInput, match="is booked already, with other figures"):
        follow_revenue(engine, source, "INV-1", confirmed, NOW, reference_id="PAY-7")

    follow_revenue(engine, source, "PAY-7", partial(cancelled, amount_usd_micros=1_000_000), NOW, reference_id="CN-1")
    assert standing(engine) == {"CN-1": ("confirmed", 10_000_000)}
    follow_revenue(engine, source, "CN-1", cancelled, NOW, reference_id="CN-2")
    assert standing(engine) == {"CN-2": ("cancelled", 0)}
    with pytest.raises(InvalidInput, match="It is cancelled already"):
        follow_revenue(engine, source, "CN-2", cancelled, NOW, reference_id="CN-3")


def test_only_a_record_of_the_channel_is_followed(engine: Engine) -> None:
    record_revenue(engine, replace(RECORD, status=RevenueStatus.EXPECTED), NOW)
    with pytest.raises(UnknownName, match="no record INV-9 of affiliate"):
        follow_revenue(engine, RECORD.source, "INV-9", confirmed, NOW, reference_id="PAY-1")
    with pytest.raises(UnknownName, match="no record INV-1 of sponsorship"):
        follow_revenue(engine, RevenueSource.SPONSORSHIP, "INV-1", confirmed, NOW, reference_id="PAY-1")
    with pytest.raises(InvalidInput, match="of another channel"):
        follow_revenue(engine, RECORD.source, "INV-1", confirmed, NOW, reference_id="PAY-1", channel_id="UCother")
    with pytest.raises(InvalidInput, match="cannot be booked by itself"):
        record_revenue(engine, replace(RECORD, status=RevenueStatus.CANCELLED, amount_usd_micros=0, reference_id="CN-1"), NOW)
    assert standing(engine) == {"INV-1": ("expected", 12_500_000)}


def test_of_two_confirmations_at_once_one_is_refused(engine: Engine) -> None:
    record_revenue(engine, replace(RECORD, status=RevenueStatus.EXPECTED), NOW)

    def confirm(reference: str) -> str:
        try:
            follow_revenue(engine, RECORD.source, "INV-1", confirmed, NOW, reference_id=reference)
        except InvalidInput as error:
            return error.message
        return "booked"

    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(confirm, [f"PAY-{number}" for number in range(4)]))
    assert sum(one == "booked" for one in said) == 1
    assert sum("is followed by" in one for one in said) == 3
    assert [status for status, _ in standing(engine).values()] == ["confirmed"]
