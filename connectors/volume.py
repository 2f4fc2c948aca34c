"""Whether as much landed as usual, and lately enough: the two ways in which a source goes wrong without an error."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING

from sqlalchemy import text

from connectors.landing import asset_key
from connectors.shapes import SHAPES

if TYPE_CHECKING:
    from sqlalchemy import Engine

HISTORY = 14
"""Landings that a day is compared with."""

LEAST_HISTORY = 4
DEVIATIONS = 5.0
LEAST_FACTOR = 1.5
"""Counts within this factor of the median are always usual: small tables swing by chance."""

MOST_REJECTED = 0.1
"""Share of the rows that may be refused; with more of them gone, sums and ranks are wrong."""

FRESH_FOR = timedelta(hours=36)
STALE_AFTER = timedelta(hours=72)

_COUNTS = text("""
    select distinct on (partition_on) partition_on, row_count, rejected_count, stopped_by
    from ops.landings
    where asset_key = :asset and partition_on <= :day
    order by partition_on desc, landing_id desc
    limit :most
""")
_AGES = text("""
    select asset_key, max(fetched_at) as fetched_at from ops.landings
    where asset_key = any(:assets) and stopped_by is null
    group by asset_key
""")


@dataclass(frozen=True)
class Volume:
    """How the rows of a day compare with those of the landings before.

    Attributes:
        is_usual: as many as before, and the source was read to its end.
        is_usable: not so many were rejected that the rest tells another story.
    """

    row_count: int
    rejected_count: int
    is_usual: bool
    is_usable: bool
    sentence: str


@dataclass(frozen=True)
class Age:
    """How old a table's last complete landing is.

    Attributes:
        is_fresh: no older than FRESH_FOR.
        is_stale: older than STALE_AFTER, or never landed.
    """

    is_fresh: bool
    is_stale: bool
    sentence: str


def judge_volume(engine: Engine, table: str, day: date) -> Volume:
    """Compare a day's last landing with the days before it: by the logarithm of the counts, in median absolute deviations.

    Usual is anything before LEAST_HISTORY days are known, and what lies within LEAST_FACTOR of the median."""
    with engine.connect() as connection:
        rows = connection.execute(_COUNTS, {"asset": asset_key(table), "day": day, "most": HISTORY + 1}).all()
    if not rows or rows[0].partition_on != day:
        return Volume(0, 0, False, True, f"Nothing has landed for {day}.")
    last = rows[0]
    before = [row.row_count for row in rows[1:]]
    if SHAPES[table].is_occasional:
        before = [count for count in before if count]
        is_usual, said = _judge(last.row_count, before) if last.row_count else (True, "0 rows; rows come on some days only.")
    else:
        is_usual, said = _judge(last.row_count, before)
    if last.rejected_count:
        said = f"{said} {last.rejected_count:,} were rejected: ops.rejected_rows says why."
    if last.stopped_by is not None:
        is_usual, said = False, f"{said} It was stopped: {last.stopped_by}"
    is_usable = last.rejected_count <= MOST_REJECTED * (last.row_count + last.rejected_count)
    return Volume(last.row_count, last.rejected_count, is_usual and is_usable, is_usable, said)


def _judge(count: int, before: Sequence[int]) -> tuple[bool, str]:
    if len(before) < LEAST_HISTORY:
        return True, f"{count:,} rows; too few days before to compare with."
    logs = [math.log1p(rows) for rows in before]
    middle = median(logs)
    spread = median(abs(value - middle) for value in logs) * 1.4826  # of a normal distribution: the standard deviation
    allowed = max(DEVIATIONS * spread, math.log(LEAST_FACTOR))
    usual = math.expm1(middle)
    return abs(math.log1p(count) - middle) <= allowed, f"{count:,} rows; {usual:,.0f} is usual."


def ages(engine: Engine, tables: Sequence[str], now: datetime) -> dict[str, Age]:
    """The age of the last complete landing of each table, at a moment."""
    with engine.connect() as connection:
        rows = connection.execute(_AGES, {"assets": [asset_key(table) for table in tables]})
        fetched = {row.asset_key: row.fetched_at for row in rows}
    return {table: _age(fetched.get(asset_key(table)), now) for table in tables}


def _age(fetched_at: datetime | None, now: datetime) -> Age:
    if fetched_at is None:
        return Age(False, True, "It has never landed.")
    age = now - fetched_at
    hours = age / timedelta(hours=1)
    return Age(age <= FRESH_FOR, age > STALE_AFTER, f"Landed {hours:,.0f} hours ago, at {fetched_at:%Y-%m-%d %H:%M} UTC.")
