"""What landed before, as far as it says what to ask for, and where a source that was stopped goes on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from connectors.feeds.feed import Request
from connectors.landing import LandedRow, asset_key, landed, last_landing
from core.ids import ChannelId, VideoId

if TYPE_CHECKING:
    from sqlalchemy import Engine

Key = TypeVar("Key", bound=str)

LOOKED_BACK = timedelta(days=7)
"""How old a row may be that stands in for one of a day that was stopped."""

NEVER = datetime.min.replace(tzinfo=UTC)


def newest_rows(request: Request, table: str) -> dict[str, LandedRow]:
    """The rows of the day by key; where its landing was stopped, what it left out as it was up to seven days before."""
    landing = last_landing(request.engine, table, request.day + timedelta(days=1))
    first = request.day if landing is None or landing.stopped_by is None else request.day - LOOKED_BACK
    return {row.row_key: row for row in landed(request.engine, table, first, request.day)}


def last_read(
    engine: Engine,
    table: str,
    path: Sequence[str],
    first: date,
    last: date,
    among: tuple[str, Sequence[str]] | None = None,
) -> dict[str, datetime]:
    """When rows were last fetched, by what stands at a path of their payload, in the partitions `first` to `last`.

    A partition that was fetched after its day knows no more than the day's end.

    Args:
        among: a field of the payload and values; only rows that have one of them there are looked at.
    """
    asset_key(table)
    known_at = "max(least(fetched_at, (partition_on + 1)::timestamp at time zone 'UTC'))"
    name, values = among or ("", ())
    query = (
        f"select payload #>> %s::text[], {known_at} from {table} where partition_on between %s and %s"  # noqa: S608 (from TABLES)
        " and (%s = '' or payload ->> %s = any(%s::text[])) group by 1"
    )
    with engine.connect() as connection:
        found = connection.exec_driver_sql(query, (list(path), first, last, name, name, list(values))).all()
    return {key: moment for key, moment in found if key is not None}


def texts_at(engine: Engine, table: str, path: Sequence[str], first: date, last: date) -> dict[str, str | None]:
    """What stands at a path of each row's payload, by row key: in the newest partition from `first` to `last` that has it."""
    asset_key(table)
    query = f"select row_key, payload #>> %s::text[] from {table} where partition_on between %s and %s order by partition_on"  # noqa: S608 (from TABLES)
    with engine.connect() as connection:
        return {row.row_key: row[1] for row in connection.exec_driver_sql(query, (list(path), first, last))}


def channels_of_videos(engine: Engine, first: date, last: date) -> dict[VideoId, ChannelId]:
    """The channel of each own video that landed on the days `first` to `last`, whether it is still there or not."""
    query = " union ".join(
        f"select row_key, payload #>> '{{snippet,channelId}}' from {table} where partition_on between %(first)s and %(last)s"  # noqa: S608
        for table in ("raw_youtube.uploads", "raw_youtube.videos")
    )
    with engine.connect() as connection:
        found = connection.exec_driver_sql(query, {"first": first, "last": last})
        return {VideoId(video_id): ChannelId(channel_id) for video_id, channel_id in found}


def in_turn(request: Request, table: str, path: Sequence[str], keys: Iterable[Key]) -> list[Key]:
    """The order in which to read channels, playlists …: after a landing that was stopped, those first that it left out.

    Args:
        path: where a row's payload names what it belongs to.
    """
    before = last_landing(request.engine, table, request.day)
    if before is None or before.stopped_by is None:
        return sorted(keys)
    read = last_read(request.engine, table, path, request.day - LOOKED_BACK, request.day - timedelta(days=1))
    return sorted(keys, key=lambda key: (read.get(key, NEVER), key))
