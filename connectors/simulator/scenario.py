"""The scenario file: own channels, niches and their words, as frozen values. Files lie in `scenarios/`.

A scenario can be asked for any number of own channels: the file's come first, as they are, and what is missing is made of the
file's templates, the same in every process.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import time
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from connectors.simulator.identity import channel_id, stream

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
    channel_words: tuple[str, ...]
    """Second words of the names of channels that are made up."""


@dataclass(frozen=True)
class CommentPatterns:
    """What viewers write, as title patterns are: by what they want to say."""

    requests: tuple[str, ...]
    """Wishes for a next video, about `{rival}`."""
    questions: tuple[str, ...]
    praise: tuple[str, ...]
    complaints: tuple[str, ...]
    replies: tuple[str, ...]
    author_first: tuple[str, ...]
    author_second: tuple[str, ...]


@dataclass(frozen=True)
class Scenario:
    """Everything a scenario file says."""

    countries: tuple[str, ...]
    channels: tuple[OwnChannel, ...]
    niches: dict[str, Niche]
    story_topics: tuple[str, ...]
    story_patterns: tuple[str, ...]
    evergreen_articles: dict[str, int]
    comments: CommentPatterns

    @cached_property
    def _by_id(self) -> dict[str, OwnChannel]:
        return {channel.channel_id: channel for channel in self.channels}

    def own(self, channel_id: str) -> OwnChannel | None:
        """The own channel with this id, if any."""
        return self._by_id.get(channel_id)


def _channel(table: dict[str, Any]) -> OwnChannel:
    slots = tuple(
        ChannelSlot(slot["slot"], time.fromisoformat(slot["publish_local_time"]), slot["is_active"]) for slot in table["slots"]
    )
    return OwnChannel(**{**table, "slots": slots})


def _niche(name: str, table: dict[str, Any]) -> Niche:
    words = {key: tuple(table.pop(key)) for key in ("hook", "adjective", "thing")}
    rest: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
    return Niche(name=name, words=words, **rest)


def _made_up(niches: Sequence[Niche], first_words: Sequence[str], homes: Sequence[Sequence[str]]) -> Iterator[OwnChannel]:
    """Channels of every niche in turn, without end: names, sizes and levels are drawn by their number alone.

    Their slots are not active, so that nobody plans videos for them unasked.
    """
    names = [[f"{first} {second}" for first in first_words for second in niche.channel_words] for niche in niches]
    orders = [stream(0, "channel names", niche.name).permutation(len(pairs)) for niche, pairs in zip(niches, names, strict=True)]
    number = 0
    while True:
        turn, place = number % len(niches), number // len(niches)
        niche, again, pick = niches[turn], place // len(names[turn]), int(orders[turn][place % len(names[turn])])
        title = names[turn][pick] + (f" {again + 1}" if again else "")
        random = stream(0, "own channel", number)
        timezone, country = homes[int(random.integers(len(homes)))]
        hour = int(random.integers(8, 21))
        yield OwnChannel(
            handle=title.lower().replace(" ", "-"),
            title=title,
            niche=niche.name,
            category_id=niche.category_id,
            timezone=timezone,
            country=country,
            subscribers=int(np.clip(np.exp(random.normal(10.6, 1.3)), 800, 3_000_000)),
            base_ctr=round(float(random.uniform(0.040, 0.066)), 4),
            base_watch=round(float(random.uniform(0.40, 0.58)), 3),
            typical_seconds=int(np.clip(0.6 * niche.typical_seconds * np.exp(random.normal(0, 0.4)), 90, 1500)),
            slots=(ChannelSlot("daily", time(hour), False),),
        )
        number += 1


def load_scenario(path: Path = DEFAULT, channels: int | None = None) -> Scenario:
    """Read a scenario file, with as many own channels as it has or as are asked for (at least 1)."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    niches = {name: _niche(name, niche) for name, niche in table["niches"].items()}
    own = [_channel(channel) for channel in table["channels"]]
    wanted = len(own) if channels is None else channels
    made_up = _made_up(list(niches.values()), table["made_up"]["first_words"], table["made_up"]["homes"])
    own += [next(made_up) for _ in range(wanted - len(own))]
    return Scenario(
        countries=tuple(table["countries"]),
        channels=tuple(own[:wanted]),
        niches=niches,
        story_topics=tuple(table["hackernews"]["topics"]),
        story_patterns=tuple(table["hackernews"]["patterns"]),
        evergreen_articles=dict(table["wikipedia"]["evergreen"]),
        comments=CommentPatterns(**{name: tuple(values) for name, values in table["comments"].items()}),
    )
