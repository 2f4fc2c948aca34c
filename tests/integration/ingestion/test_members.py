"""One member fails, others are read: by day, for sixty days, with a second fault, and in the middle of a landing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from connectors.absences import absences, sentences, standing
from connectors.feeds import FEEDS
from connectors.feeds.feed import Request, Row
from connectors.landing import RawRow, landed
from connectors.members import LeftOut
from core.clock import noon
from core.errors import Forbidden, ServiceFailed
from tests.integration.ingestion.conftest import DAY, World
from tests.simulated import youtube_of

NEXT = DAY + timedelta(days=1)
CHANNELS, VIDEOS, CHARTS = "raw_youtube.channels", "raw_youtube.videos", "raw_youtube.charts"
TRAFFIC, DAILY, COMMENTS = "raw_youtube.analytics_traffic", "raw_youtube.analytics_daily", "raw_youtube.comments"
FOR_LONG = 60


@pytest.fixture(autouse=True)
def mended(world: World) -> Iterator[None]:
    """Faults and consents end with the test."""
    yield
    world.simulator.mend()
    for channel_id in world.youtube.channel_ids:
        world.simulator.set_token(channel_id, "healthy")


def days_of(world: World, table: str, first: date, last: date, channel_id: str) -> set[str]:
    rows = landed(world.engine, table, first, last)
    return {row.payload["day"] for row in rows if row.payload["channel_id"] == channel_id}


def test_a_member_that_fails_for_sixty_days_costs_the_others_nothing_and_is_read_whole_when_it_comes_back(world: World) -> None:
    good, bad = world.youtube.channel_ids
    world.ingest(TRAFFIC, DAY)
    calls = [world.ingest(TRAFFIC, NEXT).calls]
    world.simulator.fault("/v2/", count=10_000, member=bad, reason="forbidden")
    last = NEXT + timedelta(days=FOR_LONG)
    for day in (NEXT + timedelta(days=past) for past in range(1, FOR_LONG + 1)):
        done = world.ingest(TRAFFIC, day)
        calls.append(done.calls)
        assert [left.member for left in done.landing.left_out] == [bad]
        (absence,) = absences(world.engine, day, [TRAFFIC])
        assert (absence.member, absence.since, absence.until) == (bad, NEXT + timedelta(days=1), day)
        assert absence.is_alarming == (day - NEXT > timedelta(days=7))
        assert "forbidden" in absence.reason
        (row,) = {row.payload["day"] for row in landed(world.engine, TRAFFIC, day, day)} - {
            row.payload["day"] for row in landed(world.engine, TRAFFIC, NEXT, day - timedelta(days=1))
        }
        assert row  # one new day, and no more
    assert len(set(calls)) == 1
    world.simulator.mend()
    done = world.ingest(TRAFFIC, last + timedelta(days=1))
    assert done.landing.left_out == ()
    assert absences(world.engine, last + timedelta(days=1), [TRAFFIC]) == []
    found = {channel: days_of(world, TRAFFIC, DAY, last + timedelta(days=1), channel) for channel in (good, bad)}
    assert found[bad] == found[good]
    assert len(found[bad]) > FOR_LONG


def test_what_a_member_had_still_counts_for_what_follows(world: World) -> None:
    good, bad = world.youtube.channel_ids
    for table in (CHANNELS, VIDEOS, DAILY):
        world.ingest(table, DAY)
    world.simulator.fault("/youtube/v3/playlistItems", count=100, member=bad, reason="playlistItemsNotAccessible")
    world.simulator.fault("/youtube/v3/channels", "empty", count=100, member=bad)
    left = {table: world.ingest(table, NEXT).landing.left_out for table in (CHANNELS, VIDEOS)}
    assert {table: [(one.kind, one.member) for one in found] for table, found in left.items()} == {
        CHANNELS: [("channel", bad)],
        VIDEOS: [("channel", bad)],
    }
    assert {row.payload["snippet"]["channelId"] for row in landed(world.engine, VIDEOS, NEXT, NEXT)} == {good}
    assert world.ingest(DAILY, NEXT).landing.left_out == ()
    assert days_of(world, DAILY, NEXT, NEXT, bad) == days_of(world, DAILY, NEXT, NEXT, good)
    found = standing(absences(world.engine, NEXT))
    assert [(absence.table, absence.member) for absence in found] == [(CHANNELS, bad), (VIDEOS, bad)]
    (sentence,) = sentences(found)
    assert sentence.startswith(f"channel {bad} is left out of {CHANNELS} and 1 more tables since {NEXT}: ")


def test_a_channel_without_uploads_has_no_videos_and_is_not_left_out(world: World) -> None:
    _, bare = world.youtube.channel_ids
    world.ingest(CHANNELS, DAY)
    world.simulator.fault("/youtube/v3/playlistItems", count=100, member=bare, reason="playlistNotFound")
    assert world.ingest(VIDEOS, DAY).landing.left_out == ()
    assert bare not in {row.payload["snippet"]["channelId"] for row in landed(world.engine, VIDEOS, DAY, DAY)}


def test_of_two_faults_the_transient_one_ends_the_call_and_the_other_its_member(world: World) -> None:
    world.ingest(CHARTS, DAY)
    before = landed(world.engine, CHARTS, DAY, DAY)
    world.simulator.fault("/youtube/v3/videos", count=100, member="GB", reason="videoChartNotFound")
    world.simulator.fault("/youtube/v3/videos", count=100, member="IN", status=503)
    with pytest.raises(ServiceFailed):
        world.ingest(CHARTS, DAY)
    assert landed(world.engine, CHARTS, DAY, DAY) == before
    world.simulator.fault("/youtube/v3/videos", count=1, member="IN", status=503)  # which a second try gets over
    landing = world.ingest(CHARTS, NEXT).landing
    assert [(left.kind, left.member) for left in landing.left_out] == [("region", "GB")]
    assert landing.row_count == 200


def test_of_two_members_that_fail_both_are_named_and_all_of_them_fail_the_call(world: World) -> None:
    for region in ("GB", "IN"):
        world.simulator.fault("/youtube/v3/videos", count=100, member=region, reason="videoChartNotFound")
    assert [left.member for left in world.ingest(CHARTS, DAY).landing.left_out] == ["GB", "IN"]
    world.simulator.fault("/youtube/v3/videos", count=100, reason="forbidden")
    with pytest.raises(Forbidden):
        world.ingest(CHARTS, DAY)
    assert len(landed(world.engine, CHARTS, DAY, DAY)) == 150


def test_a_channel_that_is_disconnected_in_the_middle_of_a_landing_is_read_whole_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, lost = world.youtube.channel_ids
    for table in (CHANNELS, VIDEOS, COMMENTS):
        world.ingest(table, DAY)
    whole = {row.row_key for row in landed(world.engine, COMMENTS, DAY, DAY)}
    with world.engine.begin() as connection:
        connection.execute(text(f"delete from {COMMENTS}"))
        connection.execute(text("delete from ops.landings where asset_key = 'raw_youtube/comments'"))
    sound = FEEDS[COMMENTS].fetch

    def fetch(request: Request) -> Iterable[Row]:
        for place, row in enumerate(sound(request)):
            if place == 0:
                world.simulator.set_token(lost, "revoked")
            yield row

    monkeypatch.setitem(FEEDS, COMMENTS, replace(FEEDS[COMMENTS], fetch=fetch))
    landing = world.ingest(COMMENTS, DAY).landing
    assert [(left.kind, left.member) for left in landing.left_out] == [("channel", lost)]
    part = {row.row_key for row in landed(world.engine, COMMENTS, DAY, DAY)}
    assert part < whole
    monkeypatch.setitem(FEEDS, COMMENTS, replace(FEEDS[COMMENTS], fetch=sound))
    world.simulator.set_token(lost, "healthy")
    for table in (CHANNELS, VIDEOS, COMMENTS):
        assert world.ingest(table, NEXT).landing.left_out == ()
    assert whole <= {row.row_key for row in landed(world.engine, COMMENTS, DAY, NEXT)}


def test_one_video_of_many_is_left_out_of_its_channels_analytics_and_read_from_its_own_day_later(world: World) -> None:
    for table in (CHANNELS, VIDEOS, DAILY):
        world.ingest(table, DAY)
    seen: dict[str, int] = {}
    for row in landed(world.engine, DAILY, DAY, DAY):
        seen[row.payload["video"]] = seen.get(row.payload["video"], 0) + row.payload["views"]
    bad = max(seen, key=lambda video: seen[video])
    world.simulator.fault("/v2/", count=1000, member=bad, reason="badRequest")
    days = [DAY + timedelta(days=past) for past in range(1, 13)]
    for day in days:
        for table in (CHANNELS, VIDEOS):
            world.ingest(table, day)
        assert [(left.kind, left.member) for left in world.ingest(DAILY, day).landing.left_out] == [("video", bad)]
    world.simulator.mend()
    back = days[-1] + timedelta(days=1)
    for table in (CHANNELS, VIDEOS, DAILY):
        world.ingest(table, back)

    def told(video: str | None, first: date) -> set[str]:
        rows: Iterable[Any] = landed(world.engine, DAILY, first, back)
        return {row.payload["day"] for row in rows if video is None or row.payload["video"] == video}

    assert told(bad, back) >= {day for day in told(None, NEXT) if day >= DAY.isoformat()}
    others = {row.payload["day"] for row in landed(world.engine, DAILY, back, back) if row.payload["video"] != bad}
    assert min(others) > DAY.isoformat()  # the others' days go on as ever


def test_a_consent_that_ended_before_is_told_each_day_and_its_gap_is_read(world: World) -> None:
    good, ended = world.youtube.channel_ids
    world.ingest(TRAFFIC, DAY)
    with world.engine.begin() as connection:
        connection.execute(
            text(
                "insert into ops.channels (channel_id, handle, title, niche, timezone, category_id)"
                " values (:id, 'h', 't', 'n', 'UTC', 1)"
            ),
            {"id": ended},
        )
        connection.execute(
            text(
                "insert into ops.channel_credentials (channel_id, refresh_token_ciphertext, key_id, scopes, granted_at, health)"
                " values (:id, 'x', 'k', '{}', '2026-01-01', 'revoked')"
            ),
            {"id": ended},
        )
    from tests.simulated import youtube_of

    less = replace(world, youtube=youtube_of(world.simulator, world.ledger, world.clock_at(noon(DAY)), channels=1))
    days = [DAY + timedelta(days=past) for past in range(1, 9)]
    for day in days:
        (left,) = less.ingest(TRAFFIC, day).landing.left_out
        assert (left.kind, left.member) == ("channel", ended)
        assert "revoked" in left.reason
    less.youtube.close()
    with world.engine.begin() as connection:
        connection.execute(text("update ops.channel_credentials set health = 'healthy', granted_at = '2026-06-17'"))
    back = days[-1] + timedelta(days=1)
    assert world.ingest(TRAFFIC, back).landing.left_out == ()
    assert days_of(world, TRAFFIC, DAY, back, ended) == days_of(world, TRAFFIC, DAY, back, good)


def test_rows_of_a_feed_that_are_none_are_no_member(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A feed that only says who was left out lands nothing new, and keeps what was there."""
    world.ingest(CHARTS, DAY)
    fetch = FEEDS[CHARTS].fetch

    def one_left_out(request: Request) -> Iterable[Row]:
        rows = list(fetch(request))
        return [row for row in rows if not (isinstance(row, RawRow) and row.payload["region"] == "US")] + [
            LeftOut("region", "US", "It is away.")
        ]

    monkeypatch.setitem(FEEDS, CHARTS, replace(FEEDS[CHARTS], fetch=one_left_out))
    assert world.ingest(CHARTS, DAY).landing.row_count == 250
