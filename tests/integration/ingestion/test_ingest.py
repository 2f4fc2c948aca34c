"""One day of ingestion: from the simulated world into a real Postgres."""

from __future__ import annotations

from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from connectors.checks import validate_landings
from connectors.feeds import FEEDS
from connectors.ingest import Ingested, ingest_day
from connectors.landing import TABLES, landed
from connectors.simulator.process import SimulatorControl
from core.clock import FrozenClock, noon, pacific_day
from core.errors import NotReady, OutsideMarket, QuotaExhausted
from tests.integration.ingestion.conftest import DAY, World, make_world

pytestmark = pytest.mark.postgres

REACH = "raw_reporting.channel_reach_basic_a1"


def ingest(world: World, day: date = DAY) -> dict[str, Ingested]:
    return {table: world.ingest(table, day) for table in FEEDS}


def stored(world: World, table: str, day: date = DAY) -> list[tuple[object, ...]]:
    return [(row.row_key, row.fetched_at, row.source, row.payload) for row in landed(world.engine, table, day, day)]


def _day_of(row_key: str) -> str:
    """The Pacific day that the key of an analytics row or a report's line begins with."""
    return date.fromisoformat(row_key.partition(":")[0]).isoformat()


def test_every_raw_table_is_ingested() -> None:
    assert set(FEEDS) == set(TABLES)


def test_a_day_ingested_twice_is_the_same_day(world: World) -> None:
    first = ingest(world)
    rows = {table: stored(world, table) for table in TABLES}
    again = ingest(world)
    assert {table: stored(world, table) for table in TABLES} == rows
    assert {table: done.landing.digest for table, done in first.items()} == {
        table: done.landing.digest for table, done in again.items()
    }
    assert all(len(rows[table]) == first[table].landing.row_count for table in TABLES)
    for table in TABLES:
        if table != "raw_youtube.video_statistics":  # nothing charted before the first day
            assert rows[table], table
        report = validate_landings(world.engine, table, DAY, DAY)
        assert report.success, report.broken


def test_the_ledger_the_gate_and_the_service_count_the_same(world: World, simulator: SimulatorControl) -> None:
    day = DAY - timedelta(days=1)
    world.clock_at(noon(day))
    before = simulator.quota().get("general", 0)
    done = ingest(world, day)
    quota_day = pacific_day(noon(day))
    spent = sum(world.ledger.spent("default", bucket, quota_day) for bucket in ("data", "analytics", "reporting"))
    assert spent == sum(part.quota_units for part in done.values()) == sum(part.calls for part in done.values())
    assert world.ledger.spent("default", "data", quota_day) == simulator.quota()["general"] - before
    with world.engine.connect() as connection:
        events = dict(connection.execute(text("select event, count(*) from ops.ledger_entries group by event")).all())
    assert events == {"reserved": spent, "committed": spent}


def test_a_video_that_left_the_charts_is_still_read(world: World) -> None:
    days = [DAY - timedelta(days=1), DAY]
    for day in days:
        for table in ("raw_youtube.charts", "raw_youtube.video_statistics"):
            world.ingest(table, day)
    yesterday, today = (
        {row.payload["item"]["id"] for row in landed(world.engine, "raw_youtube.charts", day, day)} for day in days
    )
    read = {row.row_key for row in landed(world.engine, "raw_youtube.video_statistics", DAY, DAY)}
    assert read
    assert read <= yesterday - today


def test_each_analytics_day_is_read_again_and_none_is_left_out(world: World) -> None:
    first, third = DAY - timedelta(days=2), DAY
    for day in (first, third):  # the day between is never ingested
        for table in (
            "raw_youtube.channels",
            "raw_youtube.videos",
            "raw_youtube.analytics_daily",
            "raw_reporting.channel_reach_basic_a1",
        ):
            world.ingest(table, day)
    for table in ("raw_youtube.analytics_daily", REACH):
        known = [{_day_of(row.row_key) for row in landed(world.engine, table, day, day)} for day in (first, third)]
        everything = sorted(known[0] | known[1])
        days = [(date.fromisoformat(everything[0]) + timedelta(days=n)).isoformat() for n in range(len(everything))]
        assert everything == days
        assert len(known[0]) >= 27
        assert max(known[1]) > max(known[0])


def test_a_picture_is_measured_once_for_each_address(world: World) -> None:
    days = [DAY - timedelta(days=1), DAY]
    tables = ("raw_youtube.channels", "raw_youtube.videos", "raw_youtube.thumbnails")
    for day in (*days, days[0]):  # the first day again, after the second
        for table in tables:
            world.ingest(table, day)
    videos, pictures = ([{row.row_key for row in landed(world.engine, table, day, day)} for day in days] for table in tables[1:])
    assert pictures == [videos[0], videos[1] - videos[0]]
    assert pictures[1]
    with world.engine.begin() as connection:
        connection.execute(
            text(
                "update raw_youtube.thumbnails set payload = jsonb_set(payload, '{url}', '\"https://i.ytimg.com/vi/old.jpg\"')"
                " where partition_on = :day and row_key = :video"
            ),
            {"day": days[0], "video": (changed := min(videos[0] & videos[1]))},
        )
    world.ingest("raw_youtube.thumbnails", DAY)
    assert {row.row_key for row in landed(world.engine, "raw_youtube.thumbnails", DAY, DAY)} == pictures[1] | {changed}


def test_spent_quota_stops_with_one_sentence_and_leaves_the_partition(
    database: Engine, simulator: SimulatorControl, tmp_path: Path
) -> None:
    world = make_world(database, simulator, tmp_path, data=7)
    with closing(world):
        world.ingest("raw_youtube.charts", DAY)
        before = stored(world, "raw_youtube.charts")
        with pytest.raises(QuotaExhausted, match=r"of 7 units left on 2026-06-08, and 1 are needed\. It resumes at 2026-06-09"):
            world.ingest("raw_youtube.charts", DAY)
        assert stored(world, "raw_youtube.charts") == before
        assert world.ledger.spent("default", "data", pacific_day(noon(DAY))) == 7


def test_a_snapshot_of_a_day_that_is_over_is_refused(world: World) -> None:
    with pytest.raises(OutsideMarket, match="2026-06-01 is not today"):
        ingest_day(world.sources, "raw_youtube.charts", date(2026, 6, 1), FrozenClock(noon(DAY)))


@pytest.mark.parametrize(
    "table", ["raw_youtube.videos", "raw_youtube.thumbnails", "raw_youtube.analytics_daily", "raw_youtube.video_statistics"]
)
def test_what_to_ask_for_must_have_landed(world: World, table: str) -> None:
    with pytest.raises(NotReady, match="Ingest it first"):
        world.ingest(table, DAY)
