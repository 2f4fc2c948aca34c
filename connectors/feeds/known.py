"""What landed before, as far as it says what to ask for, and where a source that was stopped goes on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from connectors.feeds.feed import Request
from connectors.landing import LandedRow, asset_key, landed, last_landing, named_at
from connectors.members import LeftOut, by_kind, members_of

if TYPE_CHECKING:
    from sqlalchemy import Engine

Key = TypeVar("Key", bound=str)

LOOKED_BACK = timedelta(days=7)
"""How old a row may be that stands in for one of a day that was stopped."""

STANDS_IN = timedelta(days=60)
"""How old the rows of a member may be that stand in for it while it is left out."""

NEVER = datetime.min.replace(tzinfo=UTC)


_LAST_OF_MEMBERS = """
    with told as (
        select partition_on, row_key, fetched_at, source, payload, {name} as member
        from {table}
        where partition_on between %s and %s and {name} = any (select lower(name) from unnest(%s::text[]) as name)
    )

    select partition_on, row_key, fetched_at, source, payload
    from told
    where (member, partition_on) in (select member, max(partition_on) from told group by member)
    order by partition_on, row_key
"""
_READ_TO = """
    with landings as (
        select landing_id, partition_on, least(fetched_at, (partition_on + 1)::timestamp at time zone 'UTC') as moment
        from ops.landings
        where asset_key = %s and partition_on < %s and stopped_by is null
    ),

    last as (
        select landing_id, partition_on, moment from landings order by partition_on desc, landing_id desc limit 1
    ),

    left_out as (
        select member_kind, member_id from ops.left_out_members where landing_id = (select landing_id from last)
    )

    select null as member_kind, null as member_id, moment from last
    union all
    select
        left_out.member_kind,
        left_out.member_id,
        (
            select landings.moment from landings
            where not exists (
                select from ops.left_out_members as others
                where
                    others.landing_id = landings.landing_id
                    and others.member_kind = left_out.member_kind
                    and others.member_id = left_out.member_id
            )
            order by landings.partition_on desc, landings.moment desc
            limit 1
        )
    from left_out
"""


@dataclass(frozen=True)
class Readings:
    """Up to when the members of a table were read: by its landings before a day that were not stopped.

    Attributes:
        last: the moment of the last such landing; None where there is none.
        left_out: by kind and name, the moment of the last one that did not leave the member out.
    """

    last: datetime | None
    left_out: Mapping[tuple[str, str], datetime | None]

    def of(self, **names: str) -> datetime | None:
        """When a member was last read, given its name by kind: `video="abc", channel="UC1"`. None for never."""
        found = [self.left_out[name] for name in names.items() if name in self.left_out]
        if None in found:
            return None
        return min((moment for moment in found if moment is not None), default=self.last)


def readings(request: Request, table: str) -> Readings:
    """Up to when each member was read before the request's day: one that was left out, only to the landing before that."""
    with request.engine.connect() as connection:
        rows = connection.exec_driver_sql(_READ_TO, (asset_key(table), request.day)).all()
    last = next((moment for kind, _, moment in rows if kind is None), None)
    return Readings(last, {(kind, name): moment for kind, name, moment in rows if kind is not None})


def connected_since(request: Request) -> dict[str, datetime]:
    """When the owner of each channel last gave consent, as far as the platform keeps its consents."""
    with request.engine.connect() as connection:
        found = connection.exec_driver_sql("select channel_id, granted_at from ops.channel_credentials").all()
    return {row.channel_id: row.granted_at for row in found}


def newest_rows(request: Request, table: str) -> dict[str, LandedRow]:
    """The rows of the day by key. Where its landing was stopped, what it did not come to as it was up to seven days before; what
    a member had that was left out, as it was on the last day on which it was read, up to sixty days before."""
    landing = last_landing(request.engine, table, request.day + timedelta(days=1))
    first = request.day if landing is None or landing.stopped_by is None else request.day - LOOKED_BACK
    rows = landed(request.engine, table, first, request.day)
    kept = _standing_in(request, table, landing.left_out) if landing is not None else []
    return {row.row_key: row for row in (*kept, *rows)}


def _standing_in(request: Request, table: str, left_out: Iterable[LeftOut]) -> list[LandedRow]:
    """The rows of members that were left out, of the last day that has any."""
    paths, found = members_of(table), []
    for kind, names in sorted(by_kind(left_out).items()):
        if kind not in paths:
            continue
        query = _LAST_OF_MEMBERS.format(table=table, name=named_at(paths[kind]))
        given = (request.day - STANDS_IN, request.day, sorted(names))
        with request.engine.connect() as connection:
            found += [LandedRow(*row) for row in connection.exec_driver_sql(query, given)]
    return found


def last_read(engine: Engine, table: str, path: Sequence[str], first: date, last: date) -> dict[str, datetime]:
    """When rows were last fetched, by what stands at a path of their payload, in the partitions `first` to `last`.

    A partition that was fetched after its day knows no more than the day's end."""
    asset_key(table)
    known_at = "max(least(fetched_at, (partition_on + 1)::timestamp at time zone 'UTC'))"
    query = f"select payload #>> %s::text[], {known_at} from {table} where partition_on between %s and %s group by 1"  # noqa: S608 (from TABLES)
    with engine.connect() as connection:
        found = connection.exec_driver_sql(query, (list(path), first, last)).all()
    return {key: moment for key, moment in found if key is not None}


def texts_at(engine: Engine, table: str, path: Sequence[str], first: date, last: date) -> dict[str, str | None]:
    """What stands at a path of each row's payload, by row key: in the newest partition from `first` to `last` that has it."""
    asset_key(table)
    query = f"select row_key, payload #>> %s::text[] from {table} where partition_on between %s and %s order by partition_on"  # noqa: S608 (from TABLES)
    with engine.connect() as connection:
        return {row.row_key: row[1] for row in connection.exec_driver_sql(query, (list(path), first, last))}


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
