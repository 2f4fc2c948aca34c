"""Income that YouTube does not report: affiliates, sponsors, merchandise. What ads and premium bring comes from its Analytics.

A record is told apart by its source and the reference of the invoice or payout, so that none is booked twice. A record is never
changed. One that takes the place of another names it, and of such a chain only the last record counts:

    expected ──► confirmed ──► cancelled      what was expected is paid, with the same or another amount, or falls away
        └────────────────────────┘            whole (0 stands) or in part (the rest stands, as certain as it was)

A payment that is taken back after its period was closed is a reversal: a record below zero of its own, in no chain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import Connection, Engine, text

from core.errors import InvalidInput, UnknownName
from core.money import format_usd

_INSERT = text("""
    insert into ops.revenue_records (
        channel_id, video_id, source, amount_usd_micros, currency, amount_original, earned_on, status, reference_id,
        follows_record_id, recorded_at
    ) values (
        :channel_id, :video_id, cast(:source as ops.revenue_source), :amount_usd_micros, :currency, :amount_original, :earned_on,
        cast(:status as ops.revenue_status), :reference_id, :follows_record_id, :now
    )
    on conflict (source, reference_id) do nothing
""")
_STANDING = text("""
    select
        record.channel_id, record.video_id, record.amount_usd_micros, record.currency, record.amount_original, record.earned_on,
        record.status::text as status, followed.reference_id as follows_reference
    from ops.revenue_records as record
    left join ops.revenue_records as followed on record.follows_record_id = followed.record_id
    where record.source = cast(:source as ops.revenue_source) and record.reference_id = :reference_id
""")
_FOLLOWED = text("""
    select record_id, channel_id, video_id, amount_usd_micros, earned_on, status::text as status
    from ops.revenue_records where source = cast(:source as ops.revenue_source) and reference_id = :reference
    for update
""")
_FOLLOWER = text("select reference_id from ops.revenue_records where follows_record_id = :record_id")


class RevenueSource(StrEnum):
    """Where income comes from."""

    AFFILIATE = "affiliate"
    SPONSORSHIP = "sponsorship"
    MERCHANDISE = "merchandise"


class RevenueStatus(StrEnum):
    """Whether the money is certain."""

    EXPECTED = "expected"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    REVERSED = "reversed"


@dataclass(frozen=True)
class RevenueRecord:
    """One payout or invoice.

    Attributes:
        amount_usd_micros: micro-USD; below zero for a reversal.
        currency: ISO 4217, of `amount_original`, which was converted by whoever gave the record.
        reference_id: of the invoice or payout.
        follows_reference: of the record of the same source that this one takes the place of.
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
    follows_reference: str | None = None


@dataclass(frozen=True)
class Standing:
    """What a record says of its money: how much, and how certain it is."""

    status: RevenueStatus
    amount_usd_micros: int


def confirmed(standing: Standing, amount_usd_micros: int | None = None) -> Standing:
    """What stands once an expectation is paid, with its own or another amount, in micro-USD.

    Raises InvalidInput for what is not expected, and for an amount of 0 or less."""
    if standing.status is not RevenueStatus.EXPECTED:
        raise InvalidInput(
            f"It is {standing.status} already and cannot be confirmed.", "Only expected income is confirmed, once."
        )
    amount = standing.amount_usd_micros if amount_usd_micros is None else amount_usd_micros
    if amount <= 0:
        raise InvalidInput("An amount of 0 or less cannot be confirmed.", "Cancel what will not be paid.")
    return Standing(RevenueStatus.CONFIRMED, amount)


def cancelled(standing: Standing, amount_usd_micros: int | None = None) -> Standing:
    """What stands once an amount falls away, in micro-USD; without one, all of it. A part leaves the rest as certain as it was.

    Raises InvalidInput for what is cancelled or reversed, and for an amount of 0 or less or of more than stands."""
    if standing.status not in (RevenueStatus.EXPECTED, RevenueStatus.CONFIRMED):
        raise InvalidInput(
            f"It is {standing.status} already and cannot be cancelled.", "Only expected or confirmed income is cancelled."
        )
    amount = standing.amount_usd_micros if amount_usd_micros is None else amount_usd_micros
    if not 0 < amount <= standing.amount_usd_micros:
        raise InvalidInput(
            f"{format_usd(amount)} cannot be cancelled: {format_usd(standing.amount_usd_micros)} stands.",
            "Give a part of what stands, or no amount for all of it.",
        )
    rest = standing.amount_usd_micros - amount
    return Standing(standing.status, rest) if rest else Standing(RevenueStatus.CANCELLED, 0)


def follow_revenue(
    engine: Engine,
    source: RevenueSource,
    reference: str,
    becomes: Callable[[Standing], Standing],
    now: datetime,
    *,
    reference_id: str,
    channel_id: str | None = None,
    video_id: str | None = None,
    earned_on: date | None = None,
) -> tuple[RevenueRecord, bool]:
    """Append a record that takes the place of another; return it, and whether it is new.

    Args:
        source, reference: of the record that is followed.
        becomes: `confirmed` or `cancelled`, with their amount.
        reference_id: of the new record, its own invoice or payout. The same step under the same reference is booked once.
        channel_id: must be that of the chain, where given.
        video_id, earned_on: what the chain had, where not given.

    Raises UnknownName where there is no such record; InvalidInput where another record follows it already, where it is another
    channel's, for a step that `becomes` refuses, and for a reference that stands for something else."""
    if not reference_id.strip():
        raise InvalidInput("A revenue record needs a reference.", "Give the number of the invoice or payout.")
    with engine.begin() as connection:
        found = connection.execute(_FOLLOWED, {"source": source, "reference": reference}).mappings().first()
        if found is None:
            raise UnknownName(
                f"There is no record {reference} of {source}.", "Give the reference under which the income was booked first."
            )
        if channel_id is not None and found["channel_id"] != channel_id:
            raise InvalidInput(
                f"Record {reference} of {source} is of another channel.", "Name the channel that it was booked for."
            )
        follower = connection.execute(_FOLLOWER, {"record_id": found["record_id"]}).scalar()
        if follower is not None and follower != reference_id:
            raise InvalidInput(
                f"Record {reference} of {source} is followed by {follower} already.",
                f"Follow the last record of the chain; {follower} took the place of this one.",
            )
        try:
            stands = becomes(Standing(RevenueStatus(found["status"]), found["amount_usd_micros"]))
        except InvalidInput as error:
            raise InvalidInput(f"Record {reference} of {source}: {error.message}", error.remedy) from None
        record = RevenueRecord(
            channel_id=found["channel_id"],
            source=source,
            amount_usd_micros=stands.amount_usd_micros,
            earned_on=earned_on or found["earned_on"],
            reference_id=reference_id,
            video_id=video_id or found["video_id"],
            status=stands.status,
            follows_reference=reference,
        )
        return record, _book(connection, record, found["record_id"], now)


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
    if record.status is RevenueStatus.CANCELLED or record.follows_reference is not None:
        raise InvalidInput(
            f"Revenue record {record.reference_id} cannot be booked by itself.", "Confirm or cancel the record that it follows."
        )
    with engine.begin() as connection:
        known = connection.execute(
            text("select 1 from ops.channels where channel_id = :channel_id"), {"channel_id": record.channel_id}
        ).first()
        if known is None:
            raise UnknownName(f"Channel {record.channel_id} is not connected.", "See `ytempire channels`.")
        return _book(connection, record, None, now)


def _book(connection: Connection, record: RevenueRecord, follows_record_id: int | None, now: datetime) -> bool:
    values = {name: getattr(record, name) for name in record.__dataclass_fields__}
    if connection.execute(_INSERT, {**values, "follows_record_id": follows_record_id, "now": now}).rowcount:
        return True
    standing = connection.execute(_STANDING, values).mappings().one()
    if any(values[name] != value for name, value in standing.items()):
        raise InvalidInput(
            f"Reference {record.reference_id} of {record.source} is booked already, with other figures.",
            "Give each invoice or payout its own reference; a mistake is corrected by a cancellation or a reversal.",
        )
    return False
