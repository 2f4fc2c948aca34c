"""Tables of features that SQL is no language for: the reading series of a video (`features.readings`) and its title
(`features.texts`), computed from the warehouse and kept beside dbt's own feature tables, one column per name of the definition.

A table belongs to one state of its definition: when names or formulas change, it is made anew, whole, so that no training row
mixes two meanings. Days are replaced in one transaction, and doing one again changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import polars as pl

from core.digest import digest_file, digest_value
from features import readings, texts
from features.point_in_time import CREATED, EVENT

if TYPE_CHECKING:
    from psycopg import Connection
    from sqlalchemy import Engine

SERIES_COLUMNS = (*readings.NOW, *readings.PAST)
TEXT_COLUMNS = texts.TITLE_COLUMNS
_KEYS = ("video_id", EVENT, CREATED, "partition_on")
_EARLIER = 30
"""Readings before the present one that a request tells of: as many as are looked at."""
_AT_ONCE = 20_000
"""Rows that are computed together."""
_MOMENT = pl.Datetime("us", "UTC")


@dataclass(frozen=True)
class Computed:
    """A table of computed features.

    Attributes:
        name: in schema `features`.
        columns: its features, in order.
        modules: where their formulas are.
        source: relation that its rows come from; it has `video_id` and `partition_on`.
        rows: computes the rows of videos from a day on.
    """

    name: str
    columns: tuple[str, ...]
    modules: tuple[ModuleType, ...]
    source: str
    rows: Callable[[Connection[Any], date], Iterator[pl.DataFrame]]

    @property
    def definition(self) -> str:
        """Digest of names and formulas."""
        files = [digest_file(Path(str(module.__file__))) for module in self.modules]
        return digest_value([self.columns, files])


def write_days(engine: Engine, table: Computed, first: date, last: date) -> int:
    """Compute the rows that readings of some days give or change; return their number.

    Those are the rows of these days and, for the videos read on them, of every later day, whose past they are part of. Of a
    table whose definition has changed, or that is not there yet, all rows of all days."""
    with engine.begin() as connection:
        raw: Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]
        raw.execute("select pg_advisory_xact_lock(hashtext(%s))", (table.name,))
        if _make(raw, table):
            first, last = _all_days(raw, table, first, last)
        raw.execute(
            f"""
            create temporary table wanted on commit drop as
            select video_id from {table.source} where partition_on between %(first)s and %(last)s
            union
            select video_id from features.{table.name} where partition_on between %(first)s and %(last)s
            """,  # noqa: S608 - names of this module
            {"first": first, "last": last},
        )
        raw.execute(
            f"delete from features.{table.name} where partition_on >= %s"  # noqa: S608
            " and video_id = any(array(select video_id from wanted))",
            (first,),
        )
        written = 0
        for rows in table.rows(raw, first):
            finite = (pl.when(pl.col(name).is_finite()).then(pl.col(name).cast(pl.Float64)).alias(name) for name in table.columns)
            text = rows.select(*_KEYS, *finite).write_csv(include_header=False)
            with raw.cursor().copy(f"copy features.{table.name} from stdin (format csv)") as copy:
                copy.write(text)
            written += rows.height
        raw.execute("drop table wanted")
    return written


def make_tables(engine: Engine) -> None:
    """Make the tables that are not there, empty."""
    with engine.begin() as connection:
        raw: Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]
        for table in TABLES:
            _make(raw, table)


def _make(connection: Connection[Any], table: Computed) -> bool:
    """Make the table unless it stands as it is defined now; return whether it was made."""
    found = connection.execute("select obj_description(to_regclass(%s))", (f"features.{table.name}",)).fetchone()
    if found is not None and found[0] is not None and str(found[0]).endswith(table.definition):
        return False
    columns = ", ".join(f"{name} double precision" for name in table.columns)
    connection.execute(
        f"""
        create schema if not exists features;
        drop table if exists features.{table.name};
        create table features.{table.name} (
            video_id text not null, {EVENT} timestamptz not null, {CREATED} timestamptz not null, partition_on date not null,
            {columns}
        );
        create unique index on features.{table.name} (video_id, {EVENT}, {CREATED});
        create index on features.{table.name} (partition_on);
        comment on table features.{table.name} is 'Computed by features.series, definition {table.definition}';
        """
    )
    return True


def _all_days(connection: Connection[Any], table: Computed, first: date, last: date) -> tuple[date, date]:
    row = connection.execute(f"select min(partition_on), max(partition_on) from {table.source}").fetchone()  # noqa: S608
    return (row[0], row[1]) if row is not None and row[0] is not None else (first, last)


def _series_rows(connection: Connection[Any], first: date) -> Iterator[pl.DataFrame]:
    query = """
        select
            video_id, read_at, max(known_at) over so_far as created_timestamp, partition_on, published_at, views, likes, comments,
            countries_count, category_id, duration_seconds
        from marts.fct_video_reading
        where video_id = any(array(select video_id from wanted))
        window so_far as (partition by video_id order by read_at, partition_on)
        order by video_id, read_at, partition_on
    """
    found = _read(
        connection,
        query,
        {
            "video_id": pl.String,
            "fetched_at": _MOMENT,
            CREATED: _MOMENT,
            "partition_on": pl.Date,
            "published_at": _MOMENT,
            **dict.fromkeys(("views", "likes", "comments", "n_countries", "category_id", "duration"), pl.Int64),
        },
    )
    for part in with_history(found).filter(pl.col("partition_on") >= first).iter_slices(_AT_ONCE):
        values = readings.trend_columns(part.with_columns(title=pl.lit("")))
        yield pl.concat([part.rename({"fetched_at": EVENT}).select(_KEYS), values.select(SERIES_COLUMNS)], how="horizontal")


def with_history(found: pl.DataFrame) -> pl.DataFrame:
    """Add `history`, the readings before each one as a request tells them, to readings in the order of video and time."""
    counts = ("views", "likes", "comments", "n_countries")
    cell = pl.concat_str(
        pl.col("fetched_at").dt.strftime("%Y-%m-%dT%H:%M:%S+00:00"),
        *(pl.col(name).cast(pl.String).fill_null("") for name in counts),
        separator="|",
    )
    placed = found.with_columns(place=pl.int_range(pl.len()).over("video_id"), cell=cell).with_row_index("row")
    # From each reading to the last one that still tells of it.
    told = (
        placed.select("video_id", "place", "cell")
        .with_columns(teller=pl.int_ranges(pl.col("place") + 1, pl.col("place") + 1 + _EARLIER))
        .explode("teller")
        .join(placed.select("video_id", "row", teller="place"), on=["video_id", "teller"])
        .sort("row", "place")
        .group_by("row", maintain_order=True)
        .agg(history=pl.col("cell").str.join(";"))
    )
    return placed.join(told, on="row", how="left", maintain_order="left").drop("row", "place", "cell")


def _text_rows(connection: Connection[Any], first: date) -> Iterator[pl.DataFrame]:
    query = """
        select video_id, event_timestamp, created_timestamp, partition_on, title
        from features.feat_video__profile
        where video_id = any(array(select video_id from wanted))
        order by video_id, event_timestamp, created_timestamp
    """
    schema = {"video_id": pl.String, EVENT: _MOMENT, CREATED: _MOMENT, "partition_on": pl.Date, "title": pl.String}
    for part in _read(connection, query, schema).filter(pl.col("partition_on") >= first).iter_slices(_AT_ONCE):
        yield pl.concat([part.select(_KEYS), texts.title_columns(part["title"])], how="horizontal")


def _read(connection: Connection[Any], query: str, schema: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(connection.execute(query).fetchall(), schema=schema, orient="row")


SERIES = Computed("feat_video__series", SERIES_COLUMNS, (readings, texts), "marts.fct_video_reading", _series_rows)
TEXT = Computed("feat_video__text", TEXT_COLUMNS, (texts,), "features.feat_video__profile", _text_rows)
TABLES = (SERIES, TEXT)
