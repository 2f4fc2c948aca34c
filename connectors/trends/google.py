"""Google Trends: the searches that are rising now, by country (trends.google.com/trending/rss). It needs no key.

The feed has two lengths: of the last day, and of the last hours. Both show the moment of fetching and keep no history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.http import HttpClient, RetryPolicy
from connectors.landing import Rejected
from connectors.members import COUNTRY, read_each
from connectors.numbers import at_least
from connectors.trends.conditional import Documents
from connectors.trends.markup import children, is_far_ahead, parse_xml, read_date, readable_xml, text_of
from connectors.trends.source import Observed, TrendObservation
from core.errors import Damaged

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

GOOGLE_TRENDS = "https://trends.google.com"
HOURS = {"daily": 24, "hourly": 4}
"""Cadence to the hours that its list looks back."""


class GoogleTrends:
    """Reads the trending searches.

    Args:
        base_url: None means the real service.
        geos: countries, as `US`.
        documents: folder that unchanged answers are kept in.
    """

    name = "google_trends"
    valid_for = timedelta(hours=24)

    def __init__(
        self,
        base_url: str | None = None,
        *,
        geos: Sequence[str] = ("US",),
        documents: Path | None = None,
        retry: RetryPolicy | None = None,
    ) -> None:
        self._origin = base_url or GOOGLE_TRENDS
        self._client = HttpClient("Google Trends", self._origin, retry=retry, max_bytes=4 << 20)
        self._documents = Documents(documents)
        self._geos = tuple(geos)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def observe(self, day: date) -> Iterator[Observed]:
        """The lists of this moment, country after country, the day's before the last hours'."""
        return read_each(lambda geo: self._lists(geo, day), self._geos, COUNTRY, workers=1)

    def _lists(self, geo: str, day: date) -> Iterator[TrendObservation | Rejected]:
        for cadence, hours in HOURS.items():
            params = {"geo": geo, "hours": str(hours)}
            content = self._documents.get(self._client, "/trending/rss", params, origin=self._origin)
            for rank, item in enumerate(children(_channel(content), "item"), start=1):
                yield _observation(item, rank, geo, cadence, day)


def _channel(content: bytes) -> Element:
    root = parse_xml(readable_xml(content, "Google Trends"), "Google Trends")
    channel = next(children(root, "channel"), None)
    if channel is None:
        raise Damaged("Google Trends sent something that is not a list of searches.", "Run it again later.")
    return channel


def _observation(item: Element, rank: int, geo: str, cadence: str, day: date) -> TrendObservation | Rejected:
    title, place = text_of(item, "title"), f"entry {rank} of Google Trends {geo} {cadence}"
    written = text_of(item, "pubDate")
    started_at = read_date(written)
    if not title:
        return Rejected("A trending search has no title.", written, place=place)
    if started_at is None or is_far_ahead(started_at, day):
        return Rejected("A trending search began at no usable time.", written, _key(geo, cadence, title), place)
    traffic = text_of(item, "approx_traffic")
    payload: dict[str, Any] = {
        "title": title,
        "approx_traffic": traffic,
        "searches": searches(traffic),
        "started_at": started_at.isoformat(),
        "geo": geo,
        "cadence": cadence,
        "rank": rank,
        "news": [
            {name: text_of(news, f"news_item_{name}") for name in ("title", "url", "source")}
            for news in children(item, "news_item")
        ],
    }
    return TrendObservation("google.trends", _key(geo, cadence, title), title, rank, searches(traffic), payload)


def _key(geo: str, cadence: str, title: str) -> str:
    return f"{geo}:{cadence}:{title.casefold()}"


def searches(traffic: str) -> int | None:
    """The number in `2,000+`, `200K+`, `200 mil+` or `20万+`: searches at least; None where there is none."""
    return at_least(traffic)
