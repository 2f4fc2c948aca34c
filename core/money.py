"""Money as integer micro-US-dollars: sums are exact, and a float never becomes a price."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from typing import NewType

UsdMicros = NewType("UsdMicros", int)
"""Millionths of one US dollar."""


def usd(amount: str | int | Decimal) -> UsdMicros:
    """Convert dollars to micro-dollars, rounding up so that an estimate is never too low."""
    return UsdMicros(int((Decimal(amount) * 1_000_000).to_integral_value(rounding=ROUND_CEILING)))


def format_usd(amount: int) -> str:
    """Write micro-dollars for people: `$0.0420`."""
    sign = "-" if amount < 0 else ""
    return f"{sign}${Decimal(abs(amount)) / 1_000_000:.4f}"
