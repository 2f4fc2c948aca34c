"""Bulk reports of the simulated world: every type as its documentation says, and its faults on the way to the landing."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Engine

from connectors.feeds.feed import Sources
from connectors.ingest import Ingested, ingest_day
from connectors.landing import LandedRow, RawRow, landed
from connectors.sift import sift
from connectors.simulator.process import SimulatorControl
from connectors.youtube.client import YouTube
from connectors.youtube.report_types import REPORT_TYPES, ReportType
from connectors.youtube.reporting import ReportLine, read_report
from core.clock import FrozenClock, noon
from core.ids import ChannelId
from core.ledger.store import MemoryLedgerStore
from tests.contract.connectors.conftest import DAY
from tests.simulated import quota_ledger, youtube_of

pytestmark = pytest.mark.postgres

SMALL = "raw_reporting.channel_sharing_service_a1"
NEXT = DAY + timedelta(days=1)


@pytest.mark.parametrize("entry", REPORT_TYPES.values(), ids=lambda entry: entry.report_type)
def test_a_report_holds_what_its_type_says(youtube: YouTube, channel_id: ChannelId, entry: ReportType) -> None:
    client = youtube.reporting(channel_id)
    reports = client.reports(client.ensure_jobs(REPORT_TYPES)[entry.report_type], noon(DAY) - timedelta(days=60))
    assert len({report.day for report in reports}) > 25
    text = client.download(reports[-1], b"".join)
    lines = [line for line in read_report(io.BytesIO(text), entry.needed) if isinstance(line, ReportLine)]
    assert len(lines) == text.count(b"\n") - 1 > 0
    assert set(entry.dimensions) | set(entry.metrics) == set(lines[0].values)
    keys = Counter(":".join(line.values[name] for name in entry.dimensions) for line in lines)
    assert set(keys.values()) == {1}
    origin = {"report_created_at": reports[-1].created_at.isoformat(), "report_id": reports[-1].report_id}
    rows = [RawRow(key, {**line.values, **origin}, "test") for key, line in zip(keys, lines, strict=True)]
    assert list(sift(entry.table, rows, noon(DAY))) == rows


class Market:
    """The days of one channel's smallest report, with faults."""

    def __init__(self, simulator: SimulatorControl, engine: Engine, archive: Path) -> None:
        self.simulator, self.engine = simulator, engine
        self.spoil = simulator.spoil_reports
        youtube = partial(youtube_of, simulator, quota_ledger(MemoryLedgerStore()), channels=1)
        self.youtube = youtube(FrozenClock(noon(DAY)))
        self.sources = Sources(engine, self.youtube, {}, archive)

    def ingest(self, day: date = DAY) -> Ingested:
        self.simulator.set_clock(noon(day))
        return ingest_day(self.sources, SMALL, day, FrozenClock(noon(day)))

    def rows(self, day: date = DAY) -> list[LandedRow]:
        return landed(self.engine, SMALL, day, day)

    def data_days(self, day: date = DAY) -> set[date]:
        return {date.fromisoformat(row.payload["date"]) for row in self.rows(day)}

    def reasons(self) -> list[str]:
        with self.engine.connect() as connection:
            return list(connection.exec_driver_sql("select reason from ops.rejected_rows").scalars())


@pytest.fixture
def market(simulator: SimulatorControl, database: Engine, tmp_path: Path) -> Iterator[Market]:
    made = Market(simulator, database, tmp_path)
    yield made
    made.spoil()
    simulator.set_clock(noon(DAY))
    made.youtube.close()


def test_a_day_brings_one_report_more_for_two_calls(market: Market) -> None:
    market.ingest()
    ingested = market.ingest(NEXT)
    assert ingested.calls == 2
    assert market.data_days(NEXT) == {max(market.data_days()) + timedelta(days=1)}


def test_late_reports_land_once_they_come(market: Market) -> None:
    market.ingest()
    market.spoil(late_days=2)
    assert market.ingest(NEXT).landing.row_count == 0
    market.spoil()
    market.ingest(NEXT + timedelta(days=1))
    newest = max(market.data_days())
    assert market.data_days(NEXT + timedelta(days=1)) == {newest + timedelta(days=1), newest + timedelta(days=2)}


def test_doubled_reports_land_once(market: Market) -> None:
    once = market.ingest()
    market.spoil(double=True)
    twice = market.ingest()
    assert twice.landing.row_count == once.landing.row_count
    assert market.ingest().landing.digest == twice.landing.digest


def test_a_corrected_report_brings_its_day_again(market: Market) -> None:
    market.spoil(reissue=1)
    market.ingest()
    ingested = market.ingest(NEXT)
    assert ingested.landing.rejected_count == 0
    again = market.data_days(NEXT) & market.data_days()
    assert again
    for day in again:
        assert shares(market.rows(NEXT), day) >= shares(market.rows(), day)


def shares(rows: list[LandedRow], day: date) -> int:
    return sum(int(row.payload["shares"]) for row in rows if row.payload["date"] == f"{day:%Y%m%d}")


def test_renamed_and_added_columns(market: Market) -> None:
    market.ingest()
    market.spoil(add_columns=["surprise"])
    market.ingest(NEXT)
    assert {row.payload["surprise"] for row in market.rows(NEXT)} == {"new"}
    market.spoil(rename_columns={"sharing_service": "service"})
    assert market.ingest(NEXT + timedelta(days=1)).landing.rejected_count == 1
    assert any("lacks the column sharing_service; it has" in reason for reason in market.reasons())


def test_foreign_damaged_and_missing_days_leave_the_others_whole(market: Market) -> None:
    foreign, damaged, missing = (DAY - timedelta(days=days) for days in (10, 11, 12))
    market.spoil(foreign_channel=[f"{foreign}"], damaged=[f"{damaged}"], missing_days=[f"{missing}"])
    ingested = market.ingest()
    assert ingested.landing.rejected_count == len(market.reasons())
    days = market.data_days()
    assert foreign not in days
    assert missing not in days
    assert damaged in days
    assert {DAY - timedelta(days=9), DAY - timedelta(days=13)} <= days
    assert {row.payload["channel_id"] for row in market.rows()} == set(market.youtube.channel_ids)
    reasons = Counter(market.reasons())
    assert reasons["The line is of another channel."] > 0
    assert (
        sum(count for reason, count in reasons.items() if "values under" in reason or "views" in reason or "shares" in reason)
        <= 1
    )
