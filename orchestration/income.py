"""The body of `ytempire revenue`: income that YouTube does not report."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import partial
from typing import TypeVar

from rich.console import Console
from sqlalchemy import text

from core.errors import InvalidInput, UnknownName
from core.ledger.revenue import (
    RevenueRecord,
    RevenueSource,
    RevenueStatus,
    Standing,
    cancelled,
    confirmed,
    follow_revenue,
    record_revenue,
)
from core.money import format_usd, usd
from orchestration.stack import Stack

Choice = TypeVar("Choice", bound=StrEnum)
ALL = "all"
"""Of a record that follows another: the whole amount that stands."""


def book_revenue(
    stack: Stack,
    console: Console,
    handle: str,
    source: str,
    amount: str,
    on: date | None,
    reference: str,
    video_id: str | None,
    status: str,
    follows: str | None,
) -> None:
    """Book a record, or one that takes the place of the record `follows`, and say so.

    Raises InvalidInput and UnknownName for what cannot be booked."""
    source_of, status_of = _chosen(RevenueSource, source, "source of revenue"), _chosen(RevenueStatus, status, "status")
    now = stack.clock.now()
    if follows is not None:
        step = _step(status_of, None if amount == ALL else usd(_amount(amount)))
        record, is_new = follow_revenue(
            stack.engine,
            source_of,
            follows,
            step,
            now,
            reference_id=reference,
            channel_id=_channel_id(stack, handle),
            video_id=video_id,
            earned_on=on,
        )
    else:
        if status_of is RevenueStatus.CANCELLED:
            raise InvalidInput("A cancellation does not say what it cancels.", "Give --follows with the record's reference.")
        if on is None:
            raise InvalidInput(f"Record {reference} has no day.", "Give --on with the day it was earned.")
        micros = usd(_amount(amount))
        record = RevenueRecord(
            _channel_id(stack, handle), source_of, micros, on, reference_id=reference, video_id=video_id, status=status_of
        )
        is_new = record_revenue(stack.engine, record, now)
    what = f"{format_usd(record.amount_usd_micros)} of {record.source} for {handle}, {reference}"
    if follows is not None:
        what += f", {record.status}, in place of {follows}"
    console.print(f"booked {what}" if is_new else f"{what} was booked before; nothing has changed")
    console.print("Next       the next day's run takes it into marts.fct_revenue")


def _step(status: RevenueStatus, amount_usd_micros: int | None) -> Callable[[Standing], Standing]:
    steps = {RevenueStatus.CONFIRMED: confirmed, RevenueStatus.CANCELLED: cancelled}
    if status not in steps:
        raise InvalidInput(
            f"A record of status {status} does not follow another.", "What is expected is followed by confirmed or cancelled."
        )
    return partial(steps[status], amount_usd_micros=amount_usd_micros)


def _channel_id(stack: Stack, handle: str) -> str:
    with stack.engine.connect() as connection:
        known = {row.handle: row.channel_id for row in connection.execute(text("select handle, channel_id from ops.channels"))}
    if handle not in known:
        raise UnknownName(f"There is no channel {handle!r}.", f"The channels are {', '.join(sorted(known)) or 'none yet'}.")
    return str(known[handle])


def _chosen(choices: type[Choice], value: str, what: str) -> Choice:
    try:
        return choices(value)
    except ValueError:
        raise InvalidInput(f"{value!r} is no {what}.", f"Choose one of {', '.join(choices)}.") from None


def _amount(value: str) -> Decimal:
    try:
        amount = Decimal(value)
    except InvalidOperation:
        raise InvalidInput(f"{value!r} is no amount.", "Write dollars as 12.50.") from None
    if not amount.is_finite() or amount == 0 or abs(amount) >= 10**9 or amount != round(amount, 6):
        raise InvalidInput(f"{value} US dollars cannot be booked.", "Write dollars as 12.50.")
    return amount
