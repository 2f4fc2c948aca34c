"""Wikipedia: the most read articles of a day (Wikimedia's pageviews API). No key; a day's list is out some hours after it."""

from __future__ import annotations

from datetime import date

from connectors.http import HttpClient, RetryPolicy
from connectors.trends.source import TrendObservation
from core.errors import NotFound, NotReady

WIKIMEDIA = "https://wikimedia.org"
NOT_ARTICLES = ("Main_Page", "Special:", "Wikipedia:", "Portal:", "File:", "Help:")


class Wikipedia:
    """Reads the most viewed articles.

    Args:
        base_url: None means the real service.
        project: one Wikipedia, for example `en.wikipedia`.
    """

    def __init__(self, base_url: str | None = None, *, project: str = "en.wikipedia", retry: RetryPolicy | None = None) -> None:
        self._client = HttpClient("Wikipedia", base_url or WIKIMEDIA, retry=retry)
        self._project = project

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def observe(self, day: date) -> list[TrendObservation]:
        """The most viewed articles of a day (UTC) without the main page and its like. Raises NotReady where it is not out yet."""
        try:
            path = f"/api/rest_v1/metrics/pageviews/top/{self._project}/all-access/{day:%Y/%m/%d}"
            answer = self._client.get_json(path)
        except NotFound:
            raise NotReady(f"Wikipedia has no list of most read articles for {day}.", "Run this again later.") from None
        return [
            self._observation(day, article)
            for listed in answer["items"]
            for article in listed["articles"]
            if not article["article"].startswith(NOT_ARTICLES)
        ]

    def _observation(self, day: date, article: dict[str, str | int]) -> TrendObservation:
        name, rank, views = str(article["article"]), int(article["rank"]), int(article["views"])
        payload = {"project": self._project, "article": name, "rank": rank, "views": views, "day": day.isoformat()}
        return TrendObservation("wikipedia.top", f"{self._project}:{name}", name.replace("_", " "), rank, views, payload)
