"""Slots: one per lane and date, at the lane's local time, whatever the clocks do."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput
from core.ids import SlotId
from generation.planning.slots import calendar, next_slots, planned, publish_moment
from tests.unit.generation.fakes import LANE

ZONES = ("America/New_York", "Europe/London", "Asia/Kolkata", "Australia/Lord_Howe", "America/Los_Angeles", "Pacific/Auckland")
days = st.dates(min_value=date(2020, 1, 1), max_value=date(2035, 12, 31))
times = st.times().map(lambda moment: moment.replace(microsecond=0))


@given(days, times, st.sampled_from(ZONES))
def test_a_slot_is_at_its_local_time_unless_the_clocks_skip_it(on: date, local: time, zone: str) -> None:
    moment = publish_moment(on, local, zone)
    there = moment.astimezone(ZoneInfo(zone))
    assert moment.tzinfo is UTC
    assert there.date() == on
    assert there.time() == local or timedelta(0) < (
        datetime.combine(on, there.time()) - datetime.combine(on, local)
    ) <= timedelta(hours=1)


@given(days, times, st.sampled_from(ZONES))
def test_slots_of_consecutive_days_are_a_day_apart_up_to_a_clock_change(on: date, local: time, zone: str) -> None:
    apart = publish_moment(on + timedelta(days=1), local, zone) - publish_moment(on, local, zone)
    assert timedelta(hours=23) <= apart <= timedelta(hours=25)


def test_a_skipped_time_moves_forward_and_a_doubled_one_is_the_first() -> None:
    assert publish_moment(date(2026, 3, 8), time(2, 30), "America/New_York") == datetime(2026, 3, 8, 7, 30, tzinfo=UTC)
    assert publish_moment(date(2026, 11, 1), time(1, 30), "America/New_York") == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd"])
def test_an_unknown_timezone_is_named(zone: str) -> None:
    with pytest.raises(InvalidInput, match="is not a timezone"):
        publish_moment(date(2026, 6, 8), time(9), zone)


def test_the_calendar_has_every_slot_of_thirty_days_in_order() -> None:
    london = LANE.model_copy(
        update={
            "lane_id": "chart-compass.morning",
            "publish_local_time": time(9),
            "channel": LANE.channel.model_copy(update={"timezone": "Europe/London"}),
        }
    )
    slots = calendar([LANE, london], date(2026, 6, 8))
    assert len(slots) == 60
    assert slots == sorted(slots)
    assert slots[0].slot == SlotId.parse("2026-06-08|chart-compass.morning")
    assert slots[0].publish_at == datetime(2026, 6, 8, 8, tzinfo=UTC)
    assert slots[1].publish_at == datetime(2026, 6, 8, 22, tzinfo=UTC)


@given(st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)), st.integers(1, 5))
def test_the_next_slots_are_the_first_ones_ahead(moment: datetime, count: int) -> None:
    following = next_slots([LANE], moment, count)
    assert len(following) == count
    assert all(slot.publish_at > moment for slot in following)
    before = planned(LANE, following[0].slot.on - timedelta(days=1))
    assert before.publish_at <= moment
