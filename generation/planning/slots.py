"""From a lane's local time to the moment of publishing, on every day of the year, and the slots that come next.

The days on which clocks change are no exception: a time that a day skips is moved forward by what is skipped, and of a time
that a day has twice the first one counts. So every lane has exactly one slot on every date."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.errors import InvalidInput
from core.ids import LaneId, SlotId
from generation.values import Lane

CALENDAR_DAYS = 30


@dataclass(frozen=True, order=True)
class PlannedSlot:
    """A slot and the moment (UTC) at which its video is published."""

    publish_at: datetime
    slot: SlotId


def publish_moment(on: date, local_time: time, timezone: str) -> datetime:
    """The moment, in UTC, of a local time on a date. Raises InvalidInput for a timezone that does not exist."""
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError):
        raise InvalidInput(f"{timezone!r} is not a timezone.", "Write it as in Europe/London.") from None
    return datetime.combine(on, local_time.replace(tzinfo=None, fold=0), zone).astimezone(UTC)


def planned(lane: Lane, on: date) -> PlannedSlot:
    """The slot of a lane on a date."""
    moment = publish_moment(on, lane.publish_local_time, lane.channel.timezone)
    return PlannedSlot(moment, SlotId(on, LaneId(lane.lane_id)))


def calendar(lanes: Iterable[Lane], first_day: date, days: int = CALENDAR_DAYS) -> list[PlannedSlot]:
    """All slots of some lanes on consecutive days, in order of publication."""
    return sorted(planned(lane, first_day + timedelta(days=day)) for lane in lanes for day in range(days))


def next_slots(lanes: Iterable[Lane], moment: datetime, count: int) -> list[PlannedSlot]:
    """The first slots that are published after a moment, in order."""
    following = sorted(slot for lane in lanes for slot in _first_after(lane, moment, count))
    return following[:count]


def _first_after(lane: Lane, moment: datetime, count: int) -> Iterator[PlannedSlot]:
    today = moment.astimezone(UTC).date()
    # A local date may be a day behind UTC's, and clocks that change may move the first one by an hour more.
    candidates = (planned(lane, today + timedelta(days=day)) for day in range(-1, count + 2))
    following = [slot for slot in candidates if slot.publish_at > moment]
    yield from following[:count]
