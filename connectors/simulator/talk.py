"""What people search for, post and write about: the world's topics as they sound outside YouTube, each source later than the one
before, in its own spelling, and among things that no niche cares for.

    hours after a topic is hot    reddit 0 · searches of hours 3 · searches of a day 12 · magazines 30
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

import numpy as np

from connectors.simulator.calendar import EPOCH_ORDINAL, utc_ordinal
from connectors.simulator.identity import stream, token
from connectors.simulator.scenario import Scenario
from connectors.simulator.titles import compose
from connectors.simulator.topics import STORY_NICHE, Topic, Topics

SEARCH_DELAY_HOURS = {24: 12.0, 4: 3.0}
"""Hours that a list of searches looks back, to how late a topic gets there."""
SEARCHES_SHOWN = 20
POSTS_PER_DAY = 24
POST_LIFE_HOURS = 30.0
ARTICLES_PER_DAY = 14
ARTICLE_DELAY_HOURS = 30.0
ARTICLE_LIFE_HOURS = 48.0
SUBREDDITS = {
    "gaming": "gaming",
    "music": "music",
    "entertainment": "entertainment",
    "movies": "film",
    "technology": STORY_NICHE,
}
"""Lower-case name to the niche that its posts are about."""
SUFFIXES = {"gaming": "game", "music": "tour", "entertainment": "cast", "film": "trailer", STORY_NICHE: "release"}
SUFFIX_CHANCE = 0.25
HASHTAG_CHANCE = 0.2
NOISE = (
    "lottery numbers", "storm petra", "marlow county election", "heat warning", "train strike", "mortgage rates", "harvest moon",
    "river bridge closure", "school holidays", "daylight saving time", "bank holiday opening hours", "grid outage", "flu season",
    "airport delays", "fuel price today", "water main break", "tax deadline", "jury verdict", "council budget", "wildfire map",
)  # fmt: skip
"""Searches that belong to no niche of the scenario."""
MAGAZINE_PATTERNS = (
    "{topic} is everywhere this week, and here is why", "What {topic} tells us about the season", "Inside the rise of {topic}",
    "{topic}: five things to know", "Everybody talks about {topic}", "The long road of {topic}",
)  # fmt: skip

_SIGNS = re.compile(r"\W+")


@dataclass(frozen=True, slots=True)
class Search:
    """A search that is rising in a country. Times are hours since 1970."""

    title: str
    traffic: int
    began: float
    news: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Post:
    """A post in a subreddit as it stands at the moment asked for."""

    post_id: str
    title: str
    author: str
    score: int
    comments: int
    posted: float


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """An article of a magazine."""

    entry_id: str
    title: str
    summary: str
    author: str
    published: float


def hashtag(name: str) -> str:
    """`Hollow Harbor` as people tag it: `#HollowHarbor`. A tag ends at the first sign, so there are none in it."""
    words = (_SIGNS.sub("", word) for word in name.split())
    return "#" + "".join(word[:1].upper() + word[1:] for word in words)


class Talk:
    """See the module."""

    def __init__(self, scenario: Scenario, topics: Topics, seed: int) -> None:
        self._scenario = scenario
        self._topics = topics
        self._seed = seed

    def searches(self, geo: str, hours: int, now: float) -> list[Search]:
        """The searches that rose in a country within the last hours, most searched first."""
        at = now - SEARCH_DELAY_HOURS[hours]
        day = utc_ordinal(at)
        random = stream(self._seed, "searches", geo, hours, day)
        count = len(self._topics.all)
        taste = np.array([self._taste(topic, geo) for topic in self._topics.all])
        heat = self._topics.heat(day) + np.log(taste) + random.normal(0, 0.25, count)
        noise = random.normal(0.9, 0.7, len(NOISE))
        every = np.concatenate([heat, noise])
        best = np.argsort(-every, kind="stable")[: SEARCHES_SHOWN if hours == 24 else SEARCHES_SHOWN // 2]
        return [self._search(int(place), float(every[place]), day, at) for place in best]

    def posts(self, subreddit: str, now: float) -> list[Post] | None:
        """A subreddit's posts, hottest first; None when there is none of this name."""
        niche = SUBREDDITS.get(subreddit.lower())
        if niche is None:
            return None
        today = utc_ordinal(now)
        found = [self._post(niche, day, number, now) for day in (today - 1, today) for number in range(POSTS_PER_DAY)]
        live = [post for post in found if 0 <= now - post.posted < POST_LIFE_HOURS]
        return sorted(live, key=lambda post: (-(np.log10(max(post.score, 1)) + post.posted / 12.5), post.post_id))

    def entries(self, feed: str, now: float) -> list[FeedEntry]:
        """A magazine's articles of the last days, newest first."""
        today = utc_ordinal(now)
        days = range(today - int(ARTICLE_LIFE_HOURS // 24), today + 1)
        found = [self._entry(feed, day, number) for day in days for number in range(ARTICLES_PER_DAY)]
        live = [entry for entry in found if 0 <= now - entry.published < ARTICLE_LIFE_HOURS]
        return sorted(live, key=lambda entry: (-entry.published, entry.entry_id))

    def _taste(self, topic: Topic, geo: str) -> float:
        niche = self._scenario.niches.get(topic.niche)
        return 1.0 if niche is None else niche.taste.get(geo, 1.0)

    def _search(self, place: int, heat: float, day: int, at: float) -> Search:
        traffic = int(200 * 10 ** np.clip(heat, 0, 3))
        rounded = int(str(traffic)[0]) * 10 ** (len(str(traffic)) - 1)
        if place >= len(self._topics.all):
            title = NOISE[place - len(self._topics.all)]
            return Search(title, rounded, self._began(title, day, at), (f"What to know about the {title}",))
        topic = self._topics.all[place]
        random = stream(self._seed, "spelling", topic.number, day)
        suffix = f" {SUFFIXES[topic.niche]}" if random.random() < SUFFIX_CHANCE else ""
        news = tuple(pattern.format(topic=topic.name) for pattern in random.permutation(MAGAZINE_PATTERNS)[:2])
        return Search(topic.name.lower() + suffix, rounded, self._began(topic.name, day, at), news)

    def _began(self, title: str, day: int, at: float) -> float:
        return min(at, (day - EPOCH_ORDINAL + float(stream(self._seed, "began", title, day).random())) * 24)

    def _hot_topic(self, random: np.random.Generator, numbers: np.ndarray, day: int) -> Topic:
        weights = np.exp(1.5 * self._topics.heat(day)[numbers])
        return self._topics.all[int(random.choice(numbers, p=weights / weights.sum()))]

    def _post(self, niche: str, day: int, number: int, now: float) -> Post:
        random = stream(self._seed, "post", niche, day, number)
        posted = (day - EPOCH_ORDINAL + float(random.random())) * 24
        topic = self._hot_topic(random, self._topics.by_niche[niche], day)
        name = hashtag(topic.name) if random.random() < HASHTAG_CHANCE else topic.name
        score = int(np.exp(random.normal(4.5, 1.3) + 0.5 * self._topics.heat(day)[topic.number]))
        score = int(score * (1 - np.exp(-max(now - posted, 0) / 5)))
        return Post(
            post_id=token("post", self._seed, niche, day, number, length=7).lower().replace("-", "0").replace("_", "1"),
            title=self._title(random, niche, name, day),
            author=f"someone_{int(random.integers(10_000))}",
            score=score,
            comments=int(score * float(random.uniform(0.05, 0.4))),
            posted=posted,
        )

    def _title(self, random: np.random.Generator, niche: str, name: str, day: int) -> str:
        if niche == STORY_NICHE:
            patterns = self._scenario.story_patterns
            title = patterns[int(random.integers(len(patterns)))].format(topic=name)
            return title.removeprefix("Show HN: ").removeprefix("Ask HN: ")
        known = self._scenario.niches[niche]
        rival = self._topics.all[int(random.choice(self._topics.by_niche[niche]))].name
        return compose(random, known.market_patterns, name, rival, date.fromordinal(day).year, known)

    def _entry(self, feed: str, day: int, number: int) -> FeedEntry:
        random = stream(self._seed, "entry", feed, day, number)
        published = (day - EPOCH_ORDINAL + float(random.random())) * 24
        everything = np.arange(len(self._topics.all))
        topic = self._hot_topic(random, everything, utc_ordinal(published - ARTICLE_DELAY_HOURS))
        title = MAGAZINE_PATTERNS[int(random.integers(len(MAGAZINE_PATTERNS)))].format(topic=topic.name)
        return FeedEntry(
            entry_id=f"tag:example.com,{feed}:{day}-{number}",
            title=title,
            summary=f"<p>Our desk for {topic.niche} on <b>{topic.name}</b> and what comes next.</p>",
            author=f"Writer {int(random.integers(40))}",
            published=published,
        )
