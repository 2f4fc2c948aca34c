"""Raw rows and how they reach Postgres: a partition at a time, in one transaction, with what was refused and who was left out
beside it.

All raw tables have one shape (see core/postgres/migrations): the payload is kept as it came, with its source and the time of
fetching. Which rows are refused is said in `connectors.sift`, what a landing must look like in `connectors.checks`; what it
means is dbt's work."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import orjson

from connectors.members import LeftOut, Path, by_kind, members_of
from core.errors import InvalidInput, Transient, UnknownName

if TYPE_CHECKING:
    from psycopg import Connection, Cursor
    from sqlalchemy import Engine

REPORT_TYPES = (
    "channel_annotations_a1",
    "channel_basic_a3",
    "channel_cards_a1",
    "channel_combined_a3",
    "channel_demographics_a1",
    "channel_device_os_a3",
    "channel_end_screens_a1",
    "channel_playback_location_a3",
    "channel_province_a3",
    "channel_sharing_service_a1",
    "channel_subtitles_a3",
    "channel_traffic_source_a3",
    "playlist_basic_a2",
    "playlist_combined_a2",
    "playlist_device_os_a2",
    "playlist_playback_location_a2",
    "playlist_province_a2",
    "playlist_traffic_source_a2",
    "channel_reach_basic_a1",
    "channel_reach_combined_a1",
)
TABLES = (
    "raw_youtube.channels",
    "raw_youtube.videos",
    "raw_youtube.uploads",
    "raw_youtube.thumbnails",
    "raw_youtube.playlists",
    "raw_youtube.playlist_items",
    "raw_youtube.comments",
    "raw_youtube.captions",
    "raw_youtube.snapshots",
    "raw_youtube.charts",
    "raw_youtube.video_statistics",
    "raw_youtube.competitor_channels",
    "raw_youtube.competitor_videos",
    "raw_youtube.analytics_daily",
    "raw_youtube.analytics_revenue",
    "raw_youtube.analytics_channel_daily",
    "raw_youtube.analytics_channel_revenue",
    "raw_youtube.analytics_retention",
    "raw_youtube.analytics_traffic",
    "raw_youtube.analytics_search_terms",
    "raw_youtube.analytics_countries",
    "raw_youtube.analytics_demographics",
    "raw_youtube.analytics_devices",
    "raw_youtube.analytics_playback_locations",
    *(f"raw_reporting.{report_type}" for report_type in REPORT_TYPES),
    "raw_google.trends",
    "raw_reddit.posts",
    "raw_feeds.entries",
    "raw_hackernews.stories",
    "raw_wikipedia.pageviews",
    "raw_wikipedia.article_views",
)

MOST_REJECTED_KEPT = 10_000
REJECTED_TEXT_KEPT = 2_000
MOST_VOIDED_KEPT = 10_000
VOIDED_VALUE_KEPT = 200

_STAGE = """
    create temporary table if not exists landing_rows (place bigint, row_key text, source text, payload text)
    on commit delete rows
"""
_MOVE = """
    insert into {table} (partition_on, row_key, landing_id, fetched_at, source, payload)
    select distinct on (row_key) %s::date, row_key, %s::bigint, %s::timestamptz, source, payload::jsonb
    from pg_temp.landing_rows
    order by row_key, place desc
    on conflict (partition_on, row_key) do update
    set landing_id = excluded.landing_id, fetched_at = excluded.fetched_at, source = excluded.source, payload = excluded.payload
"""
_REJECT = """
    insert into ops.rejected_rows (asset_key, landing_id, row_key, place, reason, payload, rejected_at)
    values (%s, %s, %s, %s, %s, %s, %s)
"""
_VOID = """
    insert into ops.voided_values (asset_key, landing_id, row_key, field, reason, value, voided_at)
    values (%s, %s, %s, %s, %s, %s, %s)
"""
_LEAVE_OUT = """
    insert into ops.left_out_members (landing_id, asset_key, partition_on, member_kind, member_id, reason, remedy, left_out_at)
    values (%s, %s, %s, %s, %s, %s, %s, %s)
"""
_STILL_UNREAD = """
    update ops.landings
    set stopped_by = before.stopped_by, left_out_count = before.left_out_count
    from ops.landings as before
    where before.landing_id = %s and landings.landing_id = %s
"""
_STILL_LEFT_OUT = """
    insert into ops.left_out_members (landing_id, asset_key, partition_on, member_kind, member_id, reason, remedy, left_out_at)
    select %s, asset_key, partition_on, member_kind, member_id, reason, remedy, left_out_at
    from ops.left_out_members
    where landing_id = %s
"""
_LEFT_OUT = """
    select member_kind, member_id, reason, remedy from ops.left_out_members
    where landing_id = %s
    order by member_kind collate "C", member_id collate "C"
"""
_FINISH = """
    with landed as (
        select
            count(*) as row_count,
            encode(sha256(coalesce(string_agg(
                sha256(convert_to(row_key || chr(31) || source || chr(31) || payload::text, 'UTF8')),
                '' order by row_key collate "C"
            ), '')), 'hex') as digest
        from {table}
        where partition_on = %s
    )

    update ops.landings
    set
        row_count = landed.row_count, payload_digest = landed.digest, rejected_count = %s, stopped_by = %s,
        left_out_count = %s, voided_count = %s
    from landed
    where landing_id = %s
    returning landings.row_count, payload_digest
"""

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""Characters that JSON may hold and Postgres text may not: NUL and lone halves of surrogate pairs."""


@dataclass(frozen=True)
class Voided:
    """A doubtful value of a row that lands: in the payload the field is null.

    Attributes:
        field: path into the payload, with dots.
        reason: one sentence for the operator, without the value.
        value: as it came; its beginning is kept.
    """

    field: str
    reason: str
    value: str


@dataclass(frozen=True)
class RawRow:
    """One row as a source gave it.

    Attributes:
        row_key: what the row is about, unique within its partition.
        payload: the source's own JSON object.
        source: which API gave it, for example `youtube.videos`.
        voided: values that were taken out of the payload.
    """

    row_key: str
    payload: Mapping[str, Any]
    source: str
    voided: tuple[Voided, ...] = ()


@dataclass(frozen=True)
class Rejected:
    """A row that must not land.

    Attributes:
        reason: one sentence for the operator, without the row's text.
        text: the row as it came; its beginning is kept.
        row_key: where it is known.
        place: where the row stood, for people: `line 7 of report 4711`.
    """

    reason: str
    text: str
    row_key: str | None = None
    place: str | None = None


@dataclass(frozen=True)
class Stopped:
    """Ends a stream of rows before its end: what came is landed, and rows of the partition that did not come again stay."""

    reason: str


@dataclass(frozen=True)
class Alongside:
    """A statement that belongs to a landing: it is executed in the landing's transaction, after the rows, or not at all.

    Attributes:
        changes: how many rows it must change. Where another run was faster, it changes fewer, and the landing is undone.
    """

    statement: str
    parameters: tuple[Any, ...]
    changes: int


Arrival = RawRow | Rejected | LeftOut | Alongside | Stopped
"""What a stream of rows may hold."""


@dataclass(frozen=True)
class LandedRow:
    """A raw row as it lies in the database."""

    partition_on: date
    row_key: str
    fetched_at: datetime
    source: str
    payload: Mapping[str, Any]


@dataclass(frozen=True)
class Landing:
    """One landing of one partition, as `ops.landings` holds it.

    Attributes:
        row_count: rows of the partition after it.
        digest: of the partition's rows; equal rows give an equal digest.
        stopped_by: why it ended early, or None.
        left_out: members that could not be read, by kind and name; what the partition had of them stayed.
        voided_count: doubtful values that landed as null.
    """

    landing_id: int
    row_count: int
    digest: str
    fetched_at: datetime
    rejected_count: int = 0
    stopped_by: str | None = None
    left_out: tuple[LeftOut, ...] = ()
    voided_count: int = 0


def storable(value: Any) -> Any:
    """A JSON value without the characters that Postgres refuses: NUL is dropped, half a surrogate pair becomes U+FFFD."""
    if isinstance(value, str):
        return _UNSTORABLE.sub(lambda found: "" if found.group() == "\x00" else "�", value)
    if isinstance(value, Mapping):
        return {storable(key): storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [storable(item) for item in value]
    return value


def asset_key(table: str) -> str:
    """The key that `ops.landings` knows a raw table by: `raw_youtube/videos`. Raises UnknownName for other tables."""
    if table not in TABLES:
        raise UnknownName(f"{table!r} is not a raw table.", f"Choose one of {', '.join(TABLES)}.")
    return table.replace(".", "/")


def land(
    engine: Engine,
    table: str,
    partition_on: date,
    rows: Iterable[Arrival],
    fetched_at: datetime,
    *,
    of_landing: int | None = None,
) -> Landing:
    """Replace one partition of a raw table, in one transaction: on any failure the old rows stay, and so do those of members
    that were left out.

    The rows are streamed: memory does not grow with them. Of rows with the same key the last one wins. Landing the same rows
    again changes nothing but the landing's number. Raises InvalidInput for a payload that is no JSON (NaN, an unknown type),
    Transient where another run was faster with what belongs to the landing.

    Args:
        of_landing: for rows that were not fetched but taken from an earlier landing of the partition: what that left unread is
            still unread.
    """
    key = asset_key(table)
    with engine.begin() as connection:
        raw: Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]
        with raw.cursor() as cursor:
            # Two runs of one partition take turns; without this the second would fail on the first one's primary keys.
            cursor.execute("select pg_advisory_xact_lock(hashtext(%s), %s)", (key, partition_on.toordinal()))
            cursor.execute("set local work_mem = '128MB'")  # a partition's rows are sorted, and those of a report are many
            cursor.execute(_STAGE)
            stream = _Stream(table)
            with cursor.copy("copy pg_temp.landing_rows (place, row_key, source, payload) from stdin") as copy:
                for line in stream.lines(rows):
                    copy.write_row(line)
            cursor.execute(
                "insert into ops.landings (asset_key, partition_on, fetched_at, row_count, payload_digest)"
                " values (%s, %s, %s, 0, '') returning landing_id",
                (key, partition_on, fetched_at),
            )
            (landing_id,) = _one(cursor)
            left_out = stream.left_out
            if stream.stopped_by is None:
                _delete(cursor, table, partition_on, left_out)
            cursor.execute(_MOVE.format(table=table).encode(), (partition_on, landing_id, fetched_at))
            if stream.rejected:
                cursor.executemany(_REJECT, [(key, landing_id, *_told(rejected), fetched_at) for rejected in stream.rejected])
            if stream.voided:
                cursor.executemany(_VOID, [(key, landing_id, *texts, fetched_at) for texts in stream.voided])
            if left_out:
                about = (landing_id, key, partition_on)
                cursor.executemany(_LEAVE_OUT, [(*about, *_named(left), fetched_at) for left in left_out])
            counts = (stream.rejected_count, stream.stopped_by, len(left_out), stream.voided_count)
            cursor.execute(_FINISH.format(table=table).encode(), (partition_on, *counts, landing_id))
            row_count, digest = _one(cursor)
            if of_landing is not None:
                cursor.execute(_STILL_UNREAD, (of_landing, landing_id))
                cursor.execute(_STILL_LEFT_OUT, (landing_id, of_landing))
            for each in stream.alongside:
                cursor.execute(each.statement.encode(), each.parameters)
                if cursor.rowcount != each.changes:
                    raise Transient(f"Another run landed a part of {key} of {partition_on} meanwhile.", "Run it again.")
    return Landing(
        landing_id, row_count, digest, fetched_at, stream.rejected_count, stream.stopped_by, left_out, stream.voided_count
    )


def _delete(cursor: Cursor[Any], table: str, partition_on: date, left_out: Iterable[LeftOut]) -> None:
    """Delete the rows of a partition that are not of members that were left out. None where it is not known whose they are."""
    paths, members = members_of(table), by_kind(left_out)
    if not members.keys() <= paths.keys():
        return
    query = f"delete from {table} where partition_on = %s"  # noqa: S608 (from TABLES)
    given: list[Any] = [partition_on]
    for kind in sorted(members):
        name = named_at(paths[kind])
        query += f" and coalesce({name}, '') <> all (select lower(name) from unnest(%s::text[]) as name)"  # noqa: S608 (from MEMBERS)
        given.append(sorted(map(storable, members[kind])))
    cursor.execute(query.encode(), given)


def named_at(path: Path) -> str:
    """SQL: the name of the member that a row belongs to, in lower case: services tell names in a case of their own."""
    return f"lower(payload #>> '{{{','.join(path)}}}')" if path else "lower(split_part(row_key, ':', 1))"


class _Stream:
    """Turns the rows of a landing into lines of a COPY, and keeps what does not land."""

    def __init__(self, table: str) -> None:
        self._table = table
        self.rejected: list[Rejected] = []
        self.alongside: list[Alongside] = []
        self.rejected_count = 0
        self.voided: list[tuple[str, str, str, str]] = []
        self.voided_count = 0
        self.stopped_by: str | None = None
        self._left_out: dict[tuple[str, str], LeftOut] = {}

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        return tuple(self._left_out[name] for name in sorted(self._left_out))

    def lines(self, rows: Iterable[Arrival]) -> Iterator[tuple[int, str, str, str]]:
        for place, row in enumerate(rows):
            if isinstance(row, RawRow):
                if row.voided:
                    self._keep_voided(row)
                yield place, storable(row.row_key), row.source, _dump(row.payload, self._table, row.row_key)
            elif isinstance(row, Rejected):
                self.rejected_count += 1
                if len(self.rejected) < MOST_REJECTED_KEPT:
                    self.rejected.append(row)
            elif isinstance(row, Alongside):
                self.alongside.append(row)
            elif isinstance(row, LeftOut):
                self._left_out.setdefault((row.kind, row.member), row)
            else:
                self.stopped_by = row.reason
                return

    def _keep_voided(self, row: RawRow) -> None:
        self.voided_count += len(row.voided)
        if len(self.voided) < MOST_VOIDED_KEPT:
            key = storable(row.row_key)
            self.voided += [(key, one.field, one.reason, storable(one.value)[:VOIDED_VALUE_KEPT]) for one in row.voided]


def _told(rejected: Rejected) -> tuple[str | None, str | None, str, str]:
    texts = (rejected.row_key, rejected.place, rejected.reason, rejected.text[:REJECTED_TEXT_KEPT])
    return tuple(None if text is None else storable(text) for text in texts)  # type: ignore[return-value]


def _named(left: LeftOut) -> tuple[str, ...]:
    return tuple(storable(text) for text in (left.kind, left.member, left.reason, left.remedy))


def _one(cursor: Cursor[Any]) -> tuple[Any, ...]:
    found = cursor.fetchone()
    assert found is not None
    return tuple(found)


def _dump(payload: Mapping[str, Any], table: str, row_key: str) -> str:
    """Equal payloads give equal text. Few hold what Postgres refuses, so cleaning is done on sight of it only."""
    try:
        if set(map(type, payload.values())) == {str}:
            # Lines of CSV files hold texts alone. orjson writes these five times as fast; elsewhere it would take NaN for null.
            with suppress(orjson.JSONEncodeError):  # half a surrogate pair, or a name that is no text
                written = orjson.dumps(payload, option=orjson.OPT_SORT_KEYS)
                if b"\\u0000" not in written:
                    return written.decode()
        text = _canonical(payload)
        return _canonical(storable(payload)) if "\\u0000" in text or _UNSTORABLE.search(text) else text
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"Row {row_key!r} of {table} is not JSON: {error}.") from None


# Made once: `json.dumps` makes another for each of a day's million rows.
_canonical = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True).encode


def last_landing(engine: Engine, table: str, before: date, *, complete: bool = False) -> Landing | None:
    """The latest landing of the latest partition before a day, or None where there is none yet.

    With `complete`, landings that were stopped do not count: what they did not come to is still to be fetched."""
    with engine.connect() as connection:
        row = connection.exec_driver_sql(
            "select landing_id, row_count, payload_digest, fetched_at, rejected_count, stopped_by, voided_count from ops.landings"
            " where asset_key = %s and partition_on < %s and (stopped_by is null or not %s)"
            " order by partition_on desc, landing_id desc limit 1",
            (asset_key(table), before, complete),
        ).first()
        if row is None:
            return None
        left_out = connection.exec_driver_sql(_LEFT_OUT, (row.landing_id,))
        told = tuple(LeftOut(*each) for each in left_out)
        return Landing(
            row.landing_id,
            row.row_count,
            row.payload_digest,
            row.fetched_at,
            row.rejected_count,
            row.stopped_by,
            told,
            row.voided_count,
        )


def has_landed(engine: Engine, table: str, day: date) -> bool:
    """Whether a partition has ever been landed, with rows or without."""
    with engine.connect() as connection:
        query = "select exists (select from ops.landings where asset_key = %s and partition_on = %s)"
        return bool(connection.exec_driver_sql(query, (asset_key(table), day)).scalar())


def first_known_at(engine: Engine, table: str, day: date) -> datetime | None:
    """When a partition was last fetched on its own day, or else first at all; None for one that never landed.

    Rows that are landed again from an archive are no newer for it."""
    query = (
        "select coalesce(max(fetched_at) filter (where (fetched_at at time zone 'UTC')::date <= partition_on), min(fetched_at))"
        " from ops.landings where asset_key = %s and partition_on = %s"
    )
    with engine.connect() as connection:
        moment: datetime | None = connection.exec_driver_sql(query, (asset_key(table), day)).scalar()
    return moment


def is_last(engine: Engine, table: str, day: date) -> bool:
    """Whether no partition after a day's has ever been landed."""
    query = "select not exists (select from ops.landings where asset_key = %s and partition_on > %s)"
    with engine.connect() as connection:
        return bool(connection.exec_driver_sql(query, (asset_key(table), day)).scalar())


def partitions(engine: Engine, table: str) -> list[date]:
    """The partitions of a table that have ever been landed, in order."""
    query = "select distinct partition_on from ops.landings where asset_key = %s order by 1"
    with engine.connect() as connection:
        return list(connection.exec_driver_sql(query, (asset_key(table),)).scalars())


def count_rows(engine: Engine, table: str, day: date) -> int:
    """How many rows a partition has."""
    asset_key(table)
    with engine.connect() as connection:
        query = f"select count(*) from {table} where partition_on = %s"  # noqa: S608 (from TABLES)
        return int(connection.exec_driver_sql(query, (day,)).scalar_one())


def landed(engine: Engine, table: str, first: date, last: date) -> list[LandedRow]:
    """The raw rows of the partitions `first` to `last`, both included, ordered by partition and key."""
    asset_key(table)
    with engine.connect() as connection:
        query = f"select partition_on, row_key, fetched_at, source, payload from {table}"  # noqa: S608 (from TABLES)
        rows = connection.exec_driver_sql(
            f"{query} where partition_on between %s and %s order by partition_on, row_key", (first, last)
        )
        return [LandedRow(*row) for row in rows]
