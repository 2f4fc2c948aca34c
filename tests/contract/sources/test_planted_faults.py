"""The categories turn red: faults that connectors really have, each planted in a sound feed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from connectors.feeds import FEEDS, youtube_analytics
from connectors.feeds.feed import Request
from connectors.landing import RawRow, Rejected, last_landing
from connectors.youtube.quota import QuotaGate
from core.errors import Transient
from tests.contract.sources.harness import CATEGORIES, NewBench, Reads

pytestmark = pytest.mark.postgres

Fetch = Callable[[Request], Iterable[RawRow | Rejected]]
Spoil = Callable[[Fetch], Fetch]
_NUMBERS = count()


def of_rows(change: Callable[[list[RawRow]], Iterable[RawRow]]) -> Spoil:
    """A fault in the rows that a fetch gives."""
    return lambda fetch: lambda request: change([row for row in fetch(request) if isinstance(row, RawRow)])


def of_payload(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Spoil:
    """A fault in each payload."""
    return of_rows(lambda rows: [replace(row, payload=change(dict(row.payload))) for row in rows])


def of_statistics(change: Callable[[str], Any]) -> Spoil:
    """A fault in the view count of each video."""
    return of_payload(lambda video: {**video, "statistics": {"viewCount": change(video["statistics"]["viewCount"])}})


def swallowing(fetch: Fetch) -> Fetch:
    """Errors become silence."""

    def fetched(request: Request) -> list[RawRow | Rejected]:
        try:
            return list(fetch(request))
        except Transient:
            return []

    return fetched


def raising(make: Callable[[Transient], Exception]) -> Spoil:
    """Errors become other errors."""

    def spoil(fetch: Fetch) -> Fetch:
        def fetched(request: Request) -> list[RawRow | Rejected]:
            try:
                return list(fetch(request))
            except Transient as error:
                raise make(error) from None

        return fetched

    return spoil


def remembering(fetch: Fetch) -> Fetch:
    """What was read once is given for ever."""
    known: dict[str, RawRow] = {}

    def fetched(request: Request) -> list[RawRow]:
        rows = [row for row in fetch(request) if isinstance(row, RawRow)]
        return [known.setdefault(row.row_key, row) for row in rows]

    return fetched


def going_on_from_now(table: str) -> Spoil:
    """After the first read, only what happened in the last minute is asked for."""

    def spoil(fetch: Fetch) -> Fetch:
        def fetched(request: Request) -> Iterable[RawRow | Rejected]:
            return fetch(request) if last_landing(request.engine, table, request.day) is None else []

        return fetched

    return spoil


def trusting_the_state(table: str) -> Spoil:
    """A state from the future is an error."""

    def spoil(fetch: Fetch) -> Fetch:
        def fetched(request: Request) -> Iterable[RawRow | Rejected]:
            before = last_landing(request.engine, table, request.day)
            if before is not None and before.fetched_at > request.now:
                raise ValueError("start date after end date")
            return fetch(request)

        return fetched

    return spoil


@dataclass(frozen=True)
class Planted:
    """A fault in the fetch of a feed, and the category that must see it."""

    name: str
    table: str
    category: str
    spoil: Spoil


VIDEOS, CHARTS, DAILY, ITEMS, COMMENTS = (
    f"raw_youtube.{name}" for name in ("videos", "charts", "analytics_daily", "playlist_items", "comments")
)
REACH, TRAFFIC = "raw_reporting.channel_reach_basic_a1", "raw_reporting.channel_traffic_source_a3"
STORIES = "raw_hackernews.stories"

PLANTED = [
    Planted("the last page is lost", ITEMS, "basic read", of_rows(lambda rows: rows[:-1])),
    Planted("one country is left out", CHARTS, "basic read", of_rows(lambda rows: rows[50:])),
    Planted("a kind of traffic is left out", TRAFFIC, "basic read", of_rows(lambda rows: rows[1:])),
    Planted("a country is cut off by a limit", "raw_youtube.analytics_countries", "basic read", of_rows(lambda rows: rows[:-1])),
    Planted("nothing is read", STORIES, "basic read", of_rows(lambda rows: [])),
    Planted("counts fall below zero", VIDEOS, "basic read", of_statistics(lambda views: f"-{views}")),
    Planted("counts have separators", VIDEOS, "basic read", of_statistics(lambda views: f"{int(views):,} views")),
    Planted(
        "times lie in the future",
        VIDEOS,
        "basic read",
        of_payload(lambda video: {**video, "snippet": {**video["snippet"], "publishedAt": "2199-01-01T00:00:00Z"}}),
    ),
    Planted(
        "the title is lost",
        VIDEOS,
        "basic read",
        of_payload(lambda video: {**video, "snippet": {**video["snippet"], "title": ""}}),
    ),
    Planted("keys are cut", VIDEOS, "basic read", of_rows(lambda rows: [replace(row, row_key=row.row_key[:3]) for row in rows])),
    Planted("the source is not told", STORIES, "basic read", of_rows(lambda rows: [replace(row, source="") for row in rows])),
    Planted("payloads are no JSON", STORIES, "basic read", of_payload(lambda story: {**story, "seen": object()})),
    Planted(
        "random ids", STORIES, "full refresh", of_payload(lambda story: {**story, "id": story["id"], "seen": next(_NUMBERS)})
    ),
    Planted(
        "rows are shuffled into their ranks",
        CHARTS,
        "full refresh",
        of_rows(lambda rows: [replace(row, payload=rows[place - 1 - next(_NUMBERS)].payload) for place, row in enumerate(rows)]),
    ),
    Planted("old answers for ever", VIDEOS, "two sequential reads", remembering),
    Planted("old charts for ever", CHARTS, "two sequential reads", remembering),
    Planted("reading goes on from now", DAILY, "two sequential reads", going_on_from_now(DAILY)),
    Planted("reports are read once only", REACH, "two sequential reads", going_on_from_now(REACH)),
    Planted("silence in place of errors", STORIES, "connection", swallowing),
    Planted("another error in place of the true one", STORIES, "connection", raising(lambda error: ValueError(str(error)))),
    Planted(
        "the key is told in an error", CHARTS, "connection", raising(lambda error: Transient(f"{error} ?key=simulator-api-key"))
    ),
    Planted("a secret in the rows", VIDEOS, "discovery", of_payload(lambda video: {**video, "token": "ya29.abc"})),
    Planted("the author of a comment", COMMENTS, "discovery", of_payload(lambda row: {**row, "authorDisplayName": "Jo"})),
    Planted("the state from the future is believed", DAILY, "far-future state", trusting_the_state(DAILY)),
]


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.name)
def test_a_planted_fault_is_seen(new: NewBench, planted: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = FEEDS[planted.table]
    monkeypatch.setitem(FEEDS, planted.table, replace(sound, fetch=planted.spoil(sound.fetch)))
    assert CATEGORIES[planted.category](Reads(new, [planted.table]), planted.table)


@pytest.mark.parametrize(
    "change",
    [
        {"description": "Videos of the operator."},
        {"table": "raw_youtube.clips"},
        {"follows": ("raw_feeds.entries",)},
    ],
    ids=["no grain", "no such table", "follows what comes later"],
)
def test_a_wrong_specification_is_seen(new: NewBench, change: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FEEDS, CHARTS, replace(FEEDS[CHARTS], **change))
    assert CATEGORIES["specification"](Reads(new, []), CHARTS)


def test_calls_that_nobody_pays_for_are_seen(new: NewBench, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def free(gate: QuotaGate, method: str) -> Iterator[None]:
        yield

    monkeypatch.setattr(QuotaGate, "call", free)
    assert CATEGORIES["basic read"](Reads(new, [CHARTS]), CHARTS)


def test_a_gap_between_two_reads_is_seen(new: NewBench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(youtube_analytics, "OVERLAP", timedelta(days=-2))
    assert CATEGORIES["two sequential reads"](Reads(new, [DAILY]), DAILY)
