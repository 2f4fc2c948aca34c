"""The back catalogue: whole lists once a week, the days of old videos once a week, the channel's own days, and its money."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from connectors.checks import validate_landings
from connectors.feeds import FEEDS, youtube_analytics, youtube_data
from connectors.landing import landed
from connectors.simulator.process import FaultKind, SimulatorControl
from connectors.volume import judge_volume
from core.clock import noon
from tests.integration.ingestion.conftest import DAY, World, make_world

pytestmark = pytest.mark.postgres

CHANNELS, VIDEOS, UPLOADS = "raw_youtube.channels", "raw_youtube.videos", "raw_youtube.uploads"
DAILY, REVENUE = "raw_youtube.analytics_daily", "raw_youtube.analytics_revenue"
CHANNEL_DAILY, CHANNEL_REVENUE = "raw_youtube.analytics_channel_daily", "raw_youtube.analytics_channel_revenue"
MONETARY = "https://www.googleapis.com/auth/yt-analytics-monetary.readonly"


def rows(world: World, table: str, day: date) -> list[Any]:
    return landed(world.engine, table, day, day)


def keys(world: World, table: str, day: date) -> set[str]:
    return {row.row_key for row in rows(world, table, day)}


def ingest(world: World, day: date, *tables: str) -> None:
    for table in tables:
        world.ingest(table, day)


def asked_of(world: World, table: str, day: date) -> dict[str, set[str]]:
    """The days of each video's rows in a partition."""
    days: dict[str, set[str]] = {}
    for row in rows(world, table, day):
        days.setdefault(row.payload["video"], set()).add(row.payload["day"])
    return days


def test_the_whole_list_is_read_once_a_week(world: World) -> None:
    ingest(world, DAY, CHANNELS, VIDEOS, UPLOADS)
    oldest = noon(DAY) - youtube_data.UPLOADS_KEPT
    listed = rows(world, UPLOADS, DAY)
    assert keys(world, UPLOADS, DAY) > keys(world, VIDEOS, DAY)
    old = [row for row in listed if row.payload["snippet"]["publishedAt"] < f"{oldest:%Y-%m-%dT%H:%M:%SZ}"]
    assert len(old) > len(listed) // 2
    assert {row.payload["snippet"]["channelId"] for row in old} == set(world.youtube.channel_ids)
    for later in (1, 6):
        ingest(world, DAY + timedelta(days=later), CHANNELS, UPLOADS)
        assert keys(world, UPLOADS, DAY + timedelta(days=later)) == set()
        assert judge_volume(world.engine, UPLOADS, DAY + timedelta(days=later)).is_usual
        assert validate_landings(world.engine, UPLOADS, DAY + timedelta(days=later), DAY + timedelta(days=later)).success
    ingest(world, DAY + timedelta(days=7), CHANNELS, UPLOADS)
    assert keys(world, UPLOADS, DAY + timedelta(days=7)) > keys(world, UPLOADS, DAY)


def test_a_list_that_quota_cut_off_is_read_on_the_next_day(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ingest(world, DAY, CHANNELS)
    monkeypatch.setattr(youtube_data, "UPLOADS_SHARE", 0.0017)  # 17 units: enough for one channel
    done = world.ingest(UPLOADS, DAY).landing
    assert done.stopped_by is not None
    (first,) = {row.payload["snippet"]["channelId"] for row in rows(world, UPLOADS, DAY)}
    next_day = DAY + timedelta(days=1)
    ingest(world, next_day, CHANNELS)
    assert world.ingest(UPLOADS, next_day).landing.stopped_by is None
    assert {row.payload["snippet"]["channelId"] for row in rows(world, UPLOADS, next_day)} == {*world.youtube.channel_ids} - {
        first
    }


def test_old_videos_are_asked_for_once_a_week_with_all_days_since(world: World) -> None:
    ingest(world, DAY, CHANNELS, VIDEOS, UPLOADS, DAILY)
    young, every = keys(world, VIDEOS, DAY), keys(world, UPLOADS, DAY)
    first = asked_of(world, DAILY, DAY)
    old = set(first) - young
    assert old
    assert old <= every
    assert max(len(first[video]) for video in old) > 25
    next_day, week_later = DAY + timedelta(days=1), DAY + timedelta(days=7)
    ingest(world, next_day, CHANNELS, VIDEOS, UPLOADS, DAILY)
    assert not old & set(asked_of(world, DAILY, next_day))
    ingest(world, week_later, CHANNELS, VIDEOS, UPLOADS, DAILY)
    again = asked_of(world, DAILY, week_later)
    known = set().union(*(first[video] for video in old))
    since = set().union(*(again[video] for video in old if video in again))
    assert min(since) <= max(known) < max(since)  # no day between is left out
    assert len(since) < 14
    assert validate_landings(world.engine, DAILY, DAY, week_later).success


def test_a_channels_days_are_more_than_those_of_its_listed_videos(world: World) -> None:
    ingest(world, DAY, CHANNELS, VIDEOS, DAILY, CHANNEL_DAILY, CHANNEL_REVENUE)  # without the whole list
    videos: dict[tuple[str, str], int] = {}
    for row in rows(world, DAILY, DAY):
        key = row.payload["channel_id"], row.payload["day"]
        videos[key] = videos.get(key, 0) + row.payload["views"]
    channels = {(row.payload["channel_id"], row.payload["day"]): row.payload["views"] for row in rows(world, CHANNEL_DAILY, DAY)}
    assert set(videos) == set(channels)
    assert len(channels) > 50
    assert all(views < channels[key] for key, views in videos.items())
    earned = {row.row_key for row in rows(world, CHANNEL_REVENUE, DAY)}
    assert earned & {f"{day}:{channel}" for channel, day in channels}


@pytest.mark.parametrize("table", [REVENUE, CHANNEL_REVENUE])
def test_the_last_months_revenue_is_read_again_until_the_fifteenth(world: World, table: str) -> None:
    begin = date(2026, 6, 13)
    for day in (begin, begin + timedelta(days=1), begin + timedelta(days=2), begin + timedelta(days=3)):
        ingest(world, day, CHANNELS, VIDEOS, table)
    first_days = []
    for day in (begin + timedelta(days=n) for n in range(4)):
        daily = {row.row_key for row in rows(world, VIDEOS, day)}  # a video that leaves this list has a weekly turn of its own
        first_days.append(
            min(row.payload["day"] for row in rows(world, table, day) if row.payload.get("video", min(daily)) in daily)
        )
    assert first_days == ["2026-05-01", "2026-05-01", "2026-05-01", "2026-06-11"]


def test_whether_a_channel_is_monetised_is_what_youtube_says(
    database: Engine, simulator: SimulatorControl, tmp_path: Path
) -> None:
    """True where it shows money, false for its own reason, null where the consent leaves money out; and never the day's end."""

    def monetised() -> dict[str, bool | None]:
        with database.connect() as connection:
            return dict(connection.exec_driver_sql("select channel_id, is_monetized from ops.channels").all())  # type: ignore[arg-type]

    with closing(make_world(database, simulator, tmp_path, channels=None)) as world:
        with database.begin() as connection:
            for number, channel_id in enumerate(world.youtube.channel_ids):
                connection.exec_driver_sql(
                    "insert into ops.channels (channel_id, handle, title, niche, category_id, timezone)"
                    " values (%s, %s, 'T', 'Gaming', 20, 'UTC')",
                    (channel_id, f"own-{number}"),
                )
        world.ingest(CHANNEL_REVENUE, DAY)
        known = monetised()
        assert set(known.values()) == {True, False}
        earning = {row.payload["channel_id"] for row in rows(world, CHANNEL_REVENUE, DAY)}
        assert earning == {channel_id for channel_id, told in known.items() if told}
        try:
            for channel_id in world.youtube.channel_ids:
                simulator.set_token(channel_id, "healthy", [MONETARY])
            done = world.ingest(CHANNEL_REVENUE, DAY + timedelta(days=1)).landing
        finally:
            for channel_id in world.youtube.channel_ids:
                simulator.set_token(channel_id, "healthy")
        assert {left.member for left in done.left_out} == set(world.youtube.channel_ids)
        assert all("ytempire connect" in left.remedy for left in done.left_out)
        assert done.stopped_by is None
        assert set(monetised().values()) == {None}
        world.ingest(CHANNEL_REVENUE, DAY + timedelta(days=2))
        assert monetised() == known
        days = {row.payload["day"] for row in rows(world, CHANNEL_REVENUE, DAY + timedelta(days=2))}
        assert min(days) <= (DAY - timedelta(days=3)).isoformat()  # what could not be read is read now


@pytest.fixture
def broken(simulator: SimulatorControl) -> Iterator[SimulatorControl]:
    yield simulator
    simulator.mend()


@pytest.mark.parametrize("table", [DAILY, CHANNEL_DAILY])
def test_corrections_and_loops_land_and_a_doubtful_value_voids_its_field(
    world: World, broken: SimulatorControl, table: str
) -> None:
    ingest(world, DAY, CHANNELS, VIDEOS)
    kinds: tuple[FaultKind, ...] = ("corrected", "looped", "doubtful")
    for kind in kinds:
        broken.fault("/v2/reports", kind, count=1)
        done = world.ingest(table, DAY).landing
        broken.mend()
        found = [row.payload for row in rows(world, table, DAY)]
        assert done.rejected_count == 0
        assert done.voided_count == (kind == "doubtful")
        if kind == "corrected":
            assert [payload["views"] for payload in found if payload["views"] < 0] == [-100]
        if kind == "looped":
            assert max(payload["averageViewPercentage"] for payload in found) == 1450.5
        if kind == "doubtful":
            (voided,) = (payload for payload in found if payload["likes"] is None)
            assert voided["views"] >= 0
            with world.engine.connect() as connection:
                told = connection.exec_driver_sql("select asset_key, field, reason, value from ops.voided_values").all()
            assert told == [(table.replace(".", "/"), "likes", "likes is not a number.", '"unknown"')]
        report = validate_landings(world.engine, table, DAY, DAY)
        assert report.is_usable, report.broken
        assert judge_volume(world.engine, table, DAY).is_usable


def test_cumulative_feeds_are_fetched_on_the_first_and_last_day_of_a_range() -> None:
    days = [DAY + timedelta(days=n) for n in range(35)]
    assert FEEDS[CHANNEL_DAILY].cadence.fetched_of(days) == [days[0], days[-1]]
    assert FEEDS[CHANNEL_DAILY].cadence.fetched_of(days[:1]) == days[:1]
    assert FEEDS[UPLOADS].cadence.fetched_of(days) == days[-1:]
    assert FEEDS[DAILY].cadence.fetched_of(days) == days
    assert FEEDS[CHANNEL_DAILY].cadence.fetched_of([]) == []


def test_a_first_range_leaves_no_day_out(world: World) -> None:
    """Five weeks landed at once: the days before the last fetch's look back come of the first day's."""
    days = [DAY - timedelta(days=34 - n) for n in range(35)]
    for day in FEEDS[CHANNEL_DAILY].cadence.fetched_of(days):
        world.ingest(CHANNEL_DAILY, day)
    found = {row.payload["day"] for row in landed(world.engine, CHANNEL_DAILY, days[0], days[-1])}
    expected = {(date.fromisoformat(min(found)) + timedelta(days=n)).isoformat() for n in range(len(found))}
    assert found == expected
    assert min(found) <= (days[0] - timedelta(days=29)).isoformat()
    assert timedelta(days=34) > youtube_analytics.FIRST_LOOK_BACK  # one fetch alone would leave a gap
