"""Members that are left out of their tables: who, since when, why, and the way out. Landings say it (`ops.left_out_members`)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import text

from connectors.landing import TABLES, asset_key
from connectors.members import STANDING

if TYPE_CHECKING:
    from sqlalchemy import Engine

ALARM_AFTER = timedelta(days=7)
"""From this age on a warning becomes an error. What is read of the last seven days has its first gap then; bulk reports, which
YouTube keeps for sixty days, can all still be had."""

_ABSENCES = text("""
    with last as (
        select distinct on (asset_key) asset_key, landing_id, partition_on
        from ops.landings
        where asset_key = any(:assets) and partition_on <= :day
        order by asset_key, partition_on desc, landing_id desc
    )

    select
        gone.asset_key,
        gone.member_kind,
        gone.member_id,
        gone.reason,
        gone.remedy,
        last.partition_on as until,
        (
            select min(earlier.partition_on)
            from ops.left_out_members as earlier
            where
                earlier.asset_key = gone.asset_key
                and earlier.member_kind = gone.member_kind
                and earlier.member_id = gone.member_id
                and earlier.partition_on > coalesce((
                    select max(landings.partition_on)
                    from ops.landings
                    where
                        landings.asset_key = gone.asset_key
                        and landings.partition_on <= :day
                        and landings.stopped_by is null
                        and not exists (
                            select from ops.left_out_members as others
                            where
                                others.landing_id = landings.landing_id
                                and others.member_kind = gone.member_kind
                                and others.member_id = gone.member_id
                        )
                        and landings.partition_on < last.partition_on
                ), '-infinity')
        ) as since
    from last
    inner join ops.left_out_members as gone using (landing_id)
    order by since, gone.member_kind, gone.member_id, gone.asset_key
""")


@dataclass(frozen=True)
class Absence:
    """A member that the last landing of a table left out.

    Attributes:
        since, until: first and last day of the unbroken row of days on which it was.
    """

    table: str
    kind: str
    member: str
    since: date
    until: date
    reason: str
    remedy: str

    @property
    def is_alarming(self) -> bool:
        """Whether it has lasted so long that more than a day is about to be lost."""
        return self.until - self.since >= ALARM_AFTER

    def __str__(self) -> str:
        said = f"{self.kind} {self.member} is left out of {self.table} since {self.since}: {self.reason} {self.remedy}"
        return said.strip()


def absences(engine: Engine, day: date, tables: Collection[str] = TABLES) -> list[Absence]:
    """Who was left out of the last landing, up to a day, of each table; those that have waited longest first."""
    names = {asset_key(table): table for table in tables}
    with engine.connect() as connection:
        rows = connection.execute(_ABSENCES, {"assets": list(names), "day": day}).all()
    return [
        Absence(names[row.asset_key], row.member_kind, row.member_id, row.since, row.until, row.reason, row.remedy)
        for row in rows
    ]


def standing(found: Iterable[Absence]) -> list[Absence]:
    """Of these, members that the operator chose: a channel, a subreddit, a feed …, not a video or article that comes and goes."""
    return [absence for absence in found if absence.kind in STANDING]


def sentences(found: Iterable[Absence]) -> list[str]:
    """One sentence for each member, however many tables it is left out of."""
    of_members: dict[tuple[str, str], list[Absence]] = {}
    for absence in found:
        of_members.setdefault((absence.kind, absence.member), []).append(absence)
    return [_sentence(of_one) for of_one in of_members.values()]


def _sentence(of_one: list[Absence]) -> str:
    first = of_one[0]
    where = first.table if len(of_one) == 1 else f"{first.table} and {len(of_one) - 1} more tables"
    return str(Absence(where, first.kind, first.member, first.since, first.until, first.reason, first.remedy))
