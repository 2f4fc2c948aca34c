"""What is deleted when: YouTube's rule for the data of others, and the platform's own periods.

Data of others that YouTube's API gave must be refreshed or deleted within thirty days (API Services Developer Policies, III.E.4).
Every day's partition is such a reading: one that is older is landed anew with no rows, so that the warehouse forgets what came of
it too. Data that owners gave by consent are kept until the channel is disconnected, and so are the archived report files, which
YouTube itself forgets after sixty days. The ledgers of money and quota are append-only and outlive every period here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import text

from connectors.landing import asset_key, land
from core.audit import write_audit

if TYPE_CHECKING:
    from sqlalchemy import Engine

OF_OTHERS = (
    "raw_youtube.charts",
    "raw_youtube.video_statistics",
    "raw_youtube.competitor_channels",
    "raw_youtube.competitor_videos",
    "raw_youtube.comments",
)


@dataclass(frozen=True)
class Period:
    """For how many days rows of a platform table are kept, counted from one of its columns."""

    table: str
    column: str
    days: int


PERIODS = (
    Period("ops.model_observations", "observed_at", 90),
    Period("ops.rejected_rows", "rejected_at", 90),
    Period("ops.left_out_members", "left_out_at", 365),
    Period("ops.voided_values", "voided_at", 90),
    Period("ops.trend_evidence", "observed_at", 90),
    Period("ops.trends", "expires_at", 90),
    Period("ops.generation_jobs", "started_at", 90),
    Period("ops.day_runs", "started_at", 365),
    Period("ops.model_performance", "evaluated_at", 365),
    Period("ops.revenue_records", "earned_on", 3 * 365),
    Period("ops.audit_log", "occurred_at", 3 * 365),
)


@dataclass(frozen=True)
class Forgotten:
    """What was deleted from a table."""

    table: str
    before: date
    rows: int


def enforce_retention(engine: Engine, now: datetime, others_days: int | None) -> list[Forgotten]:
    """Delete what has outlived its period, note it in the audit log, and return it. Doing it twice deletes nothing more.

    Args:
        others_days: for how long the data of others are kept; None where they aren't YouTube's (a simulated market).
    """
    done = [_prune(engine, period, now) for period in PERIODS]
    if others_days is not None:
        done += [_forget_partitions(engine, table, now, others_days) for table in OF_OTHERS]
    forgotten = [entry for entry in done if entry.rows]
    if forgotten:
        with engine.begin() as connection:
            for entry in forgotten:
                detail = {"before": f"{entry.before}", "rows": entry.rows}
                write_audit(connection, now, "retention", "delete", entry.table, detail)
    return forgotten


def _prune(engine: Engine, period: Period, now: datetime) -> Forgotten:
    before = (now - timedelta(days=period.days)).date()
    statement = f"delete from {period.table} where {period.column} < :before"  # noqa: S608 (from PERIODS)
    with engine.begin() as connection:
        rows = connection.execute(text(statement), {"before": before}).rowcount
    return Forgotten(period.table, before, rows)


def _forget_partitions(engine: Engine, table: str, now: datetime, days: int) -> Forgotten:
    before = (now - timedelta(days=days)).date()
    query = f"select partition_on, count(*) as rows from {table} where partition_on < :before group by partition_on"  # noqa: S608
    last = "(select max(landing_id) from ops.landings where asset_key = :key and landings.partition_on = old.partition_on)"
    with engine.connect() as connection:
        old = connection.execute(
            text(f"select partition_on, rows, {last} as landing_id from ({query}) as old order by partition_on"),  # noqa: S608
            {"before": before, "key": asset_key(table)},
        ).all()
    for partition in old:
        land(engine, table, partition.partition_on, [], now, of_landing=partition.landing_id)
    return Forgotten(table, before, sum(partition.rows for partition in old))
