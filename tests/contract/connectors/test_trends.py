"""Our clients of Hacker News and Wikipedia against the simulator's wire formats."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta

import pytest

from connectors.simulator.process import SimulatorControl
from connectors.trends.hackernews import HackerNews
from connectors.trends.wikipedia import Wikipedia
from core.errors import NotReady
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
