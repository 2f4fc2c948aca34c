"""Every source of trends of a market, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.trends.charts import YouTubeCharts
from connectors.trends.feeds import Feeds
from connectors.trends.google import GoogleTrends
from connectors.trends.hackernews import HackerNews
from connectors.trends.reddit import Reddit
from connectors.trends.source import TrendSource
from connectors.trends.wikipedia import Wikipedia
from core.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

SIMULATED_FEEDS = {"magazine": "/feeds/magazine.xml", "newswire": "/feeds/newswire.xml"}


def open_sources(settings: Settings, engine: Engine, base_url: str | None) -> dict[str, TrendSource]:
    """Make the sources of the settings.

    Args:
        base_url: of a simulator, which is given no real keys and has feeds of its own; None means the real services.
    """
    documents = settings.state / "http"
    secret = settings.reddit_client_secret
    app = None if base_url or not settings.reddit_client_id or secret is None else settings.reddit_client_id
    sources: list[TrendSource] = [
        HackerNews(base_url),
        Wikipedia(base_url),
        GoogleTrends(base_url, geos=settings.trend_geos, documents=documents),
        Reddit(
            base_url,
            subreddits=settings.reddit_subreddits,
            client=None if app is None or secret is None else (app, secret.get_secret_value()),
        ),
        Feeds(settings.feeds if base_url is None else SIMULATED_FEEDS, base_url=base_url, documents=documents),
        YouTubeCharts(engine),
    ]
    return {source.name: source for source in sources}
