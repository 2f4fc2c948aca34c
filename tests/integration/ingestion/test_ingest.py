"""One day of ingestion: from the simulated world into a real Postgres."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from connectors.checks import validate_landings
from connectors.feeds import FEEDS, youtube_data
from connectors.ingest import Ingested, ingest_day
from connectors.landing import TABLES, RawRow, landed
from connectors.simulator.process import SimulatorControl
from connectors.youtube.rows import comment_rows
from core.clock import FrozenClock, noon, pacific_day
from core.errors import NotReady, OutsideMarket, QuotaExhausted
from core.ids import ChannelId, VideoId
from core.ledger.store import MemoryLedgerStore
from orchestration.stack import hours_before
from tests.integration.ingestion.conftest import DAY, World, make_world
from tests.simulated import quota_ledger, youtube_of

pytestmark = pytest.mark.postgres

REACH = "raw_reporting.channel_reach_basic_a1"


HERE = [table for table in FEEDS if table == REACH or not table.startswith("raw_reporting.")]
"""One bulk report stands for all twenty, whose first thirty days are hundreds of thousands of lines."""


def ingest(world: World, day: date = DAY) -> dict[str, Ingested]:
    return {table: world.ingest(table, day) for table in HERE}


def stored(world: World, table: str, day: date = DAY) -> list[tuple[object, ...]]:
    return [(row.row_key, row.fetched_at, row.source, row.payload) for row in landed(world.engine, table, day, day)]


def _day_of(row_key: str) -> str:
    """The Pacific day that the key of an analytics row or a report's line begins with."""
    return date.fromisoformat(row_key.partition(":")[0]).isoformat()


def test_every_raw_table_is_ingested() -> None:
    assert set(FEEDS) == set(TABLES)


def test_a_day_ingested_twice_is_the_same_day(world: World) -> None:
    first = ingest(world)
    rows = {table: stored(world, table) for table in HERE}
    again = ingest(world)
    assert {table: stored(world, table) for table in HERE} == rows
    assert {table: done.landing.digest for table, done in first.items()} == {
        table: done.landing.digest for table, done in again.items()
    }
    assert all(len(rows[table]) == first[table].landing.row_count for table in HERE)
    for table in HERE:
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
    spent = sum(
        world.ledger.spent("default", bucket, on)
        for bucket in ("data", "statistics", "analytics", "reporting")
        for on in (quota_day - timedelta(days=1), quota_day)  # a day's first readings belong to the evening before
    )
    calls = sum(part.calls for part in done.values())
    assert spent == sum(part.quota_units for part in done.values()) > calls
    assert world.ledger.spent("default", "data", quota_day) == simulator.quota()["general"] - before
    with world.engine.connect() as connection:
        events = dict(connection.execute(text("select event, count(*) from ops.ledger_entries group by event")).all())
    assert events == {"reserved": calls, "committed": calls}


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
        assert len(known[0]) >= 25
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


def test_spent_quota_stops_with_one_sentence_and_keeps_what_came(
    database: Engine, simulator: SimulatorControl, tmp_path: Path
) -> None:
    world = make_world(database, simulator, tmp_path, data=7)
    told = r"of 7 units left on 2026-06-08, and 1 are needed\. It resumes at 2026-06-09"
    with closing(world):
        assert world.ingest("raw_youtube.charts", DAY).landing.stopped_by is None
        before = stored(world, "raw_youtube.charts")
        stopped = world.ingest("raw_youtube.charts", DAY).landing  # two countries more, and then no unit is left
        assert stopped.stopped_by is not None
        assert re.search(told, stopped.stopped_by)
        assert stored(world, "raw_youtube.charts") == before
        with pytest.raises(QuotaExhausted, match=told):
            world.ingest("raw_youtube.charts", DAY)
        assert world.ledger.spent("default", "data", pacific_day(noon(DAY))) == 7


def test_what_spent_quota_left_out_is_read_first_on_the_next_day(
    database: Engine, simulator: SimulatorControl, tmp_path: Path
) -> None:
    world = make_world(database, simulator, tmp_path, data=20)
    table = "raw_youtube.playlist_items"
    read: list[set[str]] = []
    with closing(world):
        for day in (DAY, DAY + timedelta(days=1)):
            world.ingest("raw_youtube.playlists", day)
            assert world.ingest(table, day).landing.stopped_by is not None
            read.append({row.row_key.partition(":")[0] for row in landed(world.engine, table, day, day)})
        playlists = {row.row_key for row in landed(world.engine, "raw_youtube.playlists", DAY, DAY)}
    assert 5 < len(read[0]) < len(playlists)
    assert playlists - read[0] <= read[1]


def test_comments_are_whole_after_days_of_little_quota(database: Engine, simulator: SimulatorControl, tmp_path: Path) -> None:
    world = make_world(database, simulator, tmp_path, data=120)
    table = "raw_youtube.comments"
    days = [DAY + timedelta(days=n) for n in range(10)]
    with closing(world):
        stopped = []
        for day in days:
            for followed in ("raw_youtube.channels", "raw_youtube.videos"):
                world.ingest(followed, day)
            stopped.append(world.ingest(table, day).landing.stopped_by is not None)
        came = [row.row_key for row in landed(world.engine, table, DAY, day)]
        rich = youtube_of(simulator, quota_ledger(MemoryLedgerStore()), FrozenClock(noon(day)), channels=2)
        with closing(rich):
            owners = {
                VideoId(row.row_key): ChannelId(row.payload["snippet"]["channelId"])
                for row in landed(world.engine, "raw_youtube.videos", day, day)
            }
            there = [row for row in comment_rows(rich, owners, dict.fromkeys(owners)) if isinstance(row, RawRow)]
    assert stopped == [True, *[False] * 9]
    assert len(came) == len(set(came))
    # A comment may be counted before it is shown; then its video's turn comes within a week.
    a_week_ago = noon(days[2])
    old = {row.row_key for row in there if datetime.fromisoformat(row.payload["snippet"]["publishedAt"]) < a_week_ago}
    assert len(old) > 3000
    assert old <= set(came)


def test_analytics_go_on_for_each_channel_where_they_stopped(
    database: Engine, simulator: SimulatorControl, tmp_path: Path
) -> None:
    world = make_world(database, simulator, tmp_path, analytics=1)
    table = "raw_youtube.analytics_traffic"
    days = [DAY + timedelta(days=n) for n in range(6)]
    with closing(world):
        landings = [world.ingest(table, day).landing for day in days]
        rows = {day: [row.payload for row in landed(world.engine, table, day, day)] for day in days}
    assert all(landing.stopped_by for landing in landings)  # each day has quota for one of the two channels
    read = [{payload["channel_id"] for payload in rows[day]} for day in days]
    assert [len(channels) for channels in read] == [1] * 6
    assert len(set().union(*read)) == 2
    for channel_id in set().union(*read):
        known = sorted({payload["day"] for day in days for payload in rows[day] if payload["channel_id"] == channel_id})
        first = date.fromisoformat(known[0])
        assert known == [(first + timedelta(days=n)).isoformat() for n in range(len(known))]
        assert len(known) > 25


def test_counts_of_young_videos_gather_over_the_day(world: World) -> None:
    table = "raw_youtube.snapshots"
    for followed in ("raw_youtube.channels", "raw_youtube.videos"):
        world.ingest(followed, DAY)
    moments = hours_before(noon(DAY))

    def read(moments: tuple[datetime, ...]) -> dict[str, Any]:
        ingest_day(world.sources, table, DAY, world.clock_at(noon(DAY)), moments, world.clock_at)
        return {row.row_key: row.payload for row in landed(world.engine, table, DAY, DAY)}

    half, whole, again = read(moments[:12]), read(moments), read(moments)
    assert half.items() < whole.items()
    assert again == whole
    readings = Counter(key.partition("@")[0] for key in whole)
    published = {
        row.row_key: datetime.fromisoformat(row.payload["snippet"]["publishedAt"])
        for row in landed(world.engine, "raw_youtube.videos", DAY, DAY)
    }
    for video_id, since in published.items():
        ages = [moment - since for moment in moments]
        if timedelta(0) <= ages[0] and ages[-1] < timedelta(hours=48):
            assert readings[video_id] == 24
        elif timedelta(hours=48) <= ages[0] and ages[-1] < timedelta(days=8):
            assert readings[video_id] == 4
        elif ages[0] >= timedelta(days=8):
            assert readings[video_id] == 0
    assert set(readings.values()) >= {4, 24}
    views = {key: int(payload["viewCount"]) for key, payload in sorted(whole.items())}
    for video_id in readings:
        seen = [count for key, count in views.items() if key.startswith(f"{video_id}@")]
        assert seen == sorted(seen)
    assert world.simulator.now() == noon(DAY)


def test_captions_of_a_video_are_listed_once(world: World) -> None:
    days = (DAY, DAY + timedelta(days=1))
    for day in days:
        for table in ("raw_youtube.channels", "raw_youtube.videos", "raw_youtube.captions"):
            world.ingest(table, day)
    first, second = (
        {row.payload["snippet"]["videoId"] for row in landed(world.engine, "raw_youtube.captions", day, day)} for day in days
    )
    assert len(first) == 40
    assert second
    assert not first & second


def test_a_snapshot_of_a_day_that_is_over_is_refused(world: World) -> None:
    with pytest.raises(OutsideMarket, match="2026-06-01 is not today"):
        ingest_day(world.sources, "raw_youtube.charts", date(2026, 6, 1), FrozenClock(noon(DAY)))


@pytest.mark.parametrize(
    "table", ["raw_youtube.videos", "raw_youtube.thumbnails", "raw_youtube.analytics_daily", "raw_youtube.video_statistics"]
)
def test_what_to_ask_for_must_have_landed(world: World, table: str) -> None:
    with pytest.raises(NotReady, match="Ingest it first"):
        world.ingest(table, DAY)


def test_the_first_hours_of_a_day_are_read_of_the_videos_of_the_day_before(world: World) -> None:
    for table in ("raw_youtube.channels", "raw_youtube.videos", "raw_youtube.snapshots"):
        world.ingest(table, DAY - timedelta(days=1))
    moment = noon(DAY) - timedelta(hours=10)
    done = ingest_day(world.sources, "raw_youtube.snapshots", DAY, world.clock_at(moment))
    assert done.landing.row_count
    assert {row.payload["read_at"] for row in landed(world.engine, "raw_youtube.snapshots", DAY, DAY)} == {"2026-06-08T02:00Z"}


def test_comments_leave_quota_for_what_cannot_wait(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(youtube_data, "COMMENTS_SHARE", 0.002)
    for table in ("raw_youtube.channels", "raw_youtube.videos"):
        world.ingest(table, DAY)
    done = world.ingest("raw_youtube.comments", DAY)
    assert done.quota_units <= 20
    assert "The 20 units of quota 'data' that this may take a day are spent" in (done.landing.stopped_by or "")
    assert world.ingest("raw_youtube.charts", DAY).landing.stopped_by is None
