"""The lanes of the calendar (`ops.lanes`): a channel's daily places, each with a local time, on or off. Changes are audited."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from core.audit import OPERATOR, write_audit
from core.errors import InvalidInput, Refused, UnknownName
from core.ids import LaneId

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

_SLOT = re.compile(r"[a-z0-9][a-z0-9-]{0,31}", re.ASCII)
_ALL = text("""
    select lanes.lane_id, channels.handle, lanes.publish_local_time, channels.timezone, lanes.is_active,
        lanes.publishes_unreviewed
    from ops.lanes as lanes
    inner join ops.channels as channels using (channel_id)
    order by channels.handle, lanes.publish_local_time, lanes.lane_id
""")
_LANE = text("""
    select lanes.lane_id, lanes.publish_local_time, lanes.is_active, lanes.publishes_unreviewed, channels.handle,
        channels.is_active as is_connected
    from ops.lanes as lanes
    inner join ops.channels as channels using (channel_id)
    where lanes.lane_id = :lane
    for update of lanes
""")
_CHANNEL = text("select channel_id from ops.channels where handle = :handle")
_ADD = text("""
    insert into ops.lanes (lane_id, channel_id, slot, publish_local_time, is_active)
    values (:lane, :channel, :slot, :at, false)
    on conflict do nothing
""")
_SWITCH = text("update ops.lanes set is_active = :on where lane_id = :lane")
_REVIEW = text("update ops.lanes set publishes_unreviewed = :unreviewed where lane_id = :lane")
_MOVE = text("update ops.lanes set publish_local_time = :at where lane_id = :lane")


@dataclass(frozen=True)
class LaneRow:
    """A lane as the operator sees it; `publish_local_time` is in `timezone`, the channel's."""

    lane_id: LaneId
    handle: str
    publish_local_time: time
    timezone: str
    is_active: bool
    publishes_unreviewed: bool


class Lanes:
    """Reads and changes lanes. Raises UnknownName for lanes and channels that do not exist.

    Args:
        actor: who is written into the audit log.
    """

    def __init__(self, engine: Engine, actor: str = OPERATOR) -> None:
        self._engine = engine
        self._actor = actor

    def all(self) -> list[LaneRow]:
        """All lanes, on or off, by channel and time."""
        with self._engine.connect() as connection:
            return [LaneRow(**row) for row in connection.execute(_ALL).mappings()]

    def add(self, name: str, at: time, now: datetime) -> LaneId:
        """Add a lane, switched off. Raises InvalidInput for a name of another form, or one that is taken."""
        handle, _, slot = name.rpartition(".")
        if not handle or not _SLOT.fullmatch(slot):
            raise InvalidInput(
                f"{name!r} is no name for a lane.", "Write it as <channel>.<slot>, the slot in small letters, digits and hyphens."
            )
        lane = LaneId(name)
        with self._engine.begin() as connection:
            channel = connection.execute(_CHANNEL, {"handle": handle}).scalar()
            if channel is None:
                raise UnknownName(f"There is no channel {handle!r}.", "List them: ytempire channels")
            if not connection.execute(_ADD, {"lane": lane, "channel": channel, "slot": slot, "at": at}).rowcount:
                raise InvalidInput(f"There is a lane {name} already.", f"Move it: ytempire lanes at {name} {at:%H:%M}")
            self._audit(connection, now, "lane.added", lane, {"at": f"{at:%H:%M}"})
        return lane

    def switch(self, name: str, *, on: bool, now: datetime) -> bool:
        """Switch a lane on or off; returns whether that changed it. Raises Refused for a lane of a disconnected channel."""
        with self._engine.begin() as connection:
            row = self._lane(connection, name)
            if on and not row.is_connected:
                raise Refused(f"Channel {row.handle} is not connected.", f"Connect it: ytempire connect --channel {row.handle}")
            if row.is_active == on:
                return False
            connection.execute(_SWITCH, {"lane": row.lane_id, "on": on})
            self._audit(connection, now, "lane.on" if on else "lane.off", row.lane_id, {})
            return True

    def review(self, name: str, *, by_person: bool, now: datetime) -> bool:
        """Have films that score too low to go out by themselves wait for a person, or not; returns whether that changed it."""
        with self._engine.begin() as connection:
            row = self._lane(connection, name)
            if row.publishes_unreviewed is not by_person:
                return False
            connection.execute(_REVIEW, {"lane": row.lane_id, "unreviewed": not by_person})
            self._audit(connection, now, "lane.reviewed" if by_person else "lane.unreviewed", row.lane_id, {})
            return True

    def move(self, name: str, at: time, now: datetime) -> bool:
        """Have a lane publish at another local time; returns whether that changed it. Videos that were made keep their moment."""
        with self._engine.begin() as connection:
            row = self._lane(connection, name)
            if row.publish_local_time == at:
                return False
            connection.execute(_MOVE, {"lane": row.lane_id, "at": at})
            detail = {"was": f"{row.publish_local_time:%H:%M}", "at": f"{at:%H:%M}"}
            self._audit(connection, now, "lane.moved", row.lane_id, detail)
            return True

    def _lane(self, connection: Connection, name: str) -> Any:
        row = connection.execute(_LANE, {"lane": name}).one_or_none()
        if row is None:
            raise UnknownName(f"There is no lane {name!r}.", "List them: ytempire lanes list")
        return row

    def _audit(self, connection: Connection, now: datetime, action: str, lane: LaneId, detail: dict[str, str]) -> None:
        write_audit(connection, now, self._actor, action, lane, detail)
