"""Hacker News: the front page of this moment (hacker-news.firebaseio.com). It needs no key and keeps no history of its lists."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from connectors.http import HttpClient, RetryPolicy, in_parallel
from connectors.trends.source import TrendObservation

HACKER_NEWS = "https://hacker-news.firebaseio.com"
KEPT = ("id", "type", "title", "url", "score", "descendants", "time")
"""Fields that are kept: those about the story, not about the person who posted it."""


class HackerNews:
    """Reads the top stories.

    Args:
        base_url: None means the real service.
        limit: how many stories, from the top.
    """

    name = "hackernews"
    valid_for = timedelta(hours=12)

    def __init__(self, base_url: str | None = None, *, limit: int = 30, retry: RetryPolicy | None = None) -> None:
        self._client = HttpClient("Hacker News", base_url or HACKER_NEWS, retry=retry)
        self._limit = limit

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def observe(self, day: date) -> list[TrendObservation]:
        """The top stories of this moment, whatever the day; stories that were deleted meanwhile are left out."""
        ids = self._client.get_json("/v0/topstories.json")[: self._limit]
        items = in_parallel(lambda item_id: self._client.get_json(f"/v0/item/{int(item_id)}.json"), ids)
        return [_observation(rank, item) for rank, item in enumerate(items, start=1) if _is_story(item)]


def _is_story(item: Any) -> bool:
    return isinstance(item, dict) and "title" in item and not item.get("deleted") and not item.get("dead")


def _observation(rank: int, item: dict[str, Any]) -> TrendObservation:
    payload = {name: item[name] for name in KEPT if name in item} | {"rank": rank}
    return TrendObservation("hackernews.top", str(item["id"]), item["title"], rank, item.get("score", 0), payload)
