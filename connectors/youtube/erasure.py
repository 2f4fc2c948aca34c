"""Erasing what was learned of a channel: its raw rows, what was refused of them, and its archived report files.

Each partition that held a row of it is landed anew without it, so that the warehouse forgets it at its next build."""

from __future__ import annotations

import shutil
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text

from connectors.landing import TABLES, RawRow, asset_key, land, landed
from core.ids import ChannelId

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

OWN_TABLES = tuple(table for table in TABLES if table.startswith(("raw_youtube.", "raw_reporting.")))

VIDEO_LISTS = ("raw_youtube.uploads", "raw_youtube.videos")

_VIDEOS = text("""
    select row_key as video_id from raw_youtube.videos where payload #>> '{snippet,channelId}' = :channel
    union
    select row_key as video_id from raw_youtube.uploads where payload #>> '{snippet,channelId}' = :channel
    union
    select video_id from ops.publications where channel_id = :channel and video_id is not null
""")
_ROWS = """
    select partition_on, row_key from {table}
    where
        row_key = :channel
        or payload ->> 'channel_id' = :channel
        or payload #>> '{{snippet,channelId}}' = :channel
        or split_part(row_key, '@', 1) = any(:videos)
        or payload ->> 'video_id' = any(:videos)
        or payload #>> '{{snippet,videoId}}' = any(:videos)
    order by partition_on
"""
_REFUSED = text("""
    delete from ops.rejected_rows
    where strpos(concat_ws(' ', row_key, place, payload), :channel) > 0 or row_key = any(:videos)
""")
_LEFT_OUT = text("delete from ops.left_out_members where member_id = :channel or member_id = any(:videos)")
_VOIDED = text("""
    delete from ops.voided_values
    where strpos(row_key, :channel) > 0 or string_to_array(row_key, ':') && cast(:videos as text[])
""")
_EMBEDDINGS = text("delete from ops.content_embeddings where content_id = any(:videos)")


def erase_rows(engine: Engine, channel_id: ChannelId, archive: Path) -> int:
    """Erase a channel's raw rows and report files; returns the number of rows. Cut off, it goes on when called again."""
    with engine.connect() as connection:
        videos = list(connection.execute(_VIDEOS, {"channel": channel_id}).scalars())
    # The tables that say which videos are the channel's go last.
    tables = sorted(OWN_TABLES, key=lambda table: table in VIDEO_LISTS)
    count = sum(_erase_table(engine, table, channel_id, videos) for table in tables)
    with engine.begin() as connection:
        for statement in (_REFUSED, _LEFT_OUT, _VOIDED, _EMBEDDINGS):
            connection.execute(statement, {"channel": channel_id, "videos": videos})
    shutil.rmtree(archive / channel_id, ignore_errors=True)
    return count


def _erase_table(engine: Engine, table: str, channel_id: ChannelId, videos: list[str]) -> int:
    gone: dict[date, set[str]] = {}
    with engine.connect() as connection:
        for row in connection.execute(text(_ROWS.format(table=table)), {"channel": channel_id, "videos": videos}):
            gone.setdefault(row.partition_on, set()).add(row.row_key)
        before = {day: _last_landing(connection, table, day) for day in gone}
    for day, keys in gone.items():
        left = (RawRow(row.row_key, row.payload, row.source) for row in landed(engine, table, day, day))
        landing_id, fetched_at = before[day]
        land(engine, table, day, (row for row in left if row.row_key not in keys), fetched_at, of_landing=landing_id)
    return sum(map(len, gone.values()))


def _last_landing(connection: Connection, table: str, day: date) -> tuple[int, datetime]:
    """The number of a partition's last landing and when it was fetched: the rows that stay are no newer for being moved."""
    query = (
        "select landing_id, fetched_at from ops.landings where asset_key = :key and partition_on = :day"
        " order by landing_id desc limit 1"
    )
    row = connection.execute(text(query), {"key": asset_key(table), "day": day}).one()
    return row.landing_id, row.fetched_at
