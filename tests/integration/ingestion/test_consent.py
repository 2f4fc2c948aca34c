"""A consent that ends between two feeds of a day: its channel is left out, told, and caught up with; no other is touched."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from connectors.landing import landed, last_landing
from connectors.simulator.process import SimulatorControl
from connectors.youtube.oauth import ConsentEnded
from core.clock import FrozenClock, noon
from tests.integration.ingestion.conftest import DAY, World, make_world
from tests.simulated import youtube_of

BEFORE, NEXT = DAY - timedelta(days=1), DAY + timedelta(days=1)
REACH = "raw_reporting.channel_reach_basic_a1"
EARLIER = ("raw_youtube.channels", "raw_youtube.videos", "raw_youtube.playlists")
LATER = (
    "raw_youtube.videos",
    "raw_youtube.playlist_items",
    "raw_youtube.analytics_daily",
    "raw_youtube.analytics_traffic",
    "raw_youtube.analytics_retention",
    "raw_youtube.comments",
    "raw_youtube.captions",
    REACH,
)


DATED = ("raw_youtube.analytics_daily", "raw_youtube.analytics_traffic", REACH)


@pytest.fixture
def three(database: Engine, simulator: SimulatorControl, tmp_path: Path) -> Iterator[World]:
    """A world whose operator has three channels; afterwards all their consents hold again."""
    made = connected(make_world(database, simulator, tmp_path), 3)
    with closing(made):
        yield made
    for channel_id in made.youtube.channel_ids:
        simulator.set_token(channel_id, "healthy")


def connected(world: World, channels: int) -> World:
    """The world as a new run finds it, with so many channels."""
    world.youtube.close()
    return replace(world, youtube=youtube_of(world.simulator, world.ledger, FrozenClock(noon(DAY)), channels))


def days_of(world: World, table: str, first: date, last: date) -> dict[str, set[str]]:
    """The Pacific days that the rows of some partitions tell of, by channel."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in landed(world.engine, table, first, last):
        found[row.payload["channel_id"]].add(row.payload.get("day") or row.payload["date"])
    return found


def test_a_consent_that_ends_within_a_day_stops_its_own_channel(three: World, caplog: pytest.LogCaptureFixture) -> None:
    for day in (BEFORE, DAY):
        for table in (*EARLIER, *LATER[1:]) if day == BEFORE else EARLIER:
            assert three.ingest(table, day).landing.stopped_by is None
    videos = [row.row_key for row in landed(three.engine, "raw_youtube.videos", DAY, DAY)]
    *others, lost = three.youtube.channel_ids
    three.simulator.set_token(lost, "revoked")
    for table in LATER:
        landing = three.ingest(table, DAY).landing
        (left,) = landing.left_out
        assert (landing.stopped_by, left.kind, left.member) == (None, "channel", lost), table
        assert "expired or revoked" in left.reason
        assert "ytempire connect" in left.remedy
        assert f"Left out: channel {lost}" in caplog.text
        caplog.clear()
    for table in DATED:
        assert set(days_of(three, table, DAY, DAY)) == set(others)
    assert [row.row_key for row in landed(three.engine, "raw_youtube.videos", DAY, DAY)] == videos

    three.simulator.set_token(lost, "healthy")
    for table in (*EARLIER, *LATER[1:]):
        assert three.ingest(table, NEXT).landing.left_out == ()
    for table in DATED:
        days = days_of(three, table, BEFORE, NEXT)
        assert days[lost] == days[others[0]], table
        assert max(days[lost]) > max(days_of(three, table, BEFORE, DAY)[lost])


def test_a_day_that_is_fetched_again_keeps_channels_that_are_no_longer_connected(three: World) -> None:
    tables = ("raw_youtube.channels", "raw_youtube.videos", "raw_youtube.analytics_traffic")
    for table in tables:
        three.ingest(table, DAY)
    before = {table: [row.row_key for row in landed(three.engine, table, DAY, DAY)] for table in tables}
    less = connected(three, 2)
    with closing(less):
        gone = (set(three.youtube.channel_ids) - set(less.youtube.channel_ids)).pop()
        for table in tables:
            (left,) = less.ingest(table, DAY).landing.left_out
            assert (left.kind, left.member, left.reason) == ("channel", gone, "It is no longer connected.")
            assert [row.row_key for row in landed(less.engine, table, DAY, DAY)] == before[table]
            assert less.ingest(table, NEXT).landing.left_out == ()


def test_consents_that_have_all_ended_fail(three: World) -> None:
    three.ingest("raw_youtube.channels", DAY)
    before = last_landing(three.engine, "raw_youtube.channels", NEXT)
    for channel_id in three.youtube.channel_ids:
        three.simulator.set_token(channel_id, "revoked")
    with pytest.raises(ConsentEnded, match="ytempire connect"):
        three.ingest("raw_youtube.channels", DAY)
    assert last_landing(three.engine, "raw_youtube.channels", NEXT) == before
