"""The categories turn red: faults that connectors really have, each planted in a sound feed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from connectors import landing
from connectors.feeds import FEEDS, known, youtube_analytics
from connectors.feeds.feed import Request, Row
from connectors.landing import RawRow, Rejected, Stopped, last_landing
from connectors.members import LeftOut
from connectors.youtube.quota import QuotaGate
from core.errors import Refused, Transient
from tests.contract.sources.harness import CATEGORIES, NewBench, Reads

pytestmark = pytest.mark.postgres

Fetch = Callable[[Request], Iterable[Row]]
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

    def fetched(request: Request) -> list[Row]:
        try:
            return list(fetch(request))
        except Transient:
            return []

    return fetched


def raising(make: Callable[[Transient], Exception]) -> Spoil:
    """Errors become other errors."""

    def spoil(fetch: Fetch) -> Fetch:
        def fetched(request: Request) -> list[Row]:
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
        def fetched(request: Request) -> Iterable[Row]:
            return fetch(request) if last_landing(request.engine, table, request.day) is None else []

        return fetched

    return spoil


def trusting_the_state(table: str) -> Spoil:
    """A state from the future is an error."""

    def spoil(fetch: Fetch) -> Fetch:
        def fetched(request: Request) -> Iterable[Row]:
            before = last_landing(request.engine, table, request.day)
            if before is not None and before.fetched_at > request.now:
                raise ValueError("start date after end date")
            return fetch(request)

        return fetched

    return spoil


def ending_the_table(fetch: Fetch) -> Fetch:
    """One member's error is everybody's."""

    def fetched(request: Request) -> Iterator[Row]:
        for row in fetch(request):
            if isinstance(row, LeftOut):
                raise row.error or Refused(row.reason)
            yield row

    return fetched


def of_members(change: Callable[[LeftOut], Iterable[Row]]) -> Spoil:
    """A fault in what is told of members that failed."""

    def spoil(fetch: Fetch) -> Fetch:
        def fetched(request: Request) -> Iterator[Row]:
            for row in fetch(request):
                yield from change(row) if isinstance(row, LeftOut) else (row,)

        return fetched

    return spoil


def when_one_fails(change: Callable[[list[Row]], Iterable[Row]]) -> Spoil:
    """A fault in the rows of a read in which a member failed."""

    def spoil(fetch: Fetch) -> Fetch:
        def fetched(request: Request) -> Iterable[Row]:
            rows = list(fetch(request))
            return change(rows) if any(isinstance(row, LeftOut) for row in rows) else rows

        return fetched

    return spoil


def without_the_rest(rows: list[Row]) -> list[Row]:
    """What was to be read after the failure."""
    return rows[: next(place for place, row in enumerate(rows) if isinstance(row, LeftOut)) + 1][-1:]


def with_a_neighbour(rows: list[Row]) -> list[Row]:
    """Of those that could be read, the rows of the first row's beginning are gone."""
    good = [row for row in rows if isinstance(row, RawRow)]
    lost = good[0].row_key if good else ""
    return [row for row in rows if not (isinstance(row, RawRow) and row.row_key == lost)]


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


ONE = "one of several fails"
POSTS, SEARCHES, ENTRIES, ARTICLES = "raw_reddit.posts", "raw_google.trends", "raw_feeds.entries", "raw_wikipedia.article_views"
CHANNELS, PLAYLISTS, RETENTION = (f"raw_youtube.{name}" for name in ("channels", "playlists", "analytics_retention"))
WATCHED, OTHERS = (f"raw_youtube.competitor_{name}" for name in ("channels", "videos"))
OF_ONE = [
    *(
        Planted(f"one bad member ends {table}", table, ONE, ending_the_table)
        for table in (CHANNELS, VIDEOS, ITEMS, CHARTS, WATCHED, "raw_youtube.analytics_traffic", REACH)
    ),
    *(
        Planted(f"one bad member ends {table}", table, ONE, ending_the_table)
        for table in (POSTS, SEARCHES, ENTRIES, STORIES, ARTICLES)
    ),
    *(
        Planted(f"who is left out of {table} is not told", table, ONE, of_members(lambda left: ()))
        for table in (PLAYLISTS, POSTS, STORIES)
    ),
    Planted("another one is named", CHARTS, ONE, of_members(lambda left: (replace(left, member="AU"),))),
    Planted("another kind is named", POSTS, ONE, of_members(lambda left: (replace(left, kind="channel"),))),
    Planted("no reason is told", SEARCHES, ONE, of_members(lambda left: (replace(left, reason=""),))),
    Planted("it is told as a row that was refused", ENTRIES, ONE, of_members(lambda left: (left, Rejected(left.reason, "")))),
    Planted("it is told as a stop", POSTS, ONE, of_members(lambda left: (Stopped(left.reason),))),  # type: ignore[arg-type]
    Planted("what comes after it is not read", CHARTS, ONE, when_one_fails(without_the_rest)),
    Planted("a batch is lost with it", STORIES, ONE, when_one_fails(lambda rows: rows[10:])),
    Planted("a neighbour is lost with it", SEARCHES, ONE, when_one_fails(with_a_neighbour)),
    Planted("a neighbour is left out with it", POSTS, ONE, of_members(lambda left: (left, replace(left, member="gaming")))),
]


@pytest.mark.parametrize("planted", [*PLANTED, *OF_ONE], ids=lambda planted: planted.name)
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


def test_a_landing_that_empties_who_was_left_out_is_seen(new: NewBench, monkeypatch: pytest.MonkeyPatch) -> None:
    delete = landing._delete
    monkeypatch.setattr(landing, "_delete", lambda cursor, table, day, left_out: delete(cursor, table, day, ()))
    assert CATEGORIES[ONE](Reads(new, [POSTS]), POSTS)


def test_a_member_whose_gap_is_not_read_is_seen(new: NewBench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known.Readings, "of", lambda self, **names: self.last)
    monkeypatch.setattr(youtube_analytics, "OVERLAP", timedelta(0))
    table = "raw_youtube.analytics_traffic"
    assert CATEGORIES[ONE](Reads(new, [table]), table)
