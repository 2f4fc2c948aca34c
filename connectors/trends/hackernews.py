"""Hacker News: the front page of this moment (hacker-news.firebaseio.com). It needs no key and keeps no history of its lists."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from connectors.http import HttpClient, RetryPolicy
from connectors.members import STORY, read_each
from connectors.trends.source import Observed, TrendObservation
from core.errors import Damaged

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

    def observe(self, day: date) -> list[Observed]:
        """The top stories of this moment, whatever the day, without those that were deleted meanwhile."""
        ids = self._client.get_json("/v0/topstories.json")
        if not isinstance(ids, list) or not all(isinstance(item_id, int) for item_id in ids):
            raise Damaged("Hacker News answered with something that is no list of stories.", "Run it again later.")
        places = {item_id: rank for rank, item_id in enumerate(ids[: self._limit], start=1)}
        return list(read_each(lambda item_id: self._story(item_id, places[item_id]), places, STORY))

    def _story(self, item_id: int, rank: int) -> list[TrendObservation]:
        item = self._client.get_json(f"/v0/item/{item_id}.json")
        if item is not None and (not isinstance(item, dict) or item.get("id") != item_id):
            raise Damaged(f"Hacker News answered with something that is not item {item_id}.", "Run it again later.")
        return [_observation(rank, item)] if item is not None and _is_story(item) else []


def _is_story(item: dict[str, Any]) -> bool:
    return isinstance(item.get("title"), str) and not item.get("deleted") and not item.get("dead")


def _observation(rank: int, item: dict[str, Any]) -> TrendObservation:
    payload = {name: item[name] for name in KEPT if name in item} | {"rank": rank}
    return TrendObservation("hackernews.top", str(item["id"]), item["title"], rank, item.get("score"), payload)
