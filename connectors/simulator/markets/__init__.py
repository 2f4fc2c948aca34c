"""Markets: whose charts and counts the world shows. `synthetic` is seeded, `replay` serves recorded ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from connectors.simulator.audience import ThumbnailTraits
from connectors.simulator.own import HeatRow
from connectors.simulator.values import Channel, Story, Video


class Market(Protocol):
    """Everything that other people do. All times are hours since 1970; nothing later than `now` may show in an answer."""

    first_day: date
    last_day: date | None
    """None when the market has no end."""

    def chart(self, region: str, category_id: int, now: float) -> list[Video] | None:
        """The region's most popular videos, best first; category 0 means all. None when there is no such chart."""
        ...

    def videos(self, video_ids: Sequence[str], now: float) -> dict[str, Video]:
        """Those of the videos that exist at `now`."""
        ...

    def channel(self, channel_id: str, now: float) -> Channel | None:
        """A channel by its id."""
        ...

    def channel_by_handle(self, handle: str, now: float) -> Channel | None:
        """A channel by its handle, without the @."""
        ...

    def uploads(self, channel_id: str, now: float, page: slice) -> tuple[int, list[Video]] | None:
        """How many videos a channel has, and a page of them, newest first; None when the channel is unknown."""
        ...

    def stories(self, now: float) -> list[Story]:
        """The Hacker News front page, best first."""
        ...

    def story(self, story_id: int, now: float) -> Story | None:
        """A story by its id."""
        ...

    def title_heat(self, title: str) -> HeatRow | None:
        """Log heat of a title's words over the days; None when the topics of the world decide."""
        ...

    def thumbnail(self, video_id: str) -> ThumbnailTraits | None:
        """How a video's drawn thumbnail looks; None when the market has no pictures."""
        ...
