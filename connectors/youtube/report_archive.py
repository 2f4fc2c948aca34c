"""Downloaded report files, kept for ever: YouTube deletes them after sixty days.

A file lies under `<channel>/<type>/<day>/<report id>.csv.gz`; `ops.report_files` knows the digest of its text. A file that still
has its digest is never downloaded again; a damaged or lost one is. Where it then has another text, that is a file of its own,
which lands like a new one: what landed before was made of the text before. Which raw partition a file's lines first landed in
stands beside it (`landed_on`) and never changes, so a partition can be landed again from the archive, in any order, for ever.
Also here: known jobs, and days that never came."""

from __future__ import annotations

import gzip
import hashlib
import re
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, BinaryIO

from connectors.landing import Alongside
from connectors.youtube.models import Job, Report
from connectors.youtube.report_types import REPORT_TYPES
from connectors.youtube.reporting import ReportingClient
from core.errors import Damaged, Environment
from core.ids import ChannelId

if TYPE_CHECKING:
    from sqlalchemy import Engine

KEPT_FOR = timedelta(days=60)
"""How long YouTube keeps a report."""

DUE_AFTER = timedelta(days=3)
"""A day's report is written 48 hours after the day's end."""

WRITTEN_BEFORE = timedelta(days=30)
"""YouTube writes the reports of so many days before an order, too: of older days there will never be one."""

CRITICAL_BEFORE = timedelta(days=10)
"""So long before a missing day is lost an operator must know: ten days are left to do something about it."""

ASKED_AGAIN_AFTER = timedelta(days=30)
"""A type that YouTube does not offer is asked for once more after this."""

_CHUNK = 1 << 20
_PLAIN_NAME = re.compile(r"[\w-]{1,128}")

_COLUMNS = "report_id, channel_id, report_type, day, created_at, sha256, size_bytes, path, rows_count, fetched_at, landed_on"
_REMEMBER = """
    insert into ops.report_files (
        report_id, channel_id, report_type, day, created_at, sha256, size_bytes, path, rows_count, fetched_at
    )
    values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
    on conflict (report_id, sha256) do update set path = excluded.path
    returning fetched_at, landed_on
"""

_LAND = """
    update ops.report_files as file
    set landed_on = %s
    from unnest(%s::text[], %s::text[]) as landing (report_id, sha256)
    where file.report_id = landing.report_id and file.sha256 = landing.sha256 and file.landed_on is null
"""

_REMEMBER_JOB = """
    insert into ops.report_jobs (channel_id, report_type, job_id, created_at) values (%s, %s, %s, %s)
    on conflict (channel_id, report_type) do update set job_id = excluded.job_id, created_at = excluded.created_at
"""

_MISSING = """
    with awaited as (
        select channel_id, report_type, created_at as since, %(kept)s as kept_days
        from ops.report_jobs
        where job_id is not null
        union all
        select channel.channel_id, wanted.report_type, channel.connected_at, %(written_before)s
        from ops.channels as channel
        cross join unnest(%(types)s::text[]) as wanted (report_type)
        where not exists (
            select from ops.report_jobs as job
            where job.channel_id = channel.channel_id and job.report_type = wanted.report_type
        )
    ),

    missing as (
        select awaited.channel_id, awaited.report_type, due.day::date as day, awaited.kept_days
        from awaited
        cross join lateral generate_series(
            (awaited.since at time zone 'America/Los_Angeles')::date, %(due)s::date, interval '1 day'
        ) as due (day)
        where
            awaited.channel_id = any(%(channels)s) and awaited.report_type = any(%(types)s)
            and due.day::date + awaited.kept_days > %(today)s::date
            and not exists (
                select from ops.report_files as file
                where file.channel_id = awaited.channel_id and file.report_type = awaited.report_type and file.day = due.day
            )
    ),

    left_out as (
        select distinct on (asset_key, member_id) asset_key, member_id, reason, remedy
        from ops.left_out_members as member
        where
            member_kind = 'channel' and member_id = any(%(channels)s) and landing_id = (
                select max(landing_id) from ops.landings
                where landings.asset_key = member.asset_key and landings.partition_on = member.partition_on
            )
            and partition_on = (select max(partition_on) from ops.landings where landings.asset_key = member.asset_key)
        order by asset_key, member_id, landing_id desc
    )

    select missing.channel_id, missing.report_type, missing.day, missing.kept_days, left_out.reason, left_out.remedy
    from missing
    left join left_out
        on left_out.asset_key = 'raw_reporting/' || missing.report_type and left_out.member_id = missing.channel_id
    order by missing.day + missing.kept_days, missing.day, missing.report_type, missing.channel_id
"""


_LOST = """
    select lost.asset_key, lost.partition_on, lost.reason, lost.remedy
    from ops.left_out_members as lost
    where
        lost.asset_key like 'raw\\_reporting/%%' and lost.member_kind in ('report', 'rows') and lost.landing_id = (
            select max(landing_id) from ops.landings
            where landings.asset_key = lost.asset_key and landings.partition_on = lost.partition_on
        )
    order by lost.partition_on, lost.asset_key, lost.member_id
"""


@dataclass(frozen=True)
class ReportFile:
    """A text of a report, in the archive.

    Attributes:
        created_at: when YouTube wrote the report.
        sha256, size_bytes: of its text, not of the compressed file.
        path: of the compressed file, below the archive's folder.
        rows_count: lines below the head.
        fetched_at: when it was first downloaded with this text.
        landed_on: the partition that its lines first landed in; None until they do.
    """

    report_id: str
    channel_id: ChannelId
    report_type: str
    day: date
    created_at: datetime
    sha256: str
    size_bytes: int
    path: str
    rows_count: int
    fetched_at: datetime
    landed_on: date | None = None

    @property
    def order(self) -> tuple[datetime, int, str]:
        """Sorts files as their lines land, as `Report.order` does: of equal lines those of the newer report stay."""
        return self.created_at, len(self.report_id), self.report_id

    @property
    def place(self) -> str:
        """Which report it is, for people."""
        return f"report {self.report_id} of {self.channel_id} on {self.day}"


class ReportArchive:
    """Report files on disk, and what the database knows of them. Safe to share among threads.

    Args:
        folder: made when the first file comes.
    """

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._engine = engine
        self._folder = folder

    def files(self, report_ids: Collection[str]) -> dict[str, ReportFile]:
        """What is known of these reports, by their id: the text that was fetched last."""
        return {file.report_id: file for file in self._files("report_id = any(%s)", list(report_ids))}

    def landed(self, report_type: str, day: date) -> list[ReportFile]:
        """The files that a partition of a type's raw table is made of."""
        return self._files("report_type = %s and landed_on = %s", report_type, day)

    def waiting(self, report_type: str, until: datetime) -> list[ReportFile]:
        """The files of a type that were fetched until a moment, and whose lines have not landed yet."""
        return self._files("report_type = %s and landed_on is null and fetched_at <= %s", report_type, until)

    def partitions(self, report_type: str) -> list[date]:
        """The partitions of a type's raw table that are made of files, in order."""
        query = "select distinct landed_on from ops.report_files where report_type = %s and landed_on is not null order by 1"
        with self._engine.connect() as connection:
            return list(connection.exec_driver_sql(query, (report_type,)).scalars())

    def unknown_reports(self, table: str, day: date) -> list[str | None]:
        """The reports whose lines stand in a partition, and of which the archive knows no text: nothing could bring them back.
        None for lines that name no report."""
        query = (
            f"select distinct payload ->> 'report_id' from {table} as line"  # noqa: S608 (from TABLES)
            " where partition_on = %s and not exists ("
            "select from ops.report_files where report_id = line.payload ->> 'report_id') order by 1"
        )
        with self._engine.connect() as connection:
            return list(connection.exec_driver_sql(query, (day,)).scalars())

    def _files(self, condition: str, *parameters: object) -> list[ReportFile]:
        query = f"select {_COLUMNS} from ops.report_files where {condition} order by fetched_at, sha256"  # noqa: S608 (conditions of this class)
        with self._engine.connect() as connection:
            return [ReportFile(*row) for row in connection.exec_driver_sql(query, parameters)]

    def jobs(self, report_type: str, now: datetime) -> dict[ChannelId, Job | None]:
        """The known jobs of a type; None for a channel that YouTube has not offered the type of late."""
        query = (
            "select channel_id, job_id, created_at from ops.report_jobs"
            " where report_type = %s and (job_id is not null or created_at > %s)"
        )
        with self._engine.connect() as connection:
            return {
                ChannelId(channel_id): None if job_id is None else Job(job_id, ChannelId(channel_id), report_type, created_at)
                for channel_id, job_id, created_at in connection.exec_driver_sql(query, (report_type, now - ASKED_AGAIN_AFTER))
            }

    def remember_jobs(self, channel_id: ChannelId, report_types: Collection[str], jobs: Mapping[str, Job], now: datetime) -> None:
        """Keep what YouTube said when it was asked for jobs of these types."""
        told = [
            (channel_id, name, job.job_id if (job := jobs.get(name)) else None, job.created_at if job else now)
            for name in report_types
        ]
        with self._engine.begin() as connection:
            connection.exec_driver_sql(_REMEMBER_JOB, told)

    def fetch(self, client: ReportingClient, report: Report, known: ReportFile | None, fetched_at: datetime) -> ReportFile:
        """The file of a report: the `known` one where it is whole, else downloaded. Raises what the download raises; Damaged for
        a report whose name is no file's, Environment where the disk refuses."""
        if known is not None and self.is_whole(known):
            return known
        if not _PLAIN_NAME.fullmatch(report.report_id):
            raise Damaged("A YouTube report has an id that is no plain name.")
        folder = Path(report.channel_id, report.report_type, report.day.isoformat())

        def path_of(sha256: str) -> Path:
            """A text that is not the known one takes no place from it: the operator may have a copy to put back."""
            if known is None:
                return folder / f"{report.report_id}.csv.gz"
            return Path(known.path) if known.sha256 == sha256 else folder / f"{report.report_id}-{sha256[:12]}.csv.gz"

        def store(pieces: Iterable[bytes]) -> ReportFile:
            sha256, size_bytes, lines, path = _written(self._folder, folder, path_of, pieces)
            about = (report.report_id, report.channel_id, report.report_type, report.day, report.created_at)
            return ReportFile(*about, sha256, size_bytes, path.as_posix(), max(lines - 1, 0), fetched_at)

        file = client.download(report, store)
        with self._engine.begin() as connection:
            *values, _ = vars(file).values()
            remembered = connection.exec_driver_sql(_REMEMBER, tuple(values)).one()
        return replace(file, fetched_at=remembered.fetched_at, landed_on=remembered.landed_on)

    def lands(self, files: Sequence[ReportFile], day: date) -> Alongside:
        """What says that the lines of files land in a partition for the first time; it belongs to that landing."""
        keys = [file.report_id for file in files], [file.sha256 for file in files]
        return Alongside(_LAND, (day, *keys), len(files))

    @contextmanager
    def open(self, file: ReportFile) -> Iterator[BinaryIO]:
        """A file's text, decompressed as it is read."""
        with gzip.open(self._folder / file.path, "rb") as text:
            yield text  # type: ignore[misc]

    def is_whole(self, file: ReportFile) -> bool:
        """Whether a file is there and has its digest."""
        hasher, size = hashlib.sha256(), 0
        try:
            with gzip.open(self._folder / file.path, "rb") as text:
                while size <= file.size_bytes and (piece := text.read(_CHUNK)):
                    hasher.update(piece)
                    size += len(piece)
        except (OSError, EOFError, zlib.error):
            return False
        return hasher.hexdigest() == file.sha256


@dataclass(frozen=True)
class MissingDay:
    """A day of which a channel should have a report, and the archive has none.

    Attributes:
        expires_on: the day from which it can be had no more.
        is_critical: it is about to be lost.
        reason, remedy: why the channel could not be read the last time, and the way out; empty where it could be.
    """

    channel_id: ChannelId
    report_type: str
    day: date
    expires_on: date
    is_critical: bool
    reason: str = ""
    remedy: str = ""


def missing_days(engine: Engine, channel_ids: Collection[ChannelId], today: date) -> list[MissingDay]:
    """The days up to three days before `today` of which the archive has no report of these channels, those first that are lost
    first: since the order of a type; where nothing could be ordered yet, since the channel was connected.

    It does not matter why: YouTube may not have written it, or the channel may not be readable. A report is kept for sixty days,
    and without an order none is written of days more than thirty days before. What is lost is left out: nobody can help it."""
    given = {
        "kept": KEPT_FOR.days,
        "written_before": WRITTEN_BEFORE.days,
        "types": list(REPORT_TYPES),
        "due": today - DUE_AFTER,
        "channels": list(channel_ids),
        "today": today,
    }
    with engine.connect() as connection:
        found = connection.exec_driver_sql(_MISSING, given)
        return [
            MissingDay(
                ChannelId(channel_id),
                report_type,
                day,
                expires_on := day + timedelta(days=kept_days),
                today >= expires_on - CRITICAL_BEFORE,
                reason or "",
                remedy or "",
            )
            for channel_id, report_type, day, kept_days, reason, remedy in found
        ]


@dataclass(frozen=True)
class LostFile:
    """A file that a partition is made of, and that was missing or damaged when the partition was landed the last time."""

    report_type: str
    partition_on: date
    reason: str
    remedy: str


def lost_files(engine: Engine) -> list[LostFile]:
    """What the last landing of each partition lacked, oldest first. Files are looked at when their partition is landed."""
    with engine.connect() as connection:
        found = connection.exec_driver_sql(_LOST)
        return [LostFile(asset_key.partition("/")[2], *others) for asset_key, *others in found]


def newest_texts(files: Iterable[ReportFile]) -> list[ReportFile]:
    """Of each report the text that was fetched last, in the order in which lines land. The files come as they were fetched."""
    return sorted({file.report_id: file for file in files}.values(), key=lambda file: file.order)


def _written(root: Path, folder: Path, path_of: Callable[[str], Path], pieces: Iterable[bytes]) -> tuple[str, int, int, Path]:
    """Write a compressed file, whole or not at all; returns digest, size and lines of its text, and its path below the root."""
    hasher, size, lines, last = hashlib.sha256(), 0, 0, b"\n"
    try:
        (root / folder).mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=root / folder, prefix=".", suffix=".part", delete=False) as file:
            part = Path(file.name)
            try:
                with gzip.GzipFile(filename="", mode="wb", fileobj=file, compresslevel=6, mtime=0) as compressed:
                    for piece in pieces:
                        compressed.write(piece)
                        hasher.update(piece)
                        size += len(piece)
                        lines += piece.count(b"\n")
                        last = piece[-1:] or last
                path = path_of(hasher.hexdigest())
                part.replace(root / path)
            finally:
                part.unlink(missing_ok=True)
    except OSError as error:
        message = f"A report cannot be written to {root / folder}: {error.strerror}."
        raise Environment(message, "Free or repair the disk.") from None
    return hasher.hexdigest(), size, lines + (last != b"\n"), path
