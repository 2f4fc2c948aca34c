"""Raw rows and how they reach Postgres: a partition at a time, whole or not at all.

All raw tables have one shape (see core/postgres/migrations): the payload is kept as it came, with its source and the time of
fetching. What a payload should look like is said in `connectors.checks`; what it means is dbt's work."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from core.digest import digest_value
from core.errors import InvalidInput, UnknownName

if TYPE_CHECKING:
    from psycopg import Connection, Cursor
    from sqlalchemy import Engine

TABLES = (
    "raw_youtube.channels",
    "raw_youtube.videos",
    "raw_youtube.thumbnails",
    "raw_youtube.video_statistics",
    "raw_youtube.analytics_daily",
    "raw_youtube.reach_daily",
    "raw_youtube.charts",
    "raw_hackernews.stories",
    "raw_wikipedia.pageviews",
)

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""Characters that JSON may hold and Postgres text may not: NUL and lone halves of surrogate pairs."""


@dataclass(frozen=True)
class RawRow:
    """One row as a source gave it.

    Attributes:
        row_key: what the row is about, unique within its partition.
        payload: the source's own JSON object.
        source: which API gave it, for example `youtube.videos`.
    """

    row_key: str
    payload: Mapping[str, Any]
    source: str


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
    """One landing of one partition, as `ops.landings` holds it."""

    landing_id: int
    row_count: int
    digest: str
    fetched_at: datetime


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


def land(engine: Engine, table: str, partition_on: date, rows: Iterable[RawRow], fetched_at: datetime) -> Landing:
    """Replace one partition of a raw table, in one transaction: on any failure the old rows stay.

    Of rows with the same key the last one wins. Landing the same rows again changes nothing but the landing's number.
    Raises InvalidInput for a payload that is no JSON (NaN, an unknown type).
    """
    key = asset_key(table)
    unique = {storable(row.row_key): row for row in rows}
    lines = [(row_key, row.source, _dump(row.payload, table, row_key)) for row_key, row in sorted(unique.items())]
    digest = digest_value(lines)
    with engine.begin() as connection:
        raw: Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]
        with raw.cursor() as cursor:
            # Two runs of one partition take turns; without this the second would fail on the first one's primary keys.
            cursor.execute("select pg_advisory_xact_lock(hashtext(%s), %s)", (key, partition_on.toordinal()))
            cursor.execute(f"delete from {table} where partition_on = %s".encode(), (partition_on,))  # noqa: S608 (from TABLES)
            landing_id = _insert_landing(cursor, key, partition_on, fetched_at, len(lines), digest)
            copy = f"copy {table} (partition_on, row_key, landing_id, fetched_at, source, payload) from stdin"
            with cursor.copy(copy.encode()) as stream:
                for row_key, source, payload in lines:
                    stream.write_row((partition_on, row_key, landing_id, fetched_at, source, payload))
    return Landing(landing_id, len(lines), digest, fetched_at)


def _dump(payload: Mapping[str, Any], table: str, row_key: str) -> str:
    """Equal payloads give equal text. Few hold what Postgres refuses, so cleaning is done on sight of it only."""
    try:
        text = _canonical(payload)
        return _canonical(storable(payload)) if "\\u0000" in text or _UNSTORABLE.search(text) else text
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"Row {row_key!r} of {table} is not JSON: {error}.") from None


def _canonical(payload: Any) -> str:
    return json.dumps(payload, ensure_ascii=False, allow_nan=False, sort_keys=True)


def _insert_landing(cursor: Cursor[Any], key: str, partition_on: date, fetched_at: datetime, row_count: int, digest: str) -> int:
    cursor.execute(
        "insert into ops.landings (asset_key, partition_on, fetched_at, row_count, payload_digest)"
        " values (%s, %s, %s, %s, %s) returning landing_id",
        (key, partition_on, fetched_at, row_count, digest),
    )
    found = cursor.fetchone()
    assert found is not None
    return int(found[0])


def last_landing(engine: Engine, table: str, before: date) -> Landing | None:
    """The latest landing of the latest partition before a day, or None where there is none yet."""
    with engine.connect() as connection:
        row = connection.exec_driver_sql(
            "select landing_id, row_count, payload_digest, fetched_at from ops.landings"
            " where asset_key = %s and partition_on < %s order by partition_on desc, landing_id desc limit 1",
            (asset_key(table), before),
        ).first()
    return None if row is None else Landing(row.landing_id, row.row_count, row.payload_digest, row.fetched_at)


def has_landed(engine: Engine, table: str, day: date) -> bool:
    """Whether a partition has ever been landed, with rows or without."""
    with engine.connect() as connection:
        query = "select exists (select from ops.landings where asset_key = %s and partition_on = %s)"
        return bool(connection.exec_driver_sql(query, (asset_key(table), day)).scalar())


def landed(engine: Engine, table: str, first: date, last: date) -> list[LandedRow]:
    """The raw rows of the partitions `first` to `last`, both included, ordered by partition and key."""
    asset_key(table)
    with engine.connect() as connection:
        query = f"select partition_on, row_key, fetched_at, source, payload from {table}"  # noqa: S608 (from TABLES)
        rows = connection.exec_driver_sql(
            f"{query} where partition_on between %s and %s order by partition_on, row_key", (first, last)
        )
        return [LandedRow(*row) for row in rows]
