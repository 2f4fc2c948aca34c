"""Reads rows of the `feat_` tables for a join: only the keys asked for, only the time that can matter, in one pass per table."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import polars as pl
from psycopg import sql

from features.point_in_time import CREATED, EVENT

if TYPE_CHECKING:
    from feast import FeatureStore
    from psycopg import Connection

MOMENT = pl.Datetime("us", "UTC")
_MOST_KEYS = 20_000
"""Keys beyond which the whole window of a table is read, instead of picking from it."""


def connect(store: FeatureStore) -> Connection[Any]:
    """Open a connection to the warehouse that a store's offline features lie in, in UTC."""
    import psycopg

    config = store.config.offline_store
    return psycopg.connect(
        host=config.host,
        port=config.port,
        dbname=config.database,
        user=config.user,
        password=config.password,
        sslmode=config.sslmode,
        options="-c timezone=UTC",
    )


def read_rows(
    connection: Connection[Any],
    table: str,
    key: str,
    columns: Sequence[str],
    *,
    flags: Collection[str],
    keys: pl.Series,
    since: datetime | None,
    until: datetime,
) -> pl.DataFrame:
    """Read rows of a table such as `features.feat_channel__daily`.

    Args:
        flags: those of `columns` that are true or false in the table.
        keys: join keys that are asked for, distinct.
        since, until: bounds of the event time, both included; `until` bounds the created time too.

    Returns `key` as text, `event_timestamp` and `created_timestamp` in UTC, and each of `columns` as Float64.
    """
    # A flag becomes a number by way of an integer.
    numbers = [
        sql.SQL("{}::integer::double precision" if column in flags else "{}::double precision").format(sql.Identifier(column))
        for column in columns
    ]
    picked = len(keys) <= _MOST_KEYS
    query = sql.SQL(
        "copy (select {key}, {times}, {numbers} from {table} where {event} <= {until} and {created} <= {until}{since}{picked})"
        " to stdout (format csv)"
    ).format(
        key=sql.Identifier(key),
        # Whole microseconds: quicker to write and to read than a date spelled out.
        times=sql.SQL(", ").join(
            sql.SQL("(extract(epoch from {}) * 1000000)::bigint").format(sql.Identifier(column)) for column in (EVENT, CREATED)
        ),
        numbers=sql.SQL(", ").join(numbers),
        table=sql.Identifier(*table.split(".")),
        event=sql.Identifier(EVENT),
        created=sql.Identifier(CREATED),
        until=sql.Literal(until),
        since=sql.SQL(" and {} >= {}").format(sql.Identifier(EVENT), sql.Literal(since)) if since else sql.SQL(""),
        picked=sql.SQL(" and {} = any({})").format(sql.Identifier(key), sql.Literal(keys.to_list())) if picked else sql.SQL(""),
    )
    with connection.cursor().copy(query) as copy:
        written = b"".join(bytes(block) for block in copy)
    schema_of_rows = {key: pl.String, EVENT: pl.Int64, CREATED: pl.Int64} | dict.fromkeys(columns, pl.Float64)
    rows = pl.read_csv(written, has_header=False, schema=schema_of_rows) if written else pl.DataFrame(schema=schema_of_rows)
    return rows.with_columns(pl.col(EVENT, CREATED).cast(MOMENT))
