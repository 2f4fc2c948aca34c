"""What every source must keep, as functions that read a feed and tell what is broken: nothing for a sound one.

The categories are those by which connectors are accepted elsewhere: specification, connection, discovery, a basic read, a full
refresh, two sequential reads, a state from the far future; and one more: of several members one fails. They talk to a running
simulator over HTTP and land in a real Postgres; `test_planted_faults` shows that they turn red."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import Engine, text

from connectors.checks import Finding, validate_landings
from connectors.feeds import FEEDS
from connectors.feeds.feed import Sources
from connectors.http import RetryPolicy
from connectors.ingest import Ingested, ingest_day
from connectors.landing import TABLES, LandedRow, RawRow, asset_key, land, landed
from connectors.members import (
    ARTICLE,
    CHANNEL,
    COUNTRY,
    FEED,
    PLAYLIST,
    REGION,
    STORY,
    SUBREDDIT,
    VIDEO,
    LeftOut,
    members_of,
)
from connectors.shapes import SHAPES
from connectors.simulator.process import SimulatorControl
from connectors.trends.sources import open_sources
from connectors.youtube.client import YouTube
from core.clock import Clock, FrozenClock, noon
from core.errors import Transient
from core.ledger.quota import QuotaLedger
from core.ledger.store import PostgresLedgerStore
from core.settings import ROOT, Settings
from orchestration.stack import hours_before
from tests.simulated import quota_ledger, youtube_of

DAY = date(2026, 6, 8)
REPORTS_BEFORE = timedelta(days=4)
COMPETITORS = 3
NEXT_DAY = DAY + timedelta(days=1)
THIRD_DAY = DAY + timedelta(days=2)
FAR_FUTURE = datetime(2099, 1, 1, tzinfo=UTC)
NOWHERE = "http://127.0.0.1:9"
"""A port that nobody listens on."""

MAY_BE_EMPTY = {
    "raw_youtube.video_statistics": "nothing charted on the days before the first one",
    "raw_youtube.captions": "tracks are asked for once per video",
}
READ_LATER = {
    "raw_youtube.captions": "dear calls: so many a day, and the next day others",
    "raw_youtube.comments": "one that was counted before it was shown is read within a week",
}

OLD_ONCE_A_WEEK = {"raw_youtube.analytics_daily", "raw_youtube.analytics_revenue"}
"""Of videos that have left the daily list the second day is not asked for by itself: their turn comes once a week."""

MAY_STAND_STILL = {
    "raw_youtube.snapshots",
    "raw_youtube.playlists",
    "raw_youtube.playlist_items",
    "raw_youtube.thumbnails",
    "raw_youtube.video_statistics",
    "raw_youtube.captions",
    "raw_youtube.uploads",
}
OF_PERSONS = {"raw_youtube.comments", "raw_reddit.posts", "raw_hackernews.stories"}
MOST_TOLD = 5
PERSON = re.compile(r"author|userid|user_id|avatar|profileimage", re.IGNORECASE)


@dataclass
class Bench:
    """A fresh database joined with the simulator, or with a place where nobody answers: a connector's whole state."""

    engine: Engine
    simulator: SimulatorControl
    folder: Path
    base_url: str | None = None

    def __post_init__(self) -> None:
        self.ledger: QuotaLedger = quota_ledger(PostgresLedgerStore(self.engine))
        self.youtube: YouTube = youtube_of(self.simulator, self.ledger, FrozenClock(noon(DAY)), channels=2)
        if self.base_url:
            self.youtube._transport.base_url = self.base_url
            self.youtube._transport.retry = RetryPolicy(attempts=1)
        settings = Settings(home=self.folder)
        self.trends = open_sources(settings, self.engine, self.base_url or self.simulator.base_url)

    @property
    def sources(self) -> Sources:
        competitors = self.simulator.competitors(COMPETITORS)
        return Sources(self.engine, self.youtube, self.trends, self.folder / "reports", lambda: competitors, REPORTS_BEFORE)

    def close(self) -> None:
        self.youtube.close()
        for source in self.trends.values():
            source.close()

    def clock_at(self, moment: datetime) -> Clock:
        self.simulator.set_clock(moment)
        return FrozenClock(moment)

    def read(self, table: str, day: date = DAY) -> Ingested:
        """Ingest a table's day, as of its noon."""
        clock = self.clock_at(noon(day))
        return ingest_day(self.sources, table, day, clock, hours_before(clock.now()), self.clock_at)

    def rows(self, table: str, first: date = DAY, last: date = DAY) -> list[Any]:
        return landed(self.engine, table, first, last)

    @property
    def secrets(self) -> list[str]:
        """What must never be told."""
        given = self.simulator.credentials()
        return [given.api_key, given.client_secret, *given.refresh_tokens.values(), "ya29."]

    def latest(self, table: str) -> dict[str, Any]:
        """Each row as the newest partition has it."""
        rows = self.rows(table, DAY - timedelta(days=60), DAY + timedelta(days=60))
        return {row.row_key: row.payload for row in rows}

    def spent(self) -> int:
        """Units in the ledger."""
        with self.engine.connect() as connection:
            query = "select coalesce(sum(units), 0) from ops.ledger_quota"
            return int(connection.exec_driver_sql(query).scalar_one())

    def rejected(self, table: str) -> list[str]:
        with self.engine.connect() as connection:
            query = text("select reason from ops.rejected_rows where asset_key = :asset")
            return list(connection.execute(query, {"asset": asset_key(table)}).scalars())


def followed_by(table: str) -> list[str]:
    """The tables that must have landed before, in order."""
    found: list[str] = []
    for followed in FEEDS[table].follows:
        found += [name for name in [*followed_by(followed), followed] if name not in found]
    return found


NewBench = Callable[..., Bench]


@dataclass(frozen=True)
class Outcome:
    """One read of one table, as it stood right after it.

    Attributes:
        done: None where the read ended with `error`.
        accounted, charged: quota units in our ledger, and at the service.
        latest: each row as the newest partition has it.
    """

    done: Ingested | None
    error: Exception | None
    accounted: int
    charged: int
    rows: list[LandedRow]
    latest: dict[str, dict[str, Any]]
    rejected: list[str]
    broken: list[Finding]
    left_out: tuple[LeftOut, ...] = ()

    @property
    def digest(self) -> str:
        return self.done.landing.digest if self.done else ""


def outcome_of(bench: Bench, table: str, day: date) -> Outcome:
    """Read a table and look at everything that this did."""
    accounted, charged = bench.spent(), sum(bench.simulator.quota().values())
    done, error = None, None
    try:
        done = bench.read(table, day)
    except Exception as raised:  # noqa: BLE001 (any error is the finding)
        error = raised
    return Outcome(
        done,
        error,
        bench.spent() - accounted,
        sum(bench.simulator.quota().values()) - charged,
        bench.rows(table, day, day),
        bench.latest(table),
        bench.rejected(table),
        list(validate_landings(bench.engine, table, day, day).broken),
        done.landing.left_out if done else (),
    )


@dataclass(frozen=True)
class Aim:
    """One member of a table, and the fault that hits the calls about it.

    Attributes:
        path, options: of the fault.
        hit: what names the member in a call, where that is not its own name.
    """

    kind: str
    member: str
    path: str
    options: dict[str, Any]
    hit: str | None = None


@dataclass(frozen=True)
class Hit:
    """A read while one member failed; with how many calls the fault hit."""

    aim: Aim
    outcome: Outcome
    calls: int


REFUSED = {"reason": "forbidden", "status": 403}
YOUTUBE = "/youtube/v3/"
ONE_MEMBER = {"raw_wikipedia.pageviews": "one list of one Wikipedia"}
"""Tables that have only one member to read, which is the whole."""

AIMS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "raw_youtube.channels": (CHANNEL, f"{YOUTUBE}channels", {"kind": "empty"}),
    "raw_youtube.videos": (CHANNEL, f"{YOUTUBE}playlistItems", {"reason": "playlistItemsNotAccessible"}),
    "raw_youtube.thumbnails": (VIDEO, "/vi/", {"status": 404}),
    "raw_youtube.snapshots": (VIDEO, f"{YOUTUBE}videos", REFUSED),
    "raw_youtube.playlists": (CHANNEL, f"{YOUTUBE}playlists", {"reason": "channelClosed"}),
    "raw_youtube.playlist_items": (PLAYLIST, f"{YOUTUBE}playlistItems", {"reason": "playlistItemsNotAccessible"}),
    "raw_youtube.comments": (VIDEO, f"{YOUTUBE}commentThreads", {"reason": "processingFailure"}),
    "raw_youtube.captions": (VIDEO, f"{YOUTUBE}captions", REFUSED),
    "raw_youtube.charts": (REGION, f"{YOUTUBE}videos", {"reason": "videoChartNotFound"}),
    "raw_youtube.video_statistics": (VIDEO, f"{YOUTUBE}videos", REFUSED),
    "raw_youtube.competitor_channels": (CHANNEL, f"{YOUTUBE}channels", REFUSED),
    "raw_youtube.competitor_videos": (CHANNEL, f"{YOUTUBE}playlistItems", {"reason": "playlistItemsNotAccessible"}),
    "raw_youtube.uploads": (CHANNEL, f"{YOUTUBE}playlistItems", {"reason": "playlistItemsNotAccessible"}),
    "raw_youtube.analytics_daily": (VIDEO, "/v2/", {"reason": "badRequest"}),
    "raw_youtube.analytics_revenue": (CHANNEL, "/v2/", {"reason": "accessNotConfigured", "status": 403}),
    "raw_youtube.analytics_channel_revenue": (CHANNEL, "/v2/", {"reason": "insufficientPermissions", "status": 403}),
    "raw_youtube.analytics_retention": (VIDEO, "/v2/", {"reason": "badRequest"}),
    "raw_google.trends": (COUNTRY, "/trending/", {"status": 404}),
    "raw_reddit.posts": (SUBREDDIT, "/r/", {"status": 403, "reason": "private"}),
    "raw_feeds.entries": (FEED, "/feeds/", {"status": 404}),
    "raw_hackernews.stories": (STORY, "/v0/item/", {"status": 404}),
    "raw_wikipedia.article_views": (ARTICLE, "/api/rest_v1/metrics/pageviews/per-article/", {"status": 404}),
}
"""The kind of member that is made to fail, and how. In every other table it is a channel that its service refuses."""


def named(table: str, kind: str, row: LandedRow) -> str:
    """The member of a kind that a row belongs to."""
    value: Any = row.payload
    path = members_of(table)[kind]
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return str(value) if path else row.row_key.partition(":")[0]


def aim_at(bench: Bench, table: str, sound: list[LandedRow]) -> Aim | None:
    """A member of those that a sound read of the same day has rows of: the last, not to be the first that is asked for."""
    channel = (CHANNEL, "/v1/" if table.startswith("raw_reporting.") else "/v2/", REFUSED)
    kind, path, options = AIMS.get(table, channel)
    members = sorted({named(table, kind, row) for row in sound})
    if table in OLD_ONCE_A_WEEK and kind == VIDEO:
        # An old one that fails on its turn is asked for again on the next day, on which the others are not.
        daily = {row.row_key for row in bench.rows("raw_youtube.videos")}
        members = [member for member in members if member in daily]
    if table not in AIMS and not members:
        members = sorted(bench.youtube.channel_ids)
    if not members:
        return None
    member = members[-1]
    is_competitor = table == "raw_youtube.competitor_videos"
    return Aim(kind, member, path, options, f"UU{member[2:]}" if is_competitor else None)


def hit_one(bench: Bench, table: str, day: date, sound: list[LandedRow]) -> Hit | None:
    """Read a table while one of its members fails; None where there is none to fail."""
    aim = None if table in ONE_MEMBER else aim_at(bench, table, sound)
    if aim is None:
        bench.read(table, day)
        return None
    most = 10_000
    bench.simulator.fault(aim.path, count=most, member=aim.hit or aim.member, **aim.options)
    try:
        outcome = outcome_of(bench, table, day)
        (fault,) = bench.simulator.faults()
    finally:
        bench.simulator.mend()
    return Hit(aim, outcome, most - fault["count"])


class Reads:
    """The reads that the categories judge: each is made once, of all the tables asked for and those they follow."""

    def __init__(self, new: NewBench, tables: Iterable[str]) -> None:
        self._new = new
        asked = set(tables)
        asked |= {COMPANIONS[table] for table in asked if table in COMPANIONS}
        needed = asked.union(*(followed_by(table) for table in asked))
        self.tables = [table for table in FEEDS if table in needed]

    def _read(self, bench: Bench, day: date = DAY) -> dict[str, Outcome]:
        return {table: outcome_of(bench, table, day) for table in self.tables}

    @cached_property
    def _bench(self) -> Bench:
        return self._new()

    @cached_property
    def first(self) -> dict[str, Outcome]:
        """A day, from nothing."""
        return self._read(self._bench)

    @cached_property
    def again(self) -> dict[str, Outcome]:
        """The same day once more."""
        _ = self.first
        return self._read(self._bench)

    @cached_property
    def next_day(self) -> dict[str, Outcome]:
        """The day after."""
        _ = self.again
        return self._read(self._bench, NEXT_DAY)

    @cached_property
    def third_day(self) -> dict[str, Outcome]:
        """The day after that."""
        _ = self.next_day
        return self._read(self._bench, THIRD_DAY)

    @cached_property
    def _other_bench(self) -> Bench:
        return self._new()

    @cached_property
    def refreshed(self) -> dict[str, Outcome]:
        """The first day, elsewhere, from nothing."""
        return self._read(self._other_bench)

    def _read_with_one_failing(self, day: date, sound: dict[str, Outcome]) -> dict[str, Hit | None]:
        hits = {}
        for table in self.tables:
            hits[table] = hit_one(self._other_bench, table, day, sound[table].rows)
            if any(table in feed.follows for feed in FEEDS.values()):
                self._other_bench.read(table, day)  # what follows is judged by its own member alone
        return hits

    @cached_property
    def failing_again(self) -> dict[str, Hit | None]:
        """The same day once more, elsewhere, while one member of each table in turn fails."""
        sound, _ = self.again, self.refreshed
        return self._read_with_one_failing(DAY, sound)

    @cached_property
    def failing_next_day(self) -> dict[str, Hit | None]:
        """The day after, elsewhere, while one member of each table in turn fails."""
        sound, _ = self.next_day, self.failing_again
        return self._read_with_one_failing(NEXT_DAY, sound)

    @cached_property
    def mended(self) -> dict[str, Outcome]:
        """The third day, elsewhere, after all have come back."""
        _ = self.failing_next_day
        return self._read(self._other_bench, THIRD_DAY)

    @cached_property
    def next_day_alone(self) -> dict[str, Outcome]:
        """The day after, from nothing."""
        return self._read(self._new(), NEXT_DAY)

    @cached_property
    def with_far_future_state(self) -> dict[str, Outcome]:
        """The first day, after a landing that claims to come from the far future."""
        bench = self._new()
        for table in self.tables:
            land(bench.engine, table, DAY - timedelta(days=1), [], FAR_FUTURE)
        return self._read(bench)

    @cached_property
    def unreachable(self) -> dict[str, Outcome]:
        """The first day, what is followed having landed, from services that are away."""
        bench = self._new(base_url=NOWHERE)
        here = bench.simulator.base_url
        for table in {followed for feed in FEEDS.values() for followed in feed.follows} & set(self.tables):
            rows = [
                RawRow(row.row_key, json.loads(json.dumps(row.payload).replace(here, NOWHERE)), row.source)
                for row in self.first[table].rows
            ]
            land(bench.engine, table, DAY, rows, noon(DAY))
        return self._read(bench)

    @cached_property
    def secrets(self) -> list[str]:
        return self._bench.secrets


VIEWED = [
    f"raw_reporting.channel_{name}"
    for name in ("combined_a3", "device_os_a3", "playback_location_a3", "subtitles_a3", "traffic_source_a3")
]
BY_DAY = [f"raw_youtube.analytics_{name}" for name in ("countries", "devices", "playback_locations", "channel_daily")]
COMPANIONS = {
    **dict.fromkeys(VIEWED, "raw_reporting.channel_basic_a3"),
    **dict.fromkeys(BY_DAY, "raw_youtube.analytics_traffic"),
    "raw_youtube.playlist_items": "raw_youtube.playlists",
}
"""What a table must agree with: the same views, seen another way."""


def incomplete(reads: Reads, table: str) -> list[str]:
    """What is missing of a table by the word of another, or of its own."""
    rows, companion = reads.first[table].rows, reads.first.get(COMPANIONS.get(table, ""))
    if table == "raw_youtube.charts":
        return [] if len(rows) == 250 else [f"{len(rows)} places of five charts of fifty"]
    if companion is None:
        return []
    if table == "raw_youtube.playlist_items":
        said = {row.row_key: int(row.payload["contentDetails"]["itemCount"]) for row in companion.rows}
        found = Counter(row.row_key.partition(":")[0] for row in rows)
        return [f"playlist {key} has {found[key]} items of {number}" for key, number in said.items() if found[key] != number]
    mine, theirs = _views(rows), _views(companion.rows)
    days = [day for day in {**mine, **theirs} if mine.get(day) != theirs.get(day)]
    return [f"{mine.get(day)} views of {theirs.get(day)} on {day}" for day in sorted(days)[:MOST_TOLD]]


def _views(rows: list[LandedRow]) -> Counter[tuple[str, str]]:
    """Views by day and channel."""
    views: Counter[tuple[str, str]] = Counter()
    for row in rows:
        day = row.payload.get("date") or row.payload["day"]
        views[day, row.payload["channel_id"]] += int(row.payload["views"])
    return views


def specification(reads: Reads, table: str) -> list[str]:
    """The feed says what it is, and every part of the platform knows its table."""
    feed = FEEDS[table]
    claims = {
        "its table is no raw table": feed.table in TABLES and feed.table == table,
        "its description does not end with the grain": re.search(r"One row per [^.]+\.$", feed.description) is not None,
        "nobody checks its shape": table in SHAPES,
        "nobody says whose its rows are": table in ONE_MEMBER or bool(members_of(table)),
        "the warehouse does not know it": table in documented_sources(),
        "what it follows is no feed before it": all(
            list(FEEDS).index(followed) < list(FEEDS).index(table) for followed in feed.follows
        ),
    }
    return [problem for problem, holds in claims.items() if not holds]


@cache
def documented_sources() -> frozenset[str]:
    """The raw tables that dbt reads."""
    files = (ROOT / "dbt/models/staging").rglob("*sources.yml")
    sources = [source for file in files for source in yaml.safe_load(file.read_text()).get("sources", [])]
    return frozenset(f"{source['schema']}.{table['name']}" for source in sources for table in source["tables"])


def connection(reads: Reads, table: str) -> list[str]:
    """A service that cannot be reached is a transient error, told in a sentence, and what landed before stays."""
    outcome, problems = reads.unreachable[table], []
    if not reads.first[table].rows and table in MAY_BE_EMPTY:
        return []  # nothing to ask for
    if outcome.error is None:
        problems.append("a service that is away goes unnoticed")
    elif not isinstance(outcome.error, Transient):
        problems.append(f"a service that is away ends with {type(outcome.error).__name__}: {outcome.error}")
    if any(secret in str(outcome.error) for secret in reads.secrets):
        problems.append("a secret is told in an error")
    is_followed = any(table in feed.follows for feed in FEEDS.values())
    if len(outcome.rows) != (len(reads.first[table].rows) if is_followed else 0):
        problems.append("rows changed though the service was away")
    return problems


def discovery(reads: Reads, table: str) -> list[str]:
    """Rows have the columns that are promised, no secret, and nobody's name."""
    problems = []
    rows = reads.first[table].rows
    columns = {column for row in rows for column in row.payload}
    required = {known.path.partition(".")[0] for known in SHAPES[table].fields.values() if known.is_required}
    if rows and not required <= columns:
        problems.append(f"columns are missing: {', '.join(sorted(required - columns))}")
    for row in rows:
        said = json.dumps(row.payload)
        if any(secret in said for secret in reads.secrets):
            problems.append(f"row {row.row_key} holds a secret")
        if table in OF_PERSONS and PERSON.search(said):
            problems.append(f"row {row.row_key} tells who wrote it")
    return problems[:MOST_TOLD]


def basic_read(reads: Reads, table: str) -> list[str]:
    """A day's read lands rows of the promised shape, rejects and voids nothing of a sound source, and pays for each call."""
    read = reads.first[table]
    if read.done is None:
        return [f"reading ends with {type(read.error).__name__}: {read.error}"]
    problems = []
    if read.accounted != read.done.quota_units:
        problems.append(f"the ledger counts {read.accounted} units, the gate {read.done.quota_units}")
    if read.accounted < read.charged:
        problems.append(f"the service charged {read.charged} units, and {read.accounted} were accounted")
    if not read.rows and table not in MAY_BE_EMPTY:
        problems.append("no rows")
    if read.done.landing.stopped_by:
        problems.append(f"it was stopped: {read.done.landing.stopped_by}")
    problems += [f"a row was rejected: {reason}" for reason in read.rejected[:MOST_TOLD]]
    if read.done.landing.voided_count:
        problems.append(f"{read.done.landing.voided_count} values were voided")
    problems += [f"shape: {found.claim}, for example {', '.join(found.examples)}" for found in read.broken if read.rows]
    problems += [f"row {row.row_key} does not say where it comes from" for row in read.rows if not row.source][:MOST_TOLD]
    problems += incomplete(reads, table)
    moments = {row.fetched_at for row in read.rows}
    if moments - {noon(DAY)}:
        problems.append(f"rows were fetched at {', '.join(map(str, moments))}, and the day's moment is {noon(DAY)}")
    return problems


def full_refresh(reads: Reads, table: str) -> list[str]:
    """Two reads of the same moment from nothing are the same rows; and so is a read that is repeated."""
    problems = []
    first, other, again = reads.first[table], reads.refreshed[table], reads.again[table]
    for what, read in (("another read from nothing", other), ("the same read again", again)):
        if read.digest != first.digest:
            changed = [key for key in {**first.latest, **read.latest} if first.latest.get(key) != read.latest.get(key)]
            problems.append(f"{what} differs in {len(changed)} rows, for example {', '.join(sorted(changed)[:3])}")
    return problems


def sequential_reads(reads: Reads, table: str) -> list[str]:
    """What two days bring one after the other holds all that the second day brings by itself, and does not cost more."""
    feed, first, second, alone = FEEDS[table], reads.first[table], reads.next_day[table], reads.next_day_alone[table]
    if second.done is None or alone.done is None:
        error = second.error or alone.error
        return [f"reading ends with {type(error).__name__}: {error}"]
    problems = []
    common = {row.row_key: row.payload for row in first.rows if row.row_key in second.latest}
    stands_still = common and all(second.latest[key] == payload for key, payload in common.items())
    if feed.cadence.is_snapshot and stands_still and table not in MAY_STAND_STILL:
        problems.append("a day later nothing has changed")
    if first.rows and second.done.calls > alone.done.calls:
        problems.append(f"a read that goes on takes {second.done.calls} calls, one from nothing {alone.done.calls}")
    if not feed.cadence.is_snapshot and table not in READ_LATER:
        wanted = alone.latest
        if table in OLD_ONCE_A_WEEK:
            daily = reads.next_day_alone["raw_youtube.videos"].latest
            wanted = {key: row for key, row in wanted.items() if row["video"] in daily}
        lost = sorted(set(wanted) - set(second.latest))
        stale = sorted(key for key, row in wanted.items() if key not in lost and figures(row) != figures(second.latest[key]))
        for what, keys in (("lost between two reads", lost), ("stale after two reads", stale)):
            if keys:
                problems.append(f"{len(keys)} rows are {what}, for example {keys[0]}")
    return problems


def figures(payload: dict[str, Any]) -> dict[str, Any]:
    """A row without the name of the report that brought it."""
    return {name: value for name, value in payload.items() if name not in {"report_id", "report_created_at"}}


def far_future_state(reads: Reads, table: str) -> list[str]:
    """A state from the far future, as a wrong clock leaves it, ends in no error, and the day's rows have their shape."""
    read = reads.with_far_future_state[table]
    if read.done is None:
        return [f"reading ends with {type(read.error).__name__}: {read.error}"]
    return [f"shape: {found.claim}" for found in read.broken if not found.is_warning]


def one_of_several_fails(reads: Reads, table: str) -> list[str]:
    """A member that fails is left out by name; the others land as they would, what it had stays, and what it missed is read when
    it comes back."""
    if table in ONE_MEMBER:
        return []
    hits = {"again": reads.failing_again[table], "the next day": reads.failing_next_day[table]}
    sounds = {"again": reads.again[table], "the next day": reads.next_day[table]}
    problems = []
    if not any(hit is not None and hit.calls for hit in hits.values()):
        problems.append("no member of it could be made to fail")
    for when, hit in hits.items():
        if hit is None or not hit.calls:
            continue
        problems += [f"{when}: {problem}" for problem in _left_out_wrongly(table, hit, sounds[when], stays=when == "again")]
    return problems + _not_caught_up(reads, table)


def _left_out_wrongly(table: str, hit: Hit, sound: Outcome, *, stays: bool) -> list[str]:
    aim, read = hit.aim, hit.outcome
    if read.done is None:
        return [f"one {aim.kind} that fails ends the table with {type(read.error).__name__}: {read.error}"]
    problems = []
    if [(left.kind, left.member) for left in read.left_out] != [(aim.kind, aim.member)]:
        problems.append(f"left out are {', '.join(map(str, read.left_out)) or 'none'}; it was {aim.kind} {aim.member}")
    if not all(left.reason for left in read.left_out):
        problems.append("no reason is told")
    if read.done.landing.stopped_by or len(read.rejected) != len(sound.rejected):
        problems.append(f"it is told otherwise too: {read.done.landing.stopped_by or read.rejected[-1:]}")

    def of_others(outcome: Outcome) -> dict[str, dict[str, Any]]:
        rows = [row for row in outcome.rows if stays or named(table, aim.kind, row) != aim.member]
        return {row.row_key: figures(dict(row.payload)) for row in rows}

    expected, found = of_others(sound), of_others(read)
    for what, keys in (
        ("lost", expected.keys() - found.keys()),
        ("there that should not be", found.keys() - expected.keys()),
        ("changed", {key for key in expected.keys() & found.keys() if expected[key] != found[key]}),
    ):
        if keys:
            problems.append(f"{len(keys)} rows {'' if stays else 'of others '}are {what}, for example {min(keys)}")
    return problems


def _not_caught_up(reads: Reads, table: str) -> list[str]:
    """What is missing after the member has come back."""
    expected, found = reads.third_day[table], reads.mended[table]
    if found.done is None:
        return [f"the day after ends with {type(found.error).__name__}: {found.error}"]
    problems = [f"{left} is still left out" for left in found.left_out]
    is_snapshot = FEEDS[table].cadence.is_snapshot
    wanted = {row.row_key: row.payload for row in expected.rows} if is_snapshot else expected.latest
    have = {row.row_key: row.payload for row in found.rows} if is_snapshot else found.latest
    if table in OLD_ONCE_A_WEEK:
        daily = {row.row_key for row in reads.third_day["raw_youtube.videos"].rows}
        wanted = {key: payload for key, payload in wanted.items() if payload["video"] in daily}
    lost = [key for key, payload in wanted.items() if key not in have or figures(have[key]) != figures(dict(payload))]
    if lost and table not in STANDS_WHERE_IT_WAS:
        problems.append(f"{len(lost)} rows are lost or old after the member came back, for example {min(lost)}")
    return problems


STANDS_WHERE_IT_WAS = {
    "raw_youtube.snapshots": "counts of an hour can be read in that hour alone",
    "raw_youtube.thumbnails": "a picture that was left out comes in the next partition",
    "raw_youtube.captions": "dear calls: so many a day, in turn",
    "raw_youtube.analytics_search_terms": "each day has a window of its own, of which the next holds most",
    "raw_youtube.analytics_demographics": "each day has a window of its own, of which the next holds most",
}
"""What cannot be read afterwards, or lies elsewhere then."""


Category = Callable[[Reads, str], list[str]]
CATEGORIES: dict[str, Category] = {
    "specification": specification,
    "connection": connection,
    "discovery": discovery,
    "basic read": basic_read,
    "full refresh": full_refresh,
    "two sequential reads": sequential_reads,
    "far-future state": far_future_state,
    "one of several fails": one_of_several_fails,
}
