"""The body of `ytempire revenue`: income that YouTube does not report."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TypeVar

from rich.console import Console
from sqlalchemy import text

from core.errors import InvalidInput, UnknownName
from core.ledger.revenue import RevenueRecord, RevenueSource, RevenueStatus, record_revenue
from core.money import format_usd, usd
from orchestration.stack import Stack

Choice = TypeVar("Choice", bound=StrEnum)


def book_revenue(
    stack: Stack,
    console: Console,
    handle: str,
    source: str,
    amount: str,
    on: date,
    reference: str,
    video_id: str | None,
    status: str,
) -> None:
    """Book a record and say so. Raises InvalidInput and UnknownName for what cannot be booked."""
    source_of, status_of = _chosen(RevenueSource, source, "source of revenue"), _chosen(RevenueStatus, status, "status")
    micros = usd(_amount(amount))
    record = RevenueRecord(
        _channel_id(stack, handle), source_of, micros, on, reference_id=reference, video_id=video_id, status=status_of
    )
    is_new = record_revenue(stack.engine, record, stack.clock.now())
    what = f"{format_usd(record.amount_usd_micros)} of {record.source} for {handle}, {reference}"
    console.print(f"booked {what}" if is_new else f"{what} was booked before; nothing has changed")
    console.print("Next       the next day's run takes it into marts.fct_revenue")


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
