"""Our clients of the sources of trends against the simulator's wire formats."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from unittest.mock import create_autospec

import pytest
from sqlalchemy import Engine

from connectors.simulator.apis.reddit import CLIENT_ID, CLIENT_SECRET
from connectors.simulator.process import SimulatorControl
from connectors.trends.hackernews import HackerNews
from connectors.trends.reddit import Reddit
from connectors.trends.source import TrendObservation, TrendSource
from connectors.trends.sources import open_sources
from connectors.trends.wikipedia import Wikipedia
from core.errors import NotFound, NotReady, Refused
from core.settings import Settings
from features.topics import core_of, words_of
from tests.contract.connectors.conftest import DAY


def test_stories_in_the_order_of_the_front_page(simulator: SimulatorControl) -> None:
    with closing(HackerNews(simulator.base_url)) as hackernews:
        stories = hackernews.observe(DAY)
    assert 5 <= len(stories) <= 30
    assert [story.rank for story in stories] == sorted({story.rank for story in stories})
    assert all(story.title and story.score >= 0 for story in stories)


def test_articles_of_a_day_that_is_over(simulator: SimulatorControl) -> None:
    with closing(Wikipedia(simulator.base_url)) as wikipedia:
        articles = wikipedia.observe(DAY - timedelta(days=1))
        with pytest.raises(NotReady):
            wikipedia.observe(DAY + timedelta(days=1))
    assert len(articles) >= 10
    assert [article.score for article in articles] == sorted((article.score for article in articles), reverse=True)


@pytest.fixture
def sources(simulator: SimulatorControl, tmp_path: Path) -> Iterator[dict[str, TrendSource]]:
    """All sources of the simulated world; the charts have no database here and are not asked."""
    made = open_sources(Settings(home=tmp_path), create_autospec(Engine), simulator.base_url)
    yield made
    for source in made.values():
        source.close()


@pytest.mark.parametrize("name", ["google_trends", "reddit", "feeds"])
def test_each_source_reads_its_imitation_without_a_refusal(sources: dict[str, TrendSource], name: str) -> None:
    seen = [one for one in sources[name].observe(DAY) if isinstance(one, TrendObservation)]
    assert len(seen) == len(list(sources[name].observe(DAY))) >= 20
    assert len({one.key for one in seen}) == len(seen)
    assert all(one.title and one.rank >= 1 for one in seen)


def test_the_same_things_are_talked_of_everywhere(sources: dict[str, TrendSource]) -> None:
    """At least ten topics are known to the search list and to two other kinds of sources, in whatever spelling."""
    told = {
        name: {"".join(core_of(words_of(one.title))) for one in sources[name].observe(DAY) if isinstance(one, TrendObservation)}
        for name in ("google_trends", "reddit", "feeds")
    }
    told["wikipedia"] = {
        "".join(core_of(words_of(one.title)))
        for one in sources["wikipedia"].observe(DAY - timedelta(days=1))
        if isinstance(one, TrendObservation)
    }
    searched = {key for key in told["google_trends"] if len(key) >= 4}
    common = [
        key
        for key in searched
        if sum(any(key in title for title in told[name]) for name in ("reddit", "feeds", "wikipedia")) >= 2
    ]
    assert len(common) >= 10
    assert len(searched - told["wikipedia"]) >= 3  # and some things belong to no niche


def test_reddit_with_an_app_and_with_a_wrong_one(simulator: SimulatorControl) -> None:
    with closing(Reddit(simulator.base_url, subreddits=["gaming"], client=(CLIENT_ID, CLIENT_SECRET))) as reddit:
        assert len(list(reddit.observe(DAY))) >= 10
    with (
        closing(Reddit(simulator.base_url, subreddits=["gaming"], client=(CLIENT_ID, "wrong"))) as reddit,
        pytest.raises(Refused),
    ):
        list(reddit.observe(DAY))
    with closing(Reddit(simulator.base_url, subreddits=["nobody_is_here"])) as reddit, pytest.raises(NotFound):
        list(reddit.observe(DAY))


def test_the_week_of_an_article(simulator: SimulatorControl) -> None:
    with closing(Wikipedia(simulator.base_url)) as wikipedia:
        top = wikipedia.observe(DAY - timedelta(days=1))[0]
        article = top.payload["article"]
        days = wikipedia.article_views([article], DAY - timedelta(days=7), DAY - timedelta(days=1))
    assert len(days) == 7
    assert days[-1].score == pytest.approx(top.score, rel=0.01)
