"""The warehouse answers as of a moment, from real tables."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Engine

from core.clock import FrozenClock, noon
from core.errors import NotReady, UnknownName
from core.ids import LaneId, SlotId
from generation.artifacts import ArtifactStore
from generation.outbox import PostgresOutbox
from generation.steps.topic import choose_topic
from generation.values import TopicKind
from generation.warehouse import PostgresWarehouse
from tests.integration.generation.test_outbox import planned_row
from tests.unit.generation.fakes import CHANNEL, LANE, FakeScorer

pytestmark = pytest.mark.postgres

DAY = date(2026, 6, 7)
NEXT = DAY + timedelta(days=1)


def insert(engine: Engine, table: str, *rows: dict[str, Any]) -> None:
    columns = ", ".join(rows[0])
    values = ", ".join(f":{column}" for column in rows[0])
    with engine.begin() as connection:
        connection.execute(text(f"insert into {table} ({columns}) values ({values})"), list(rows))


def chart(engine: Engine, day: date, *videos: tuple[str, str, int, int | None], category: int = 20) -> None:
    """Land a day's chart of videos: id, title, views, gain."""
    for rank, (video_id, title, views, gain) in enumerate(videos, start=1):
        insert(
            engine,
            "marts.fct_chart_entry",
            {
                "partition_on": day,
                "region": "US",
                "chart_category_id": 0,
                "rank": rank,
                "video_id": video_id,
                "fetched_at": noon(day),
            },
            {
                "partition_on": day,
                "region": "GB",
                "chart_category_id": 0,
                "rank": rank,
                "video_id": video_id,
                "fetched_at": noon(day),
            },
        )
        insert(
            engine,
            "marts.fct_video_reading",
            {
                "video_id": video_id,
                "partition_on": day,
                "read_at": noon(day),
                "known_at": noon(day),
                "channel_id": f"UC{video_id}",
                "channel_title": f"Channel {video_id}",
                "title": title,
                "category_id": category,
                "published_at": noon(day) - timedelta(hours=30),
                "views": views,
                "countries_count": 2,
                "best_rank": rank,
            },
        )
        if gain is not None:
            insert(
                engine,
                "reports.rpt_video_rising",
                {"on_date": day, "video_id": video_id, "views_gained_24h": gain, "growth_pct": 10.0},
            )


@pytest.fixture
def warehouse(warehouse_engine: Engine) -> PostgresWarehouse:
    first = (("a", "Modern Warfare 4 reveal", 900, None), ("b", "A quiet farm", 500, None), ("c", "The tallest tower", 300, None))
    chart(warehouse_engine, DAY, *first)
    chart(
        warehouse_engine,
        NEXT,
        ("b", "A quiet farm", 800, 300),
        ("a", "Modern Warfare 4 reveal", 9_900, 9_000),
        ("d", "Modern Warfare 4 early", 5_000, None),
    )
    for video_id, category in (("a", 20), ("d", 20), ("m", 10)):
        insert(
            warehouse_engine,
            "intermediate.int_topic__mentioned",
            {
                "partition_on": NEXT,
                "topic_id": "modern warfare",
                "source": "chart",
                "mention_id": video_id,
                "channel_id": f"UC{video_id}",
                "category_id": category,
            },
        )
    insert(
        warehouse_engine,
        "reports.rpt_topic_rising",
        {
            "on_date": NEXT,
            "topic_id": "modern warfare",
            "topic_title": "Modern Warfare",
            "new_channels_count": 2,
            "momentum": 1.1,
        },
    )
    return PostgresWarehouse(warehouse_engine)


def test_channels_and_lanes(warehouse: PostgresWarehouse) -> None:
    assert warehouse.channel("pixel-pulse") == CHANNEL
    assert warehouse.lane(LaneId("pixel-pulse.evening")) == LANE
    assert warehouse.lanes() == [LANE]
    assert warehouse.lane(LaneId("pixel-pulse.night")).lane_id == "pixel-pulse.night"
    with pytest.raises(UnknownName, match=r"nobody\.evening"):
        warehouse.lane(LaneId("nobody.evening"))
    with pytest.raises(UnknownName, match="nobody"):
        warehouse.channel("nobody")


def test_only_charts_that_were_read_by_the_moment_are_known(warehouse: PostgresWarehouse) -> None:
    assert warehouse.snapshot(noon(DAY) - timedelta(seconds=1)) is None
    before = warehouse.snapshot(noon(NEXT) - timedelta(seconds=1))
    after = warehouse.snapshot(noon(NEXT))
    assert before is not None
    assert after is not None
    assert (before.on_date, after.on_date) == (DAY, NEXT)
    assert (after.regions, after.entries_count, after.read_at) == (("GB", "US"), 6, noon(NEXT))


def test_videos_come_by_gain_and_those_of_unknown_gain_last(warehouse: PostgresWarehouse) -> None:
    snapshot = warehouse.snapshot(noon(NEXT))
    assert snapshot is not None
    videos = warehouse.charting_videos(snapshot, 20, 10)
    assert [(video.video_id, video.views_gained_24h) for video in videos] == [("a", 9_000), ("b", 300), ("d", None)]
    assert videos[0].age_hours == pytest.approx(30)
    assert warehouse.charting_videos(snapshot, 10, 10) == []
    assert len(warehouse.charting_videos(snapshot, None, 2)) == 2


def test_topics_name_the_videos_of_the_category(warehouse: PostgresWarehouse) -> None:
    snapshot = warehouse.snapshot(noon(NEXT))
    assert snapshot is not None
    (topic,) = warehouse.rising_topics(snapshot, 20, 10)
    assert (topic.topic_id, topic.video_ids) == ("modern warfare", ("a", "d"))
    assert warehouse.rising_topics(snapshot, 10, 10) == []


def test_readings_of_the_future_are_not_seen(warehouse: PostgresWarehouse) -> None:
    assert [reading.views for reading in warehouse.readings(["a"], noon(DAY))] == [900]
    assert [reading.views for reading in warehouse.readings(["a"], noon(NEXT))] == [900, 9_900]
    assert warehouse.readings([], noon(NEXT)) == []


def test_a_choice_of_a_past_moment_does_not_change_when_later_days_land(
    warehouse: PostgresWarehouse, warehouse_engine: Engine
) -> None:
    slot, clock = SlotId(NEXT, LaneId("pixel-pulse.evening")), FrozenClock(noon(DAY) + timedelta(hours=1))
    before = choose_topic(slot, warehouse, FakeScorer(), clock)
    assert before.kind is TopicKind.OVERVIEW  # the first day has no gains yet
    chart(warehouse_engine, NEXT + timedelta(days=1), ("z", "A poisoned future", 10**9, 10**9))
    assert choose_topic(slot, warehouse, FakeScorer(), clock) == before


def test_charts_that_are_not_read_yet_are_told(warehouse_engine: Engine) -> None:
    with pytest.raises(NotReady, match="No charts are known"):
        choose_topic(
            SlotId(NEXT, LaneId("pixel-pulse.evening")), PostgresWarehouse(warehouse_engine), FakeScorer(), FrozenClock(noon(DAY))
        )


def test_past_videos_are_the_channels_own_and_the_outboxs_without_doubles(
    warehouse: PostgresWarehouse, warehouse_engine: Engine, artifacts: ArtifactStore
) -> None:
    since, moment = datetime(2026, 5, 25, tzinfo=UTC), noon(NEXT)
    own = {"channel_id": "UCpulse", "is_own": True, "first_seen_at": noon(DAY)}
    insert(
        warehouse_engine,
        "marts.dim_video",
        {"video_id": "old", "title": "Too long ago", "published_at": since - timedelta(days=1), **own},
        {"video_id": "own", "title": "By hand", "published_at": noon(DAY) - timedelta(days=2), **own},
        {"video_id": "vid1", "title": "Renamed since", "published_at": noon(DAY), **own},
        {
            "video_id": "later",
            "title": "Seen later",
            "published_at": noon(DAY),
            **{**own, "first_seen_at": moment + timedelta(days=1)},
        },
        {"video_id": "other", "title": "Not ours", "published_at": noon(DAY), **{**own, "channel_id": "UCother"}},
    )
    outbox = PostgresOutbox(warehouse_engine, FrozenClock(noon(DAY)))
    row = planned_row(artifacts)
    slot = SlotId.parse(row.slot)
    with outbox.claim(slot):
        outbox.plan(row)
        outbox.record_session(slot, "https://upload/1")
        outbox.record_upload(slot, "vid1")
    past = warehouse.past_videos("UCpulse", since, moment)
    assert [(video.title, video.slot) for video in past] == [(row.title, row.slot), ("By hand", "")]
    assert past[0].script == row.script
    assert warehouse.past_videos("UCpulse", since, noon(DAY) - timedelta(seconds=1)) == []


def test_outcomes_are_the_channels_last_that_were_known(warehouse: PostgresWarehouse, warehouse_engine: Engine) -> None:
    told = {"title": "A", "script": None, "duration_seconds": 60, "category_id": 20}
    row = {"channel_id": "UCpulse", "known_at": noon(DAY), **told}
    insert(
        warehouse_engine,
        "labels.lbl_video__retention",
        {"video_id": "a", "published_at": noon(DAY) - timedelta(days=9), "is_above_median": True, **row},
        {"video_id": "b", "published_at": noon(DAY) - timedelta(days=8), "is_above_median": False, **row, "script": "Said."},
        {"video_id": "c", "published_at": noon(DAY) - timedelta(days=7), "is_above_median": True, **row},
        {"video_id": "d", "published_at": noon(DAY), "is_above_median": True, **{**row, "known_at": noon(NEXT)}},
        {"video_id": "e", "published_at": noon(DAY), "is_above_median": True, **{**row, "duration_seconds": None}},
        {"video_id": "f", "published_at": noon(DAY), "is_above_median": True, **{**row, "channel_id": "UCother"}},
    )
    last = warehouse.past_outcomes("UCpulse", noon(DAY), 2)
    assert [(one.is_above_median, one.script) for one in last] == [(True, None), (False, "Said.")]
    assert len(warehouse.past_outcomes("UCpulse", noon(NEXT), 20)) == 4
    assert warehouse.past_outcomes("UCnobody", noon(NEXT), 20) == []
