"""Revenue records: booked once per invoice, never changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Engine, text

from core.errors import InvalidInput, UnknownName
from core.ledger.revenue import RevenueRecord, RevenueSource, RevenueStatus, record_revenue

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
