"""What is ingested: one `Feed` for each raw table, and what of a source its rows of a day are."""

from __future__ import annotations

from connectors.feeds import trends, youtube_analytics, youtube_data, youtube_reporting
from connectors.feeds.feed import Feed

FEEDS: dict[str, Feed] = {
    feed.table: feed
    for feeds in (youtube_data.FEEDS, youtube_analytics.FEEDS, youtube_reporting.FEEDS, trends.FEEDS)
    for feed in feeds
}
"""Every feed by its raw table; each comes after those it follows."""
