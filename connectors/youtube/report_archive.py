"""Downloaded report files, kept for ever: YouTube deletes them after sixty days.

A file lies under `<channel>/<type>/<day>/<report id>.csv.gz`; `ops.report_files` knows the digest of its text. A file that still
has its digest is never downloaded again; a damaged or lost one is. Also here: known jobs, and days that never came."""

from __future__ import annotations

import gzip
import hashlib
import re
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, BinaryIO

from connectors.youtube.models import Job, Report
from connectors.youtube.reporting import ReportingClient
from core.errors import Damaged, Environment
from core.ids import ChannelId

if TYPE_CHECKING:
    from sqlalchemy import Engine

KEPT_FOR = timedelta(days=60)
"""How long YouTube keeps a report."""

DUE_AFTER = timedelta(days=3)
"""A day's report is written 48 hours after the day's end."""

CRITICAL_AFTER = timedelta(days=50)
"""From this age on a missing day is about to be lost: an operator has ten days left to ask YouTube."""

ASKED_AGAIN_AFTER = timedelta(days=30)
"""A type that YouTube does not offer is asked for once more after this."""

_CHUNK = 1 << 20
_PLAIN_NAME = re.compile(r"[\w-]{1,128}")

_REMEMBER = """
    insert into ops.report_files (
        report_id, sha256, size_bytes, path, rows_count, fetched_at, channel_id, report_type, day, created_at
    )
    values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
    on conflict (report_id) do update
    set sha256 = excluded.sha256, size_bytes = excluded.size_bytes, path = excluded.path, rows_count = excluded.rows_count,
        fetched_at = case when report_files.sha256 = excluded.sha256 then report_files.fetched_at else excluded.fetched_at end
"""

_REMEMBER_JOB = """
    insert into ops.report_jobs (channel_id, report_type, job_id, created_at) values (%s, %s, %s, %s)
    on conflict (channel_id, report_type) do update set job_id = excluded.job_id, created_at = excluded.created_at
"""

_MISSING = """
    select job.channel_id, job.report_type, due.day::date
    from ops.report_jobs as job
    cross join lateral
        generate_series((job.created_at at time zone 'America/Los_Angeles')::date, %s::date, interval '1 day') as due (day)
    where job.job_id is not null and job.channel_id = any(%s) and due.day > %s and not exists (
        select from ops.report_files as file
        where file.channel_id = job.channel_id and file.report_type = job.report_type and file.day = due.day
    )
    order by due.day, job.report_type, job.channel_id
"""


@dataclass(frozen=True)
class ReportFile:
    """A report in the archive.

    Attributes:
        sha256, size_bytes: of its text, not of the compressed file.
        path: of the compressed file, below the archive's folder.
        rows_count: lines below the head.
        fetched_at: when it was first downloaded with this text.
    """

    report_id: str
    sha256: str
    size_bytes: int
    path: str
    rows_count: int
    fetched_at: datetime


class ReportArchive:
    """Report files on disk, and what the database knows of them. Safe to share among threads.

    Args:
        folder: made when the first file comes.
    """

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._engine = engine
        self._folder = folder

    def files(self, report_ids: Collection[str]) -> dict[str, ReportFile]:
        """What is known of these reports, by their id."""
        query = (
            "select report_id, sha256, size_bytes, path, rows_count, fetched_at from ops.report_files where report_id = any(%s)"
        )
        with self._engine.connect() as connection:
            return {row.report_id: ReportFile(*row) for row in connection.exec_driver_sql(query, (list(report_ids),))}

    def last_fetched(self, report_type: str, until: datetime) -> dict[ChannelId, datetime]:
        """When each channel's newest file of a type was fetched, of those fetched until a moment."""
        query = (
            "select channel_id, max(fetched_at) from ops.report_files"
            " where report_type = %s and fetched_at <= %s group by channel_id"
        )
        with self._engine.connect() as connection:
            found = connection.exec_driver_sql(query, (report_type, until))
            return {ChannelId(channel_id): fetched_at for channel_id, fetched_at in found}

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
        if known is not None and self._is_whole(known):
            return known
        if not _PLAIN_NAME.fullmatch(report.report_id):
            raise Damaged("A YouTube report has an id that is no plain name.")
        path = Path(report.channel_id, report.report_type, report.day.isoformat(), f"{report.report_id}.csv.gz")
        sha256, size_bytes, lines = client.download(report, lambda pieces: _written(self._folder / path, pieces))
        file = ReportFile(report.report_id, sha256, size_bytes, path.as_posix(), max(lines - 1, 0), fetched_at)
        about = (report.channel_id, report.report_type, report.day, report.created_at)
        with self._engine.begin() as connection:
            connection.exec_driver_sql(_REMEMBER, (*astuple(file), *about))
        return file

    @contextmanager
    def open(self, file: ReportFile) -> Iterator[BinaryIO]:
        """A file's text, decompressed as it is read."""
        with gzip.open(self._folder / file.path, "rb") as text:
            yield text  # type: ignore[misc]

    def _is_whole(self, file: ReportFile) -> bool:
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
    """A day that a job should have written a report for, and has not.

    Attributes:
        expires_on: the day from which YouTube no longer keeps reports of that age.
        is_critical: it is about to be lost.
    """

    channel_id: ChannelId
    report_type: str
    day: date
    expires_on: date
    is_critical: bool


def missing_days(engine: Engine, channel_ids: Collection[ChannelId], today: date) -> list[MissingDay]:
    """The days since each job of these channels was made, up to three days before `today`, of which the archive has no report;
    oldest first.

    Days that YouTube no longer keeps are left out: nobody can mend them."""
    with engine.connect() as connection:
        found = connection.exec_driver_sql(_MISSING, (today - DUE_AFTER, list(channel_ids), today - KEPT_FOR))
        return [
            MissingDay(ChannelId(channel_id), report_type, day, day + KEPT_FOR, today - day >= CRITICAL_AFTER)
            for channel_id, report_type, day in found
        ]


def _written(path: Path, pieces: Iterable[bytes]) -> tuple[str, int, int]:
    """Write a compressed file, whole or not at all; returns digest, size and lines of its text."""
    hasher, size, lines, last = hashlib.sha256(), 0, 0, b"\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, prefix=".", suffix=".part", delete=False) as file:
            part = Path(file.name)
            try:
                with gzip.GzipFile(filename="", mode="wb", fileobj=file, compresslevel=6, mtime=0) as compressed:
                    for piece in pieces:
                        compressed.write(piece)
                        hasher.update(piece)
                        size += len(piece)
                        lines += piece.count(b"\n")
                        last = piece[-1:] or last
                part.replace(path)
            finally:
                part.unlink(missing_ok=True)
    except OSError as error:
        raise Environment(f"A report cannot be written to {path.parent}: {error.strerror}.", "Free or mend the disk.") from None
    return hasher.hexdigest(), size, lines + (last != b"\n")
