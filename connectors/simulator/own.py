"""The operator's own channels: the videos they publish by themselves, and the daily counts of all their videos.

Every channel has published about one video a day since the world began, whatever the platform uploads besides. Counts follow
the audience model; what the platform uploads becomes an `OwnVideo` through `OwnChannels.adopt`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from connectors.simulator import audience
from connectors.simulator.audience import Floats, Reach, ThumbnailTraits
from connectors.simulator.calendar import (
    WORLD_BEGIN,
    hours,
    moment,
    pacific_edges,
    pacific_midnight,
    pacific_ordinal,
    utc_ordinal,
)
from connectors.simulator.identity import Origin, VideoIds, VideoKey, stream
from connectors.simulator.scenario import OwnChannel, Scenario
from connectors.simulator.titles import compose, describe, tags
from connectors.simulator.topics import Topic, Topics

UPLOAD_CHANCE = 0.94
DEPTH_SIGMA = 0.14
ENGAGED_SHARE = 0.94
PAGE_SHARE = 0.15
"""Subscribers won on the channel's page for each one that a video wins."""
FOREIGN_FIT = 0.45
UNKNOWN_FIT = 0.75
NEVER = math.inf
Ints = NDArray[np.int64]
HeatRow = Callable[[int, int], Floats]
"""(first, last) day ordinals to log heat, shape (days,)."""


@dataclass(frozen=True, slots=True)
class Face:
    """A thumbnail and from when (hours) the video shows it."""

    since: float
    traits: ThumbnailTraits


@dataclass(frozen=True, slots=True)
class Upload:
    """What the platform uploaded, as the state keeps it. Times are hours since 1970."""

    video_id: str
    channel_id: str
    title: str
    description: str
    tags: tuple[str, ...]
    category_id: int
    language: str
    seconds: int
    uploaded: float
    published: float
    """When it becomes public; NEVER while private without a date."""
    privacy: str
    failure_reason: str | None
    contains_synthetic_media: bool | None
    made_for_kids: bool | None


@dataclass(frozen=True, slots=True)
class Talk:
    """What a video speaks about: the topic's name, its fit to the channel (0..1) and its heat over the days."""

    topic: str
    fit: float
    heat: HeatRow


@dataclass(frozen=True, slots=True)
class OwnVideo:
    """A video of an own channel, as far as it doesn't change with the clock."""

    video_id: str
    channel: OwnChannel
    title: str
    description: str
    tags: tuple[str, ...]
    category_id: int
    language: str
    seconds: int
    published: float
    heat: HeatRow
    reach: Reach
    faces: tuple[Face, ...]
    noise: Floats
    upload: Upload | None = None
    """None for a video that the channel published by itself."""


@dataclass(frozen=True, slots=True)
class Curves:
    """Cumulative counts of videos at the end of each Pacific day (or at the moment asked for), each of shape (videos, days)."""

    first: int
    """Ordinal of the first Pacific day."""
    impressions: Ints
    clicks: Ints
    views: Ints
    engaged_views: Ints
    minutes: Ints
    likes: Ints
    comments: Ints
    shares: Ints
    subscribers_gained: Ints
    subscribers_lost: Ints


@dataclass(frozen=True, slots=True)
class Attention:
    """What all counts of videos follow from: impressions, clicks and views, as in `Curves` but compact."""

    videos: list[OwnVideo]
    first: int
    impressions: NDArray[np.int32]
    clicks: NDArray[np.int32]
    views: NDArray[np.int32]

    def until(self, rows: Sequence[int], last: int) -> tuple[list[OwnVideo], Curves]:
        """Some of the videos, and their counts up to the end of the Pacific day `last` (ordinal), from their first day on."""
        videos = [self.videos[row] for row in rows]
        begin = pacific_ordinal(min((video.published for video in videos), default=pacific_midnight(last)))
        days = slice(begin - self.first, last - self.first + 1)
        impressions, clicks, views = (
            part[rows][:, days].astype(np.int64) for part in (self.impressions, self.clicks, self.views)
        )
        return videos, _answered(videos, begin, impressions, clicks, views)


def curves(videos: Sequence[OwnVideo], until: float) -> Curves:
    """Count what the audience has done by `until` (hours). Equal arguments give equal counts; later moments never less.

    Rates apply to the whole counts below them, so that on every single day clicks <= views, likes <= views and so on.
    """
    first, impressions, clicks, views = _attention(videos, until)
    return _answered(videos, first, *(part.astype(np.int64) for part in (impressions, clicks, views)))


def attention(videos: Sequence[OwnVideo], until: float) -> Attention:
    """As `curves`, to be kept and cut to days: equal days hold equal counts, however far it goes."""
    first, *parts = _attention(videos, until)
    return Attention(list(videos), first, *(part.astype(np.int32) for part in parts))


def _attention(videos: Sequence[OwnVideo], until: float) -> tuple[int, Floats, Floats, Floats]:
    """First Pacific day, impressions, clicks and views: whole numbers of shape (videos, days)."""
    first = pacific_ordinal(min((video.published for video in videos if video.published < until), default=until))
    last = pacific_ordinal(until)
    edges = pacific_edges(first, last)
    published = np.array([video.published for video in videos])
    fast = np.array([video.reach.fast_hours for video in videos])
    pace = np.array([_pace(video, first, last) for video in videos]).reshape(len(videos), last - first + 1)

    def column(values: Sequence[float]) -> Floats:
        return np.array(values, dtype=float)[:, None]

    shown = np.zeros(pace.shape)
    clicked = np.zeros(pace.shape)
    for position in range(max((len(video.faces) for video in videos), default=0)):
        since, end, rate = (np.array(values) for values in zip(*(_span(video, position) for video in videos), strict=True))
        attention = audience.accumulate(published, fast, audience.BROWSE_TAIL, edges, pace, np.minimum(end, until), since)
        part = np.floor(attention * column([video.reach.impressions for video in videos]))
        shown += part
        clicked += part * rate[:, None]
    searched = audience.accumulate(published, audience.SEARCH_HOURS, audience.SEARCH_TAIL, edges, pace, until)
    clicks = np.floor(clicked)
    views = clicks + np.floor(searched * column([video.reach.other_views for video in videos]))
    return first, shown, clicks, views


def _answered(videos: Sequence[OwnVideo], first: int, impressions: Ints, clicks: Ints, views: Ints) -> Curves:
    """Counts that are a share of the views."""

    def share(rates: Sequence[float]) -> Ints:
        return np.asarray(np.floor(views * np.array(rates, dtype=float)[:, None]), dtype=np.int64)

    gained = share([video.reach.subscribe_rate for video in videos])
    return Curves(
        first=first,
        impressions=impressions,
        clicks=clicks,
        views=views,
        engaged_views=share([ENGAGED_SHARE] * len(videos)),
        minutes=share([video.reach.watch_share * video.seconds / 60 for video in videos]),
        likes=share([video.reach.like_rate for video in videos]),
        comments=share([video.reach.comment_rate for video in videos]),
        shares=share([video.reach.share_rate for video in videos]),
        subscribers_gained=gained,
        subscribers_lost=np.asarray(gained // 4, dtype=np.int64),
    )


def _pace(video: OwnVideo, first: int, last: int) -> Floats:
    pace = audience.heat_pace(video.heat(first, last))
    if video.published < NEVER:
        begin = max(pacific_ordinal(video.published) - first, 0)
        end = min(begin + len(video.noise), len(pace))
        pace[begin:end] *= video.noise[: max(end - begin, 0)]
    return pace


def _span(video: OwnVideo, position: int) -> tuple[float, float, float]:
    """From when to when the video shows its face at this position, and its click-through rate then."""
    if position >= len(video.faces):
        return NEVER, NEVER, 0.0
    face = video.faces[position]
    end = video.faces[position + 1].since if position + 1 < len(video.faces) else NEVER
    return face.since, end, audience.click_rate(video.reach, face.traits)


def page_subscribers(counted: Curves) -> tuple[Ints, Ints]:
    """Subscribers won and lost on the channel's page, which no video counts: cumulative, of shape (days,).

    They come in proportion to those that all of the channel's videos win and lose."""
    return tuple(
        (part.sum(axis=0) * PAGE_SHARE).astype(np.int64) for part in (counted.subscribers_gained, counted.subscribers_lost)
    )


class OwnChannels:
    """The videos that own channels publish by themselves, made when first asked for and kept."""

    def __init__(self, scenario: Scenario, topics: Topics, seed: int) -> None:
        self._scenario = scenario
        self._topics = topics
        self._seed = seed
        self._ids = VideoIds(seed)
        self._numbers = {channel.channel_id: number for number, channel in enumerate(scenario.channels)}
        self._known: dict[str, dict[str, OwnVideo]] = {channel.channel_id: {} for channel in scenario.channels}
        self._grown_to = {channel.channel_id: WORLD_BEGIN.toordinal() - 1 for channel in scenario.channels}

    def published(self, channel: OwnChannel, until: float) -> list[OwnVideo]:
        """Videos published by `until` (hours), oldest first."""
        self._grow(channel, utc_ordinal(until) + 1)
        return [video for video in self._known[channel.channel_id].values() if video.published <= until]

    def find(self, video_id: str) -> OwnVideo | None:
        """The video with this id, published or not."""
        key = self._ids.decode(video_id)
        if key is None or key.origin is not Origin.OWN or key.number >= len(self._scenario.channels):
            return None
        channel = self._scenario.channels[key.number]
        self._grow(channel, key.day)
        return self._known[channel.channel_id].get(video_id)

    def adopt(self, upload: Upload, faces: tuple[Face, ...], charted: HeatRow | None) -> OwnVideo:
        """Make a video of the world from what the platform uploaded.

        `charted` is the heat of its title in a replayed market; without it, the topic found in the title decides.
        """
        channel = self._scenario.own(upload.channel_id)
        assert channel is not None
        random = stream(self._seed, "upload", upload.video_id)
        talk = self._talk(channel, upload.title, charted)
        begin = upload.published if upload.published < NEVER else upload.uploaded
        return OwnVideo(
            video_id=upload.video_id,
            channel=channel,
            title=upload.title,
            description=upload.description,
            tags=upload.tags,
            category_id=upload.category_id,
            language=upload.language,
            seconds=upload.seconds,
            published=upload.published,
            heat=talk.heat,
            reach=self._answer(random, channel, upload.title, begin, upload.seconds, talk),
            faces=faces,
            noise=audience.day_noise(random, (audience.NOISY_DAYS,)),
            upload=upload,
        )

    def _grow(self, channel: OwnChannel, to: int) -> None:
        for ordinal in range(self._grown_to[channel.channel_id] + 1, to + 1):
            video = self._made(channel, ordinal)
            if video is not None:
                self._known[channel.channel_id][video.video_id] = video
            self._grown_to[channel.channel_id] = ordinal

    def _made(self, channel: OwnChannel, ordinal: int) -> OwnVideo | None:
        """The video that a channel publishes by itself on a local day."""
        random = stream(self._seed, "own", channel.handle, ordinal)
        if random.random() > UPLOAD_CHANCE:
            return None
        niche = self._scenario.niches[channel.niche]
        numbers = self._topics.by_niche[channel.niche]
        weights = np.exp(0.7 * self._topics.heat(ordinal)[numbers])
        topic, rival = (self._topics.all[int(i)] for i in random.choice(numbers, 2, replace=False, p=weights / weights.sum()))
        day = date.fromordinal(ordinal)
        title = compose(random, niche.own_patterns, topic.name, rival.name, day.year, niche)
        seconds = int(np.clip(channel.typical_seconds * np.exp(random.normal(0, 0.45)), 40, 3600))
        local_midnight = datetime(day.year, day.month, day.day, tzinfo=channel.zone)
        published = round(hours(local_midnight + timedelta(hours=float(np.clip(random.normal(15.5, 2.2), 6, 23)))) * 3600) / 3600
        traits = ThumbnailTraits(
            brightness=float(np.clip(random.normal(0.54, 0.15), 0.15, 0.88)),
            contrast=float(np.clip(random.normal(0.20, 0.06), 0.05, 0.34)),
            colourfulness=float(np.clip(random.normal(0.38, 0.17), 0.03, 0.85)),
        )
        talk = Talk(topic.name, 1.0, self._heat_row(topic))
        return OwnVideo(
            video_id=self._ids.encode(VideoKey(Origin.OWN, ordinal, self._numbers[channel.channel_id])),
            channel=channel,
            title=title,
            description=describe(title, topic.name, niche),
            tags=tuple(tags(topic.name, niche)),
            category_id=channel.category_id,
            language="en",
            seconds=seconds,
            published=published,
            heat=talk.heat,
            reach=self._answer(random, channel, title, published, seconds, talk),
            faces=(Face(-NEVER, traits),),
            noise=audience.day_noise(random, (audience.NOISY_DAYS,)),
        )

    def _talk(self, channel: OwnChannel, title: str, charted: HeatRow | None) -> Talk:
        topic = self._topics.find(title)
        if charted is not None:
            return Talk("" if topic is None else topic.name, 1.0, charted)
        if topic is None:
            return Talk("", UNKNOWN_FIT, lambda first, last: np.zeros(last - first + 1))
        return Talk(topic.name, 1.0 if topic.niche == channel.niche else FOREIGN_FIT, self._heat_row(topic))

    def _heat_row(self, topic: Topic) -> HeatRow:
        return lambda first, last: np.array(self._topics.heats(first, last)[:, topic.number])

    def _answer(
        self, random: np.random.Generator, channel: OwnChannel, title: str, published: float, seconds: int, talk: Talk
    ) -> Reach:
        local = moment(published).astimezone(channel.zone)
        day = utc_ordinal(published)
        return audience.answer(
            random,
            subscribers=channel.subscribers,
            base_ctr=channel.base_ctr,
            base_watch=channel.base_watch,
            typical_seconds=channel.typical_seconds,
            fast_hours=self._scenario.niches[channel.niche].fast_hours,
            title=title,
            topic=talk.topic,
            niche=channel.niche,
            heat=float(talk.heat(day, day)[0]),
            fit=talk.fit,
            depth=float(stream(self._seed, "depth", talk.topic).normal(0, DEPTH_SIGMA)),
            seconds=seconds,
            slot=audience.slot_factor(local.hour + local.minute / 60, local.weekday(), channel.niche),
        )
