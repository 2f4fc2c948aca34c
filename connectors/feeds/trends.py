"""What is read of the sources of trends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from connectors.feeds.feed import Cadence, Feed, Request
from connectors.landing import RawRow
from connectors.trends.source import TrendObservation


def _stories(request: Request) -> Iterable[RawRow]:
    return _observed(request.sources.trend("hackernews").observe(request.day))


def _pageviews(request: Request) -> Iterable[RawRow]:
    return _observed(request.sources.trend("wikipedia").observe(request.day - timedelta(days=1)))


def _observed(observations: Iterable[TrendObservation]) -> Iterator[RawRow]:
    return (RawRow(seen.key, seen.payload, seen.source) for seen in observations)


FEEDS = (
    Feed(
        "raw_hackernews.stories",
        "hackernews",
        "The top stories of Hacker News. One row per story.",
        _stories,
        Cadence.SNAPSHOT,
    ),
    Feed(
        "raw_wikipedia.pageviews",
        "wikipedia",
        "The most read Wikipedia articles of the day before. One row per article.",
        _pageviews,
        Cadence.DAILY,
    ),
)
