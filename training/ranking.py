"""Trends of a niche, in the order in which they are worth a video: what `topic48` says of those that chart, joined to what is
kept of all of them (`features.trends`), which is velocity, expiry and evidence.

A trend is found on the charts by its own words: a trend of one word by that word, one of more by the rarest pair of them. The
chance of rising orders those that are found; the others have none and follow by velocity. Without a champion that has learnt,
velocity orders all, and the answer says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from core.errors import NotReady
from features.topic_series import DAYS, MEMORY_DAYS, REQUEST, topic_requests, topics_in
from features.topics import stop_words
from features.trends import NicheTopic, of_niche
from training.packs import load_champion
from training.sources import Source
from training.tasks import task
from training.tasks.rule import RuleProgram
from training.tasks.task import Program

if TYPE_CHECKING:
    from sqlalchemy import Engine

TASK = "topic48"
LEARNT, VELOCITY = "topic48", "velocity"
"""What a ranking may be by."""
FRESH = timedelta(days=2)
"""Charts older than this tell nothing of the next two days."""


@dataclass(frozen=True)
class RankedTopic:
    """A trend in its place.

    Attributes:
        topic: for people.
        score: chance that it rises within 48 hours, 0 to 1; None where no chart tells.
        channels_48h: channels that are expected to chart with it then; None likewise.
        velocity: change of the trend's score per day.
        expires_at: when its last observation has lost its worth.
        evidence: `source: title` of what tells of it.
    """

    topic: str
    niche: str
    score: float | None
    channels_48h: float | None
    velocity: float
    expires_at: datetime
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class Ranking:
    """The trends of a niche, best first.

    Attributes:
        by: LEARNT or VELOCITY.
        said: how they were ranked, in one sentence.
    """

    niche: str
    by: str
    said: str
    topics: tuple[RankedTopic, ...]


def predict_trends(niche: str, engine: Engine, charts: Source, home: Path, now: datetime, limit: int = 20) -> Ranking:
    """Rank the trends of a niche that have not expired.

    Args:
        engine: of the database that keeps the trends.
        charts: readings and videos of the charts.
        home: under which the champions lie.
        now: the moment of asking.

    Raises UnknownName for a niche that is none; Damaged for a champion whose files have changed."""
    trends = of_niche(engine, niche, now)
    try:
        pack, program = load_champion(home, task(TASK))
    except NotReady:
        return rank(niche, trends, {}, VELOCITY, f"By velocity: {TASK} has no champion yet.", limit)
    if isinstance(program, RuleProgram):
        return rank(niche, trends, {}, VELOCITY, f"By velocity: the champion of {TASK} is a simple rule.", limit)
    answers = _answers(program, charts, now)
    found = {trend.trend_id: answer for trend in trends if (answer := _answer_of(trend, answers)) is not None}
    if not found:
        said = "the charts tell of none of these trends" if answers else "no charts of the last days tell of topics"
        return rank(niche, trends, {}, VELOCITY, f"By velocity: {said}.", limit)
    said = f"By the chance of rising within 48 hours ({TASK}, version {pack.version}), told of {len(found)} of {len(trends)}."
    return rank(niche, trends, found, LEARNT, said, limit)


def rank(
    niche: str,
    trends: Sequence[NicheTopic],
    answers: Mapping[str, tuple[float, float]],
    by: str,
    said: str,
    limit: int,
) -> Ranking:
    """Order trends by their chances (`answers`: chance and channels by id), then by velocity, then by score."""
    order = sorted(
        trends, key=lambda trend: (-answers.get(trend.trend_id, (-1.0, 0.0))[0], -trend.velocity, -trend.score, trend.trend_id)
    )
    topics = []
    for trend in order[:limit]:
        chance, channels = answers.get(trend.trend_id, (None, None))
        topics.append(RankedTopic(trend.title, trend.niche, chance, channels, trend.velocity, trend.expires_at, trend.evidence))
    return Ranking(niche, by, said, tuple(topics))


def _answers(program: Program, charts: Source, now: datetime) -> dict[str, tuple[int, float, float]]:
    """Channels now, chance and channels later of every topic of the charts' last day; none where that is long past."""
    try:
        readings, videos = charts.readings(), charts.videos()
    except NotReady:
        return {}
    past = readings.filter(pl.col("fetched_at") <= now)
    last = past["fetched_at"].max()
    if not isinstance(last, datetime) or now - last > FRESH:
        return {}
    begin = last - timedelta(days=MEMORY_DAYS + DAYS)
    requests = topic_requests(past.filter(pl.col("fetched_at") > begin), videos)
    if requests.is_empty():
        return {}
    asked = requests.with_columns(row_id=pl.int_range(pl.len()).cast(pl.String)).select("row_id", *REQUEST)
    told = pl.concat([asked, program.predict([asked]).drop("row_id")], how="horizontal")
    today = told.filter(pl.col("date") == last.date())
    rows = today.select("topic", "channels_48h_now", "p_rising", "channels_48h").rows()
    return {topic: (channels, chance, later) for topic, channels, chance, later in rows}


def _answer_of(trend: NicheTopic, answers: Mapping[str, tuple[int, float, float]]) -> tuple[float, float] | None:
    """Chance and channels later of the topic that a trend is known by on the charts: the one of the fewest channels."""
    words, pairs = topics_in(trend.title)
    topics = words if len(words) == 1 else pairs
    named = [topic for topic in topics if not set(topic.split()) & _functions()]
    found = sorted(answers[topic] for topic in named or topics if topic in answers)
    return found[0][1:] if found else None


def _functions() -> set[str]:
    """Words that name nothing: `the`, `with`."""
    return {word for word, kind in stop_words().items() if kind == "function"}
