"""A seeded market without end: some 120 channels that publish daily, charts of five countries, a Hacker News front page.

Days are made when first asked for and kept. A chart ranks the videos of the last ten days by the views of the last 24 hours,
weighted by how well each country likes the video. Levels and spreads are assumptions that give charts like the real ones:
heavy-tailed views, about a quarter of the entries still there the next day.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from connectors.simulator import audience
from connectors.simulator.audience import Floats, ThumbnailTraits
from connectors.simulator.calendar import EPOCH_ORDINAL, WORLD_BEGIN, pacific_edges, pacific_ordinal, utc_ordinal
from connectors.simulator.identity import Origin, VideoIds, VideoKey, channel_id, stream
from connectors.simulator.own import HeatRow, Ints
from connectors.simulator.scenario import Niche, Scenario
from connectors.simulator.titles import compose, describe, tags
from connectors.simulator.topics import STORY_NICHE, Topics
from connectors.simulator.values import Channel, Story, Video

FIRST_DAY = date(2025, 10, 1)
CHART_SIZE = 50
CHART_DAYS = 10
PER_CHANNEL_DAY = 3
"""At most so many videos of a channel in a day."""
STORIES_PER_DAY = 30
STORY_BASE = 40_000_000
WAVE_CHANCE = 0.12
WAVE_SCALE = 5.0
WAVE_DAYS = 4.0
_KEPT_MOMENTS = 8


@dataclass(frozen=True)
class Batch:
    """Market videos as columns, one row per video; `noise` has one column per day of age, `appeal` one per country."""

    day: Ints
    channel: Ints
    number: Ints
    topic: Ints
    published: Floats
    seconds: Ints
    scale: Floats
    fast_hours: Floats
    like_rate: Floats
    comment_rate: Floats
    appeal: Floats
    noise: Floats

    def take(self, rows: Ints) -> Batch:
        """The rows asked for, in this order."""
        return Batch(**{name: getattr(self, name)[rows] for name in self.__dataclass_fields__})

    @staticmethod
    def join(batches: Sequence[Batch]) -> Batch:
        """All rows of several batches."""
        return Batch(**{name: np.concatenate([getattr(batch, name) for batch in batches]) for name in Batch.__dataclass_fields__})


@dataclass(frozen=True)
class _Maker:
    """A market channel."""

    channel_id: str
    handle: str
    title: str
    niche: Niche
    subscribers: int
    country: int
    per_day: float
    hour: float


class SyntheticMarket:
    """See the module. Implements `Market`."""

    first_day = FIRST_DAY
    last_day: date | None = None

    def __init__(self, scenario: Scenario, topics: Topics, seed: int) -> None:
        self._scenario = scenario
        self._topics = topics
        self._seed = seed
        self._ids = VideoIds(seed)
        self._makers = _makers(scenario, seed)
        self._by_id = {maker.channel_id: number for number, maker in enumerate(self._makers)}
        self._by_handle = {maker.handle: number for number, maker in enumerate(self._makers)}
        self._categories = np.array([maker.niche.category_id for maker in self._makers])
        self._days: dict[int, Batch] = {}
        self._rankings: OrderedDict[float, tuple[Batch, Floats]] = OrderedDict()

    def chart(self, region: str, category_id: int, now: float) -> list[Video] | None:
        if region not in self._scenario.countries:
            return None
        batch, velocity = self._velocity(now)
        score = velocity * batch.appeal[:, self._scenario.countries.index(region)]
        if category_id:
            score = np.where(self._categories[batch.channel] == category_id, score, 0)
        best = np.argsort(-score, kind="stable")[:CHART_SIZE]
        best = best[score[best] > 0]
        return self._shown(batch.take(best), now) if len(best) else None

    def videos(self, video_ids: Sequence[str], now: float) -> dict[str, Video]:
        rows: list[Batch] = []
        for video_id in video_ids:
            key = self._ids.decode(video_id)
            if key is None or key.origin is not Origin.MARKET or not WORLD_BEGIN.toordinal() <= key.day <= utc_ordinal(now):
                continue
            day = self._day(key.day)
            rows.append(
                day.take(np.flatnonzero((day.channel * PER_CHANNEL_DAY + day.number == key.number) & (day.published <= now)))
            )
        if not rows:
            return {}
        return {video.video_id: video for video in self._shown(Batch.join(rows), now)}

    def channel(self, channel_id: str, now: float) -> Channel | None:
        number = self._by_id.get(channel_id)
        return None if number is None else self._channel(number, now)

    def channel_by_handle(self, handle: str, now: float) -> Channel | None:
        number = self._by_handle.get(handle.lower())
        return None if number is None else self._channel(number, now)

    def uploads(self, channel_id: str, now: float, page: slice) -> tuple[int, list[Video]] | None:
        number = self._by_id.get(channel_id)
        if number is None:
            return None
        batch = self._of_channel(number, now)
        newest_first = np.argsort(-batch.published, kind="stable")
        return len(newest_first), self._shown(batch.take(newest_first[page]), now)

    def stories(self, now: float) -> list[Story]:
        today = utc_ordinal(now)
        found = [self._story(ordinal, number, now) for ordinal in (today - 1, today) for number in range(STORIES_PER_DAY)]
        live = [story for story in found if story is not None and now - story.posted < 30]
        ranked = sorted(live, key=lambda story: (-story.score / (now - story.posted + 2) ** 1.5, story.story_id))
        return ranked[:STORIES_PER_DAY]

    def story(self, story_id: int, now: float) -> Story | None:
        ordinal, number = divmod(story_id - STORY_BASE, STORIES_PER_DAY)
        return self._story(ordinal + WORLD_BEGIN.toordinal(), number, now) if ordinal >= 0 else None

    def title_heat(self, title: str) -> HeatRow | None:
        return None

    def thumbnail(self, video_id: str) -> ThumbnailTraits | None:
        key = self._ids.decode(video_id)
        if key is None or key.origin is not Origin.MARKET:
            return None
        brightness, contrast, colourfulness = stream(self._seed, "market thumbnail", video_id).normal(
            (0.52, 0.22, 0.45), (0.14, 0.05, 0.16)
        )
        return ThumbnailTraits(*(float(np.clip(value, 0.05, 0.85)) for value in (brightness, contrast, colourfulness)))

    def _velocity(self, now: float) -> tuple[Batch, Floats]:
        if now not in self._rankings:
            today = utc_ordinal(now)
            recent = Batch.join([self._day(ordinal) for ordinal in range(today - CHART_DAYS, today + 1)])
            recent = recent.take(np.flatnonzero(recent.published <= now))
            self._rankings[now] = recent, self._views(recent, now) - self._views(recent, now - 24)
            if len(self._rankings) > _KEPT_MOMENTS:
                self._rankings.popitem(last=False)
        return self._rankings[now]

    def _views(self, batch: Batch, now: float) -> Floats:
        """Views by `now`, not yet floored: shape (videos,)."""
        if not len(batch.published):
            return np.zeros(0)
        first = pacific_ordinal(float(batch.published.min()))
        last = max(first, pacific_ordinal(now))
        pace = audience.heat_pace(self._topics.heats(first, last)[:, batch.topic].T)
        begin = np.array([pacific_ordinal(at) for at in batch.published]) - first
        age = np.arange(last - first + 1)[None, :] - begin[:, None]
        known = (age >= 0) & (age < audience.NOISY_DAYS)
        pace = pace * np.where(known, np.take_along_axis(batch.noise, np.clip(age, 0, audience.NOISY_DAYS - 1), axis=1), 1.0)
        edges = pacific_edges(first, last)
        seen = audience.accumulate(batch.published, batch.fast_hours, audience.BROWSE_TAIL, edges, pace, now)
        return np.asarray(seen[:, -1] * batch.scale)

    def _shown(self, batch: Batch, now: float) -> list[Video]:
        views = np.floor(self._views(batch, now)).astype(int)
        likes = np.floor(views * batch.like_rate).astype(int)
        comments = np.floor(views * batch.comment_rate).astype(int)
        return [self._video(batch, row, int(views[row]), int(likes[row]), int(comments[row])) for row in range(len(views))]

    def _video(self, batch: Batch, row: int, views: int, likes: int, comments: int) -> Video:
        maker = self._makers[int(batch.channel[row])]
        ordinal = int(batch.day[row])
        number = int(batch.channel[row]) * PER_CHANNEL_DAY + int(batch.number[row])
        topic = self._topics.all[int(batch.topic[row])]
        random = stream(self._seed, "market title", ordinal, number)
        rival = self._topics.all[int(random.choice(self._topics.by_niche[maker.niche.name]))]
        title = compose(random, maker.niche.market_patterns, topic.name, rival.name, date.fromordinal(ordinal).year, maker.niche)
        return Video(
            video_id=self._ids.encode(VideoKey(Origin.MARKET, ordinal, number)),
            channel_id=maker.channel_id,
            channel_title=maker.title,
            title=title,
            description=describe(title, topic.name, maker.niche),
            tags=tuple(tags(topic.name, maker.niche)),
            category_id=maker.niche.category_id,
            published=float(batch.published[row]),
            seconds=int(batch.seconds[row]),
            views=views,
            likes=likes,
            comments=comments,
        )

    def _channel(self, number: int, now: float) -> Channel:
        maker = self._makers[number]
        batch = self._of_channel(number, now)
        return Channel(
            channel_id=maker.channel_id,
            handle=maker.handle,
            title=maker.title,
            description=f"{maker.title}: {maker.niche.name}.",
            country=self._scenario.countries[maker.country],
            created=(WORLD_BEGIN.toordinal() - EPOCH_ORDINAL) * 24.0,
            subscribers=maker.subscribers,
            views=int(np.floor(self._views(batch, now)).sum()),
            videos=len(batch.published),
            category_id=maker.niche.category_id,
        )

    def _of_channel(self, number: int, now: float) -> Batch:
        days = [self._day(ordinal) for ordinal in range(WORLD_BEGIN.toordinal(), utc_ordinal(now) + 1)]
        return Batch.join([day.take(np.flatnonzero((day.channel == number) & (day.published <= now))) for day in days])

    def _day(self, ordinal: int) -> Batch:
        """Videos published on a UTC day."""
        if ordinal not in self._days:
            self._days[ordinal] = self._made(ordinal)
        return self._days[ordinal]

    def _made(self, ordinal: int) -> Batch:
        random = stream(self._seed, "market", ordinal)
        makers = self._makers
        counts = np.minimum(random.poisson([maker.per_day for maker in makers]), PER_CHANNEL_DAY)
        channel = np.repeat(np.arange(len(makers)), counts)
        total = len(channel)
        number = np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts)
        heat = self._topics.heat(ordinal)
        topic = np.zeros(total, dtype=int)
        for name, members in self._topics.by_niche.items():
            rows = np.flatnonzero([makers[i].niche.name == name for i in channel])
            weights = np.exp(0.8 * heat[members])
            topic[rows] = random.choice(members, len(rows), p=weights / weights.sum())
        subscribers = np.array([makers[i].subscribers for i in channel], dtype=float)
        niches = [makers[i].niche for i in channel]
        taste = np.array([[niche.taste[country] for country in self._scenario.countries] for niche in niches]).reshape(total, -1)
        home = np.array([makers[i].country for i in channel])[:, None] == np.arange(len(self._scenario.countries))
        return Batch(
            day=np.full(total, ordinal),
            channel=channel,
            number=number,
            topic=topic,
            published=(ordinal - EPOCH_ORDINAL) * 24
            + (np.array([makers[i].hour for i in channel]) + random.normal(0, 1.5, total)) % 24,
            seconds=np.clip(
                np.array([niche.typical_seconds for niche in niches]) * np.exp(random.normal(0, 0.6, total)), 15, 14_400
            ).astype(int),
            scale=9.0 * subscribers**0.82 * np.exp(0.5 * heat[topic] + random.normal(0, 0.95, total)),
            fast_hours=np.array([niche.fast_hours for niche in niches]) * np.exp(random.normal(0, 0.8, total)),
            like_rate=np.clip(0.042 * np.exp(random.normal(0, 0.5, total)), 0.001, 0.2),
            comment_rate=np.clip(0.004 * np.exp(random.normal(0, 0.7, total)), 0.0, 0.05),
            appeal=taste * np.exp(random.normal(0, 0.45, taste.shape)) * np.where(home, 1.5, 1.0),
            noise=audience.day_noise(random, (total, audience.NOISY_DAYS)) * _waves(random, total),
        )

    def _story(self, ordinal: int, number: int, now: float) -> Story | None:
        random = stream(self._seed, "story", ordinal, number)
        posted = (ordinal - EPOCH_ORDINAL) * 24 + 24 * float(random.random())
        if posted > now:
            return None
        topic = self._topics.all[int(random.choice(self._topics.by_niche[STORY_NICHE]))]
        patterns = self._scenario.story_patterns
        title = patterns[int(random.integers(len(patterns)))].format(topic=topic.name)
        heat = self._topics.heat(ordinal)[topic.number]
        final = 8 + 60 * np.exp(0.6 * heat + random.normal(0, 1.1))
        score = 1 + int(final * (1 - np.exp(-(now - posted) / 7)))
        slug = title.lower().replace(" ", "-").replace("?", "").replace(",", "").replace(":", "")
        return Story(
            story_id=STORY_BASE + (ordinal - WORLD_BEGIN.toordinal()) * STORIES_PER_DAY + number,
            title=title,
            url=f"https://example.com/{date.fromordinal(ordinal).isoformat()}/{slug}",
            author=f"user{int(random.integers(1000)):03d}",
            score=score,
            comments=int(score * float(random.uniform(0.2, 1.1))),
            posted=posted,
        )


def _waves(random: np.random.Generator, total: int) -> Floats:
    """Second waves: now and then the recommender takes a video up again, and its days count several times for a while."""
    begin = random.integers(1, 12, total)[:, None]
    strength = (random.random(total) < WAVE_CHANCE) * random.exponential(WAVE_SCALE, total)
    age = np.arange(audience.NOISY_DAYS)[None, :]
    return np.asarray(1 + strength[:, None] * (age >= begin) * np.exp(-(age - begin) / WAVE_DAYS))


def _makers(scenario: Scenario, seed: int) -> list[_Maker]:
    makers = []
    first = ("Bright", "Late", "Grand", "Pocket", "Metro", "Lucky", "Prime", "Rustic", "Astro", "Daily", "Studio", "Mister")
    second = {
        "gaming": ("Pixels", "Respawn", "Quests", "Arcade", "Loadout", "Co-op"),
        "music": ("Records", "Sessions", "Music", "Tapes", "Sound", "Beats"),
        "entertainment": ("Show", "Stories", "Tonight", "Laughs", "Dares", "Live"),
        "film": ("Pictures", "Trailers", "Reels", "Cinema", "Animation", "Shorts"),
    }
    for niche in scenario.niches.values():
        names = [f"{a} {b}" for a in first for b in second[niche.name]]
        random = stream(seed, "makers", niche.name)
        for place in random.permutation(len(names))[: niche.market_channels]:
            handle = names[place].lower().replace(" ", "")
            makers.append(
                _Maker(
                    channel_id=channel_id(handle),
                    handle=handle,
                    title=names[place],
                    niche=niche,
                    subscribers=int(np.exp(random.normal(13.0, 1.2))),
                    country=int(random.choice(5, p=(0.4, 0.2, 0.1, 0.1, 0.2))),
                    per_day=float(random.uniform(0.4, 1.8)),
                    hour=float(random.normal(16, 4) % 24),
                )
            )
    return makers
