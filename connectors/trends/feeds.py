"""RSS and Atom feeds at addresses that the user gave. One that cannot be read does not keep the others from being read."""

from __future__ import annotations

import calendar
import warnings
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from connectors.http import HttpClient, RetryPolicy, open_client
from connectors.landing import Rejected
from connectors.members import FEED, read_each
from connectors.trends.conditional import Documents
from connectors.trends.markup import is_far_ahead, readable_xml
from connectors.trends.source import Observed, TrendObservation
from core.digest import digest_value
from core.errors import Damaged

MOST_BYTES = 4 << 20
MOST_ENTRIES = 200
SUMMARY_CHARACTERS = 500
_KEY_DIGITS = 24


class Feeds:
    """Reads feeds.

    Args:
        feeds: name to address. Addresses must be on the public Internet, at each redirect too.
        base_url: of a simulator: only there may an address be a path (`/feeds/x.xml`).
        documents: folder that unchanged feeds are kept in.
    """

    name = "feeds"
    valid_for = timedelta(hours=48)

    def __init__(
        self,
        feeds: Mapping[str, str],
        *,
        base_url: str | None = None,
        documents: Path | None = None,
        retry: RetryPolicy | None = None,
    ) -> None:
        self._feeds = dict(feeds)
        self._base_url = base_url
        self._documents = Documents(documents)
        self._retry = retry

    def close(self) -> None:
        """Nothing is open between calls."""

    def observe(self, day: date) -> Iterator[Observed]:
        """The entries that the feeds hold now, in their order. Raises what the first one raised when none can be read."""

        def entries_of(feed_id: str) -> Iterator[TrendObservation | Rejected]:
            entries = self._entries(feed_id, self._feeds[feed_id])[:MOST_ENTRIES]
            return (_observation(feed_id, entry, rank, day) for rank, entry in enumerate(entries, start=1))

        return read_each(entries_of, self._feeds, FEED, workers=1, apart=True)

    def _entries(self, feed_id: str, url: str) -> list[Mapping[str, Any]]:
        base_url = self._base_url if self._base_url is not None and url.startswith("/") else ""
        client = open_client(base_url) if base_url else open_client(public_only=True)
        service = f"The feed {feed_id!r}"
        with closing(HttpClient(service, "", retry=self._retry, client=client, max_bytes=MOST_BYTES)) as http:
            content = self._documents.get(http, url, origin=base_url)
        return _parsed(readable_xml(content, service), service)


def _parsed(content: bytes, service: str) -> list[Mapping[str, Any]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of feedparser's own making
        import feedparser

        parsed = feedparser.parse(content)
    if not parsed.version:
        raise Damaged(f"{service} is XML, but neither RSS nor Atom.", "Give the address of a feed.")
    return [dict(entry) for entry in parsed.entries]  # plain: feedparser's own answers to unknown keys with others


def _observation(feed_id: str, entry: Mapping[str, Any], rank: int, day: date) -> TrendObservation | Rejected:
    title, link = " ".join(entry.get("title", "").split()), entry.get("link", "")
    identity, place = entry.get("id") or link or title, f"entry {rank} of feed {feed_id}"
    if not title or not identity:
        return Rejected("An entry has no title.", link, place=place)
    key = f"{feed_id}:{digest_value(identity)[:_KEY_DIGITS]}"
    published_at = _moment(entry)
    if published_at is not None and is_far_ahead(published_at, day):
        return Rejected("An entry was written in the future.", f"{title} {published_at.isoformat()}", key, place)
    payload = {
        "feed": feed_id,
        "entry_id": identity,
        "title": title,
        "link": link,
        "summary": entry.get("summary", "")[:SUMMARY_CHARACTERS],
        "published_at": None if published_at is None else published_at.isoformat(),
        "rank": rank,
    }
    return TrendObservation("feeds.entry", key, title, rank, None, payload)


def _moment(entry: Mapping[str, Any]) -> datetime | None:
    parts = entry.get("published_parsed") or entry.get("updated_parsed")
    try:
        return None if parts is None else datetime.fromtimestamp(calendar.timegm(parts), UTC)
    except (ValueError, OverflowError, OSError):
        return None
