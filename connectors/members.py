"""One bad member is not the whole: what becomes of an error while the members of a table (channels, videos, regions, feeds …) are
read, one by one or in batches.

The rule, for every source:

- A permanent error belongs to the member that it was met at. The member is left out by name (`LeftOut`), what it had stays, and
  all others are read.
- A transient error, spent quota or money, a missing setting and a broken machine belong to the call, and end it.
- An error of an account (its consent has ended) belongs to the account: nothing more is asked for it.
- An error that all members meet alike is no member's own, and ends the call too.

Readers yield rows and `LeftOut` as they go; `connectors.landing` keeps both, `connectors.feeds.known` says what is still to be
read of a member that was left out, and `connectors.absences` since when it has been."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from types import MappingProxyType
from typing import TypeVar

from core.errors import BudgetExceeded, Environment, NotConfigured, NotReady, Permanent, QuotaExhausted, YtempireError

LOGGER = logging.getLogger(__name__)

Item = TypeVar("Item")
Row = TypeVar("Row")
Id = TypeVar("Id", bound=str)

CHANNEL, HANDLE, VIDEO, PLAYLIST, REGION, REPORT = "channel", "handle", "video", "playlist", "region", "report"
COUNTRY, SUBREDDIT, FEED, ARTICLE, STORY = "country", "subreddit", "feed", "article", "item"

STANDING = frozenset({CHANNEL, HANDLE, REGION, COUNTRY, SUBREDDIT, FEED})
"""Kinds that the operator chose, which are the same every day: where none of them could be read, nothing could."""

ALIKE = 5
"""So many videos, articles … that all fail in one way are no accident; fewer may each be broken."""

WORKERS = 4
_PROBED = 8
"""Parts of a batch that are asked for one by one before it is given up: where each of them fails, so will the rest."""

OF_THE_CALL = (QuotaExhausted, BudgetExceeded, NotConfigured, NotReady, Environment)

Path = tuple[str, ...]
KEY: Path = ()
"""In `MEMBERS`: the row key up to its first colon."""

_CHANNEL: Mapping[str, Path] = {CHANNEL: ("channel_id",)}
_CHANNEL_VIDEO: Mapping[str, Path] = {CHANNEL: ("channel_id",), VIDEO: ("video",)}
_ANALYTICS = (
    *("daily", "revenue", "retention", "traffic", "search_terms", "countries", "demographics"),
    *("devices", "playback_locations", "channel_daily", "channel_revenue"),
)
MEMBERS: Mapping[str, Mapping[str, Path]] = MappingProxyType(
    {
        "raw_youtube.channels": {CHANNEL: ("id",)},
        "raw_youtube.videos": {CHANNEL: ("snippet", "channelId"), VIDEO: ("id",)},
        "raw_youtube.uploads": {CHANNEL: ("snippet", "channelId"), VIDEO: ("id",)},
        "raw_youtube.thumbnails": {VIDEO: ("video_id",)},
        "raw_youtube.playlists": {CHANNEL: ("snippet", "channelId")},
        "raw_youtube.playlist_items": {CHANNEL: ("snippet", "channelId"), PLAYLIST: ("snippet", "playlistId")},
        "raw_youtube.comments": {CHANNEL: ("snippet", "channelId"), VIDEO: ("snippet", "videoId")},
        "raw_youtube.captions": {VIDEO: ("snippet", "videoId")},
        "raw_youtube.snapshots": {VIDEO: ("video_id",)},
        "raw_youtube.charts": {REGION: ("region",)},
        "raw_youtube.video_statistics": {VIDEO: ("id",)},
        "raw_youtube.competitor_channels": {CHANNEL: ("id",), HANDLE: ("snippet", "customUrl")},
        "raw_youtube.competitor_videos": {CHANNEL: ("snippet", "channelId"), VIDEO: ("id",)},
        **{f"raw_youtube.analytics_{name}": _CHANNEL for name in _ANALYTICS},
        **{f"raw_youtube.analytics_{name}": _CHANNEL_VIDEO for name in ("daily", "revenue", "retention")},
        "raw_google.trends": {COUNTRY: ("geo",)},
        "raw_reddit.posts": {SUBREDDIT: KEY},
        "raw_feeds.entries": {FEED: ("feed",)},
        "raw_hackernews.stories": {STORY: KEY},
        "raw_wikipedia.pageviews": {},
        "raw_wikipedia.article_views": {ARTICLE: ("article",)},
    }
)
"""By table and kind of member: where a row's payload names its member. Bulk reports (`raw_reporting`) are all alike."""

_BULK_REPORT: Mapping[str, Path] = {CHANNEL: ("channel_id",), REPORT: ("report_id",)}


def members_of(table: str) -> Mapping[str, Path]:
    """The kinds of members of a raw table, and where its rows name them."""
    return _BULK_REPORT if table.startswith("raw_reporting.") else MEMBERS[table]


@dataclass(frozen=True)
class LeftOut:
    """A member that could not be read for an error of its own. In a stream of rows: what it had stays.

    Attributes:
        kind: `channel`, `video`, `region` …
        member: its id or name.
        reason: one sentence for the operator: what is wrong.
        remedy: one sentence: the way out; empty where there is none but to wait.
        error: what was met.
    """

    kind: str
    member: str
    reason: str
    remedy: str = ""
    error: YtempireError | None = field(default=None, compare=False, repr=False)

    @classmethod
    def of(cls, kind: str, member: str, error: YtempireError) -> LeftOut:
        """A member with the error that was met at it."""
        return cls(kind, member, error.message, error.remedy, error)

    def __str__(self) -> str:
        return f"{self.kind} {self.member} ({self.reason})"


def is_its_own(error: BaseException) -> bool:
    """Whether an error that was met at a member belongs to it, not to the call."""
    if not isinstance(error, Permanent):
        return False
    return error.is_of_account or not isinstance(error, OF_THE_CALL)


class Members:
    """The members of one kind during one reading, and which of them failed. Safe to share among threads.

    Args:
        apart: each member is a service of its own, so that a transient error is its own too.
    """

    def __init__(self, kind: str, *, apart: bool = False) -> None:
        self._kind = kind
        self._apart = apart
        self._lock = threading.Lock()
        self._is_some_read = False
        self._failed: dict[tuple[str, str], LeftOut] = {}
        self._refused: dict[str, LeftOut] = {}

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """Those that failed so far, in the order in which they did."""
        with self._lock:
            return tuple(self._failed.values())

    def read(
        self, member: str | Sequence[str], read: Callable[[], Iterable[Row]], owner: str | None = None
    ) -> list[Row | LeftOut]:
        """What is read of a member, whole; or that it was left out, where its reading ends with an error of its own.

        Args:
            member: its name; several for what is read of a batch.
            owner: the channel that it is read for. Once that is refused, nothing more is asked for it.

        Raises what belongs to the call."""
        names = [member] if isinstance(member, str) else list(member)
        account = names[0] if self._kind == CHANNEL and len(names) == 1 else owner
        with self._lock:
            known = None if account is None else self._refused.get(account)
        if known is not None:
            return [known]
        try:
            rows: list[Row | LeftOut] = list(read())
        except YtempireError as error:
            if not is_its_own(error) and (not self._apart or isinstance(error, OF_THE_CALL)):
                raise
            if error.is_of_account and account is not None:
                left_out = [LeftOut.of(CHANNEL, account, error)]
                with self._lock:
                    self._refused.setdefault(account, left_out[0])
            else:
                left_out = [LeftOut.of(self._kind, name, error) for name in names]
            return [self._told(left) for left in left_out]
        with self._lock:
            self._is_some_read = True
        return [self._told(row) if isinstance(row, LeftOut) else row for row in rows]

    def _told(self, left: LeftOut) -> LeftOut:
        """What is first known of why a member is left out."""
        with self._lock:
            first = self._failed.setdefault((left.kind, left.member), left)
        if first is left:
            LOGGER.warning("Left out: %s", left)
        return first

    def finish(self) -> None:
        """Raise the error that all members met, where it is no member's own: every one of a standing kind, or many alike."""
        failed = self.left_out
        if self._is_some_read or not failed or failed[0].error is None:
            return
        is_alike = len({type(left.error) for left in failed}) == 1
        if self._kind in STANDING or (is_alike and len(failed) >= ALIKE):
            raise failed[0].error


def read_each(
    read: Callable[[Item], Iterable[Row]],
    items: Iterable[Item],
    kind: str,
    *,
    workers: int = WORKERS,
    names: Callable[[Item], str | Sequence[str]] = str,
    owner: Callable[[Item], str] | None = None,
    apart: bool = False,
    members: Members | None = None,
) -> Iterator[Row | LeftOut]:
    """The rows of each member in the order of the members, several of which are read at once; few wait in memory.

    A member's rows come whole or not at all; in place of one that failed comes that it was left out. Raises QuotaExhausted after
    the rows of all members that were read to their end; another error that belongs to the call at once; the error that all
    members met at the end.

    Args:
        names: the member that an item stands for, or the members of a batch.
        owner: the connected channel that an item is read for.
        apart: each member is a service of its own, so that a transient error is its own too.
        members: of a reading in several steps, which the caller finishes.
    """
    left = iter(items)
    reading: deque[Future[list[Row | LeftOut]]] = deque()
    spent: QuotaExhausted | None = None
    reader = members or Members(kind, apart=apart)
    told: set[tuple[str, str]] = set()

    def rows_of(item: Item) -> list[Row | LeftOut]:
        return reader.read(names(item), lambda: read(item), None if owner is None else owner(item))

    with ThreadPoolExecutor(max_workers=workers) as pool:
        try:
            while True:
                if spent is None:
                    reading.extend(pool.submit(rows_of, item) for item in islice(left, 2 * workers - len(reading)))
                if not reading:
                    break
                try:
                    rows = reading.popleft().result()
                except QuotaExhausted as error:
                    spent = spent or error
                    continue
                for row in rows:
                    if isinstance(row, LeftOut):
                        if (row.kind, row.member) in told:
                            continue
                        told.add((row.kind, row.member))
                    yield row
        finally:
            pool.shutdown(cancel_futures=True)
    if spent is not None:
        raise spent
    if members is None:
        reader.finish()


def in_parts(
    read: Callable[[Sequence[Id]], Iterable[Row]], batches: Iterable[Sequence[Id]], kind: str
) -> Iterator[Row | LeftOut]:
    """What one call after the other reads of batches; of a batch whose call fails for an error of its own, what its halves give,
    and so on down to the members that fail by themselves, which are left out.

    Raises the error where no part of any batch can be read."""
    parts = whole = list(batches)
    failed: list[tuple[Id, Permanent]] = []
    is_some = False
    while parts:
        smaller: list[Sequence[Id]] = []
        for part in parts:
            try:
                rows = list(read(part))
            except Permanent as error:
                if not is_its_own(error) or error.is_of_account:
                    raise
                middle = len(part) // 2
                if middle:
                    smaller += [part[:middle], part[middle:]]
                else:
                    failed += [(member, error) for member in part]
                last = error
            else:
                is_some = True
                yield from rows
        if not is_some and ((len(parts) >= _PROBED and parts is not whole) or not smaller):
            raise last
        parts = smaller
    for member, reason in sorted(failed, key=lambda entry: entry[0]):
        yield LeftOut.of(kind, member, reason)


def by_kind(left_out: Iterable[LeftOut]) -> dict[str, Collection[str]]:
    """Names of members by their kind."""
    found: dict[str, set[str]] = {}
    for left in left_out:
        found.setdefault(left.kind, set()).add(left.member)
    return dict(found)
