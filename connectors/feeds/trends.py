"""What is read of the sources of trends. YouTube's charts are one too, but their rows are `raw_youtube.charts` already."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from connectors.feeds.feed import Cadence, Feed, Request, Row
from connectors.landing import RawRow, landed
from connectors.trends.source import Observed, TrendObservation
from connectors.trends.wikipedia import Wikipedia
from core.errors import NotConfigured

ARTICLES_KNOWN = timedelta(days=3)
"""Articles of the top lists of so many days are followed, whether or not they are on today's."""
ARTICLES_PER_LIST = 50
"""From the top of each list; each article is a call."""
VIEWS_READ = timedelta(days=7)
"""Days of an article that are read: it shows how it stood before it came to the top."""


def _stories(request: Request) -> Iterable[Row]:
    return _observed(request.sources.trend("hackernews").observe(request.day))


def _pageviews(request: Request) -> Iterable[Row]:
    return _observed(request.sources.trend("wikipedia").observe(request.day - timedelta(days=1)))


def _article_views(request: Request) -> Iterable[Row]:
    wikipedia = request.sources.trend("wikipedia")
    if not isinstance(wikipedia, Wikipedia):
        raise NotConfigured("The source named 'wikipedia' cannot tell the views of single articles.")
    lists = landed(request.engine, "raw_wikipedia.pageviews", request.day - ARTICLES_KNOWN, request.day)
    articles = sorted({row.payload["article"] for row in lists if row.payload["rank"] <= ARTICLES_PER_LIST})
    return _observed(wikipedia.article_views(articles, request.day - VIEWS_READ, request.day - timedelta(days=1)))


def _searches(request: Request) -> Iterable[Row]:
    return _observed(request.sources.trend("google_trends").observe(request.day))


def _posts(request: Request) -> Iterable[Row]:
    return _observed(request.sources.trend("reddit").observe(request.day))


def _entries(request: Request) -> Iterable[Row]:
    return _observed(request.sources.trend("feeds").observe(request.day))


def _observed(observations: Iterable[Observed]) -> Iterator[Row]:
    return (RawRow(seen.key, seen.payload, seen.source) if isinstance(seen, TrendObservation) else seen for seen in observations)


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
    Feed(
        "raw_wikipedia.article_views",
        "wikipedia",
        "Views of the week before, of articles that were among the most read of late. One row per article and day.",
        _article_views,
        Cadence.DAILY,
        follows=("raw_wikipedia.pageviews",),
        follows_days=ARTICLES_KNOWN.days,
    ),
    Feed(
        "raw_google.trends",
        "google",
        "Google's trending searches of the last day and the last hours. One row per country, cadence and search.",
        _searches,
        Cadence.SNAPSHOT,
    ),
    Feed(
        "raw_reddit.posts",
        "reddit",
        "The hot posts of the chosen subreddits, without their authors. One row per subreddit and post.",
        _posts,
        Cadence.SNAPSHOT,
    ),
    Feed(
        "raw_feeds.entries",
        "feeds",
        "The entries of RSS and Atom feeds that the user chose. One row per feed and entry.",
        _entries,
        Cadence.SNAPSHOT,
    ),
)
