"""The scenario file: own channels, niches and their words, as frozen values. Files lie in `scenarios/`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import time
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from connectors.simulator.identity import channel_id

DEFAULT = Path(__file__).parent / "scenarios" / "default.toml"


@dataclass(frozen=True)
class ChannelSlot:
    """A time of day at which a channel may publish."""

    slot: str
    publish_local_time: time
    is_active: bool


@dataclass(frozen=True)
class OwnChannel:
    """One of the operator's channels, with the levels its audience is used to."""

    handle: str
    title: str
    niche: str
    category_id: int
    timezone: str
    country: str
    subscribers: int
    base_ctr: float
    base_watch: float
    typical_seconds: int
    slots: tuple[ChannelSlot, ...]

    @cached_property
    def channel_id(self) -> str:
        return channel_id(self.handle)

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def is_active(self) -> bool:
        return any(slot.is_active for slot in self.slots)


@dataclass(frozen=True)
class Niche:
    """A field of interest: who makes videos in it, what about, and how fast its views decay."""

    name: str
    category_id: int
    market_channels: int
    fast_hours: float
    typical_seconds: int
    taste: dict[str, float]
    topic_first: tuple[str, ...]
    topic_second: tuple[str, ...]
    plain_topics: tuple[str, ...]
    market_patterns: tuple[str, ...]
    own_patterns: tuple[str, ...]
    words: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Scenario:
    """Everything a scenario file says."""

    countries: tuple[str, ...]
    channels: tuple[OwnChannel, ...]
    niches: dict[str, Niche]
    story_topics: tuple[str, ...]
    story_patterns: tuple[str, ...]
    evergreen_articles: dict[str, int]

    def own(self, channel_id: str) -> OwnChannel | None:
        """The own channel with this id, if any."""
        return next((channel for channel in self.channels if channel.channel_id == channel_id), None)


def _channel(table: dict[str, Any]) -> OwnChannel:
    slots = tuple(
        ChannelSlot(slot["slot"], time.fromisoformat(slot["publish_local_time"]), slot["is_active"]) for slot in table["slots"]
    )
    return OwnChannel(**{**table, "slots": slots})


def _niche(name: str, table: dict[str, Any]) -> Niche:
    words = {key: tuple(table.pop(key)) for key in ("hook", "adjective", "thing")}
    rest: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
    return Niche(name=name, words=words, **rest)


def load_scenario(path: Path = DEFAULT) -> Scenario:
    """Read a scenario file."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return Scenario(
        countries=tuple(table["countries"]),
        channels=tuple(_channel(channel) for channel in table["channels"]),
        niches={name: _niche(name, niche) for name, niche in table["niches"].items()},
        story_topics=tuple(table["hackernews"]["topics"]),
        story_patterns=tuple(table["hackernews"]["patterns"]),
        evergreen_articles=dict(table["wikipedia"]["evergreen"]),
    )
