"""What the warehouse says about a topic, laid out for a writer: names that can be read aloud, numbers, and where they came from.

Every number that a script may use is here, under a name; `facts()` is the list that claims are checked against."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from statistics import fmean, median

from generation.policy.terms import scan
from generation.values import Fact, FactKind, Reading, RisingVideo, TopicChoice, TopicKind
from generation.writing.titles import channel_name, quotable

REGION_NAMES = {"US": "the United States", "GB": "Britain", "CA": "Canada", "AU": "Australia", "IN": "India"}
_MIN_MEDIAN_OF = 5
"""A "typical" video is only spoken of when at least so many are behind the median."""
_MIN_KNOWN_SHARE = 0.5
"""A part of all gains is only spoken of when so many of the gains are known."""
_MOST_OTHERS = 12
"""So many of the scope's other videos may be named."""


def sayable(title: str, limit: int = 60) -> str:
    """A title from outside in the form that may be quoted; empty when it cannot be read aloud or carries a listed term."""
    return "" if scan(title) else quotable(title, limit)


def day_text(day: date) -> str:
    """Write a day as in `June 7`."""
    return f"{day:%B} {day.day}"


def short_day(moment: datetime) -> str:
    """Write a day for an axis: `Jun 7`."""
    return f"{moment:%b} {moment.day}"


@dataclass(frozen=True)
class NamedVideo:
    """A video with the names that may be said and shown for it; either may be empty."""

    video: RisingVideo
    title: str
    channel: str

    @classmethod
    def of(cls, video: RisingVideo) -> NamedVideo:
        """Clean the names of a video."""
        return cls(video, sayable(video.title), "" if scan(video.channel_title) else channel_name(video.channel_title))

    @property
    def spoken(self) -> str:
        """As named in a sentence."""
        if self.title:
            return f"“{self.title}” by {self.channel}" if self.channel else f"“{self.title}”"
        return f"a video by {self.channel}" if self.channel else "a video with a title in another script"

    @property
    def label(self) -> str:
        """As written beside a bar."""
        return self.title or self.channel or "Title in another script"

    @property
    def gain(self) -> int | None:
        """Views gained in the last day; None where unknown, below 0 where YouTube took views back."""
        return self.video.views_gained_24h

    @property
    def rise(self) -> int | None:
        """The gain, where it is one: None where it is unknown, and where no views were added."""
        return self.gain if self.gain is not None and self.gain > 0 else None


def known_gain(video: RisingVideo) -> int | None:
    """A gain for an order and a sum of gains: None where unknown, 0 where YouTube took views back. Never said."""
    return None if video.views_gained_24h is None else max(video.views_gained_24h, 0)


class FactSheet:
    """The facts of a topic choice. Attributes are None where the data does not say."""

    def __init__(self, choice: TopicChoice) -> None:
        self.choice = choice
        self.channel = choice.channel
        self.niche = choice.scope
        self.snapshot = choice.snapshot
        self.day = day_text(choice.snapshot.on_date)
        self.videos = tuple(map(NamedVideo.of, choice.videos))
        known = {video.video_id for video in choice.videos}
        others = [video for video in choice.scope_videos if video.video_id not in known]
        self.others = tuple(map(NamedVideo.of, others[:_MOST_OTHERS]))

    @property
    def lead(self) -> NamedVideo:
        """The video of the topic with the largest known gain, or the most watched one where none is known."""
        return self.videos[0]

    @property
    def subject(self) -> str:
        """What the film is about, as it may be said."""
        return self.choice.headline

    @cached_property
    def gains(self) -> tuple[int, ...]:
        """Views that the videos of the topic gained in the last day, as far as they are known."""
        return tuple(video.gain for video in self.videos if video.gain is not None)

    @property
    def unknown_count(self) -> int:
        """Videos of the topic whose gain is unknown."""
        return len(self.videos) - len(self.gains)

    @property
    def total_gain(self) -> int | None:
        """The sum of `gains`; None where none is known, or nothing was gained in all."""
        return sum(self.gains) if self.gains and sum(self.gains) > 0 else None

    @property
    def videos_count(self) -> int:
        """Charting videos of the topic."""
        return len(self.videos)

    @cached_property
    def channels_count(self) -> int:
        """Channels behind the topic."""
        return len({video.video.channel_id for video in self.videos})

    @cached_property
    def scope_gains(self) -> tuple[int, ...]:
        """Views that the videos of the scope gained in the last day, as far as they are known."""
        return tuple(video.views_gained_24h for video in self.choice.scope_videos if video.views_gained_24h is not None)

    @property
    def is_scope_known(self) -> bool:
        """Whether the gain of every video of the scope is known."""
        return len(self.scope_gains) == len(self.choice.scope_videos)

    @cached_property
    def leads_topic(self) -> bool:
        """Whether the lead surely gained more than any other video of the topic whose gain is known."""
        return _is_ahead(self.lead.rise, [video.gain for video in self.videos[1:]])

    @cached_property
    def leads_scope(self) -> bool:
        """Whether the lead surely gained more than any other video of the scope whose gain is known."""
        lead = self.lead.video.video_id
        return _is_ahead(self.lead.rise, [video.views_gained_24h for video in self.choice.scope_videos if video.video_id != lead])

    @cached_property
    def is_most_watched(self) -> bool:
        """Whether the lead has more views than any other video of the topic."""
        return _is_ahead(self.lead.video.views, [video.video.views for video in self.videos[1:]])

    @cached_property
    def typical_gain(self) -> float | None:
        """Median gain of the videos of the scope that gain at all; None when too few are known."""
        gains = [gain for gain in self.scope_gains if gain > 0]
        return median(gains) if len(gains) >= _MIN_MEDIAN_OF else None

    @cached_property
    def lead_ratio(self) -> float | None:
        """How many times the typical gain the lead gained; None when unknown or not remarkable."""
        gain = self.lead.gain
        if self.typical_gain is None or gain is None or gain < 1.5 * self.typical_gain:
            return None
        return gain / self.typical_gain

    @cached_property
    def share_pct(self) -> float | None:
        """The topic's part of all views gained in the niche, in percent, over the videos whose gain is known; None when it
        cannot be told, as when less than half of the gains are known."""
        if len(self.scope_gains) < _MIN_KNOWN_SHARE * len(self.choice.scope_videos):
            return None
        whole, part = (sum(gain for gain in gains if gain > 0) for gains in (self.scope_gains, self.gains))
        return 100 * part / whole if whole and 0 < part < whole else None

    @cached_property
    def lead_breakout_pct(self) -> float | None:
        """The trend model's chance for the lead, in percent."""
        chance = self.choice.breakout.get(self.lead.video.video_id)
        return None if chance is None else 100 * chance

    @cached_property
    def mean_breakout_pct(self) -> float | None:
        """The mean chance of all videos scored for this choice, in percent; None when only a few were."""
        chances = list(self.choice.breakout.values())
        return 100 * fmean(chances) if len(chances) >= _MIN_MEDIAN_OF else None

    @cached_property
    def history(self) -> tuple[Reading, ...]:
        """The last reading of each day of the lead, oldest first."""
        return self._daily().get(self.lead.video.video_id, ())

    @cached_property
    def races(self) -> dict[str, dict[str, int]]:
        """Views by day label and video id, for the days on which at least three of the topic's videos were read."""
        return {f"{day:%b} {day.day}": views for day, views in self._by_day().items() if len(views) >= 3}

    @cached_property
    def topic_history(self) -> dict[date, int]:
        """Views of all videos of the topic together, for the days on which each of them was read, oldest first."""
        return {day: sum(views.values()) for day, views in self._by_day().items() if len(views) == len(self.videos)}

    @cached_property
    def earlier(self) -> Reading | None:
        """The lead's oldest reading of the last week, if it tells more than the gain of a day does."""
        newest, oldest = self.snapshot.read_at - timedelta(hours=44), self.snapshot.read_at - timedelta(days=7, hours=4)
        return next((reading for reading in self.history if oldest <= reading.read_at <= newest), None)

    @property
    def lead_hourly(self) -> float | None:
        """Views that the lead gained in an hour of the last day, on average; None where unknown."""
        return None if self.lead.gain is None else self.lead.gain / 24

    def facts(self) -> tuple[Fact, ...]:
        """Everything that may be said, as named facts."""
        day, read_at = self.snapshot.on_date, self.snapshot.read_at
        found = [
            Fact(name="day", text=f"{self.day}, {day.year}"),
            Fact(name="read_on", text=self.day),
            Fact(name="read_at", text=f"{read_at:%Y-%m-%d %H:%M} UTC"),
            Fact(name="scope", text=self.niche, of="scope"),
            Fact(name="channel", text=self.channel.title),
            Fact(name="subject", text=self.subject, of=self._subject_of),
            Fact(name="countries", text=listed(self.snapshot.regions)),
            Fact(name="regions", text=", ".join(self.snapshot.regions)),
            _number("countries_read", len(self.snapshot.regions), "countries"),
            _number("chart_places_read", self.snapshot.entries_count, "places"),
            _number("hours_between_readings", 24, "hours"),
            _number("breakout_window_days", 2, "days"),
            _number("breakout_share_pct", 10, "percent"),
            _number("videos_count", self.videos_count, "videos", "topic"),
            _number("known_gains_count", len(self.gains), "videos", "topic"),
            _number("unknown_gains_count", self.unknown_count, "videos", "topic"),
            _number("channels_count", self.channels_count, "channels", "topic"),
            _number("scope_videos_count", len(self.choice.scope_videos), "videos", "scope"),
            _number("scope_known_gains_count", len(self.scope_gains), "videos", "scope"),
            _number("total_views_gained", self.total_gain, "views", "topic", FactKind.GAIN),
            _number("typical_views_gained", self.typical_gain, "views", "scope", FactKind.TYPICAL),
            _number("lead_ratio", self.lead_ratio, "times", "video_1", FactKind.RATIO),
            _number("lead_views_gained_per_hour", self.lead_hourly, "views", "video_1", FactKind.HOURLY),
            _number(
                "share_pct", self.share_pct, "percent", "topic", FactKind.SHARE if self.is_scope_known else FactKind.KNOWN_SHARE
            ),
            _number("lead_breakout_pct", self.lead_breakout_pct, "percent", "video_1", FactKind.CHANCE),
            _number("mean_breakout_pct", self.mean_breakout_pct, "percent", "scope", FactKind.CHANCE),
            *self._superlatives(),
        ]
        if self.choice.trend_model_version:
            found.append(Fact(name="trend_model_version", text=f"version {self.choice.trend_model_version}"))
        for on, views in self.topic_history.items():
            name = f"topic_views_{(day - on).days}_days_before"
            found.append(_number(name, views, "views", "topic", FactKind.READING, day_text(on)))
        daily = self._daily()
        for at, named in enumerate((*self.videos, *self.others), start=1):
            found += _facts_of(f"video_{at}", named)
            for reading in daily.get(named.video.video_id, ()):
                on = reading.read_at.date()
                name = f"video_{at}_views_{(day - on).days}_days_before"
                found.append(_number(name, reading.views, "views", f"video_{at}", FactKind.READING, day_text(on)))
        return tuple(fact for fact in found if fact.number is not None or (fact.text and fact.kind is not FactKind.READING))

    @property
    def _subject_of(self) -> str:
        return {TopicKind.TOPIC: "topic", TopicKind.VIDEO: "video_1", TopicKind.OVERVIEW: "scope"}[self.choice.kind]

    def _superlatives(self) -> list[Fact]:
        """What may be called the largest, each with whom it is the largest of."""
        lead, found = self.lead.label, []
        if self.leads_topic:
            kind = FactKind.KNOWN_LARGEST if self.unknown_count else FactKind.LARGEST
            found.append(Fact(name="largest_gain_of_topic", text=lead, of="topic", kind=kind))
        if self.leads_scope:
            kind = FactKind.LARGEST if self.is_scope_known else FactKind.KNOWN_LARGEST
            found.append(Fact(name="largest_gain_of_scope", text=lead, of="scope", kind=kind))
        if self.is_most_watched:
            found.append(Fact(name="most_views_of_topic", text=lead, of="topic", kind=FactKind.MOST_VIEWS))
        return found

    def _by_day(self) -> dict[date, dict[str, int]]:
        """Views by day and video id, oldest first."""
        by_day: dict[date, dict[str, int]] = defaultdict(dict)
        for video_id, readings in self._daily().items():
            for reading in readings:
                by_day[reading.read_at.date()][video_id] = reading.views
        return dict(sorted(by_day.items()))

    def _daily(self) -> dict[str, tuple[Reading, ...]]:
        last: dict[str, dict[date, Reading]] = defaultdict(dict)
        for reading in self.choice.readings:
            last[reading.video_id][reading.read_at.date()] = reading
        return {video_id: tuple(days[day] for day in sorted(days)) for video_id, days in last.items()}


def listed(regions: tuple[str, ...]) -> str:
    """Name countries in a row: `Britain, India and the United States`."""
    names = [REGION_NAMES.get(region, region) for region in regions]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _facts_of(name: str, named: NamedVideo) -> list[Fact]:
    video = named.video
    return [
        Fact(name=f"{name}_title", text=named.title, of=name),
        Fact(name=f"{name}_channel", text=named.channel, of=name),
        _number(f"{name}_views", video.views, "views", name, FactKind.TOTAL),
        _number(f"{name}_views_gained_24h", named.gain, "views", name, FactKind.GAIN),
        _number(f"{name}_growth_pct", video.growth_pct, "percent", name, FactKind.GROWTH),
        _number(f"{name}_countries_count", video.countries_count, "countries", name),
        _number(f"{name}_best_rank", video.best_rank, "rank", name),
        _number(f"{name}_age_hours", video.age_hours, "hours", name),
        _number(f"{name}_age_days", video.age_hours / 24, "days", name),
    ]


def _is_ahead(value: int | None, others: list[int | None]) -> bool:
    """Whether a value is larger than every other one that is known, and there is one."""
    known = [other for other in others if other is not None]
    return value is not None and bool(known) and value > max(known)


def _number(name: str, number: float | None, unit: str, of: str = "", kind: FactKind = FactKind.PLAIN, text: str = "") -> Fact:
    return Fact(name=name, text=text, number=None if number is None else float(number), unit=unit, of=of, kind=kind)
