"""Identifier types, so that a channel id is never passed where a video id belongs; and slot keys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NewType

from core.errors import InvalidInput

ChannelId = NewType("ChannelId", str)
VideoId = NewType("VideoId", str)
TopicId = NewType("TopicId", str)
LaneId = NewType("LaneId", str)
"""`<channel handle>.<slot>`, for example `pixel-pulse.evening`."""


@dataclass(frozen=True, order=True)
class SlotId:
    """One place in the calendar: a date and a lane. Written `2026-06-08|pixel-pulse.evening`."""

    on: date
    lane: LaneId

    def __str__(self) -> str:
        return f"{self.on.isoformat()}|{self.lane}"

    @property
    def handle(self) -> str:
        """Handle of the channel that the lane belongs to."""
        return self.lane.rpartition(".")[0]

    @property
    def slot(self) -> str:
        """Name of the slot within the day."""
        return self.lane.rpartition(".")[2]

    @classmethod
    def parse(cls, text: str) -> SlotId:
        """Read what `str()` wrote. Raises InvalidInput for anything else."""
        day, bar, lane = text.partition("|")
        try:
            on = date.fromisoformat(day)
        except ValueError:
            on = None
        handle, _, slot = lane.rpartition(".")
        if not bar or on is None or not handle or not slot:
            raise InvalidInput(f"{text!r} is not a slot.", "Write it as 2026-06-08|<channel>.<slot>.")
        return cls(on, LaneId(lane))
