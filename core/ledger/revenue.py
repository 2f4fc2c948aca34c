"""Income that YouTube does not report: affiliates, sponsors, merchandise. What ads and premium bring comes from its Analytics.

A record is told apart by its source and the reference of the invoice or payout, so that none is booked twice. A record is never
changed: a mistake is reversed by a record of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import Engine, text

from core.errors import InvalidInput, UnknownName

_INSERT = text("""
    insert into ops.revenue_records (
        channel_id, video_id, source, amount_usd_micros, currency, amount_original, earned_on, status, reference_id, recorded_at
    ) values (
        :channel_id, :video_id, cast(:source as ops.revenue_source), :amount_usd_micros, :currency, :amount_original, :earned_on,
        cast(:status as ops.revenue_status), :reference_id, :now
    )
    on conflict (source, reference_id) do nothing
""")
_STANDING = text("""
    select channel_id, video_id, amount_usd_micros, currency, amount_original, earned_on, status::text as status
    from ops.revenue_records where source = cast(:source as ops.revenue_source) and reference_id = :reference_id
""")


class RevenueSource(StrEnum):
    """Where income comes from."""

    AFFILIATE = "affiliate"
    SPONSORSHIP = "sponsorship"
    MERCHANDISE = "merchandise"


class RevenueStatus(StrEnum):
    """Whether the money is certain."""

    EXPECTED = "expected"
    CONFIRMED = "confirmed"
    REVERSED = "reversed"


@dataclass(frozen=True)
class RevenueRecord:
    """One payout or invoice.

    Attributes:
        amount_usd_micros: micro-USD; below zero for a reversal.
        currency: ISO 4217, of `amount_original`, which was converted by whoever gave the record.
        reference_id: of the invoice or payout.
    """

    channel_id: str
    source: RevenueSource
    amount_usd_micros: int
    earned_on: date
    reference_id: str
    video_id: str | None = None
    currency: str = "USD"
    amount_original: Decimal | None = None
    status: RevenueStatus = RevenueStatus.CONFIRMED


def record_revenue(engine: Engine, record: RevenueRecord, now: datetime) -> bool:
    """Book a record; returns whether it is new. An equal one under the same reference is booked already.

    Raises InvalidInput for a reference that stands for something else, or for a reversal that is none; UnknownName for a channel
    that is not connected."""
    if not record.reference_id.strip():
        raise InvalidInput("A revenue record needs a reference.", "Give the number of the invoice or payout.")
    if (record.amount_usd_micros < 0) != (record.status is RevenueStatus.REVERSED):
        raise InvalidInput(
            f"Revenue record {record.reference_id} has an amount that does not go with its status {record.status}.",
            "Amounts below zero are reversals, and reversals are below zero.",
        )
    values = {name: getattr(record, name) for name in record.__dataclass_fields__}
    with engine.begin() as connection:
        known = connection.execute(text("select 1 from ops.channels where channel_id = :channel_id"), values).first()
        if known is None:
            raise UnknownName(f"Channel {record.channel_id} is not connected.", "See `ytempire channels`.")
        if connection.execute(_INSERT, {**values, "now": now}).rowcount:
            return True
        standing = connection.execute(_STANDING, values).mappings().one()
    if any(values[name] != value for name, value in standing.items()):
        raise InvalidInput(
            f"Reference {record.reference_id} of {record.source} is booked already, with other figures.",
            "Give each invoice or payout its own reference; a mistake is mended by a reversal.",
        )
    return False
