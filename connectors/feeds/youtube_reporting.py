"""What is read of the YouTube Reporting API: the lines of the bulk reports, as they were written.

A day's partition is made of files of the archive, in two steps. While the day is the present one, every report that YouTube lists
and the archive has not is downloaded: whatever failed before is tried again for as long as YouTube keeps it, and what is in the
archive costs no download. Then the lines of the files that no partition is made of yet are landed, and the archive notes in the
same transaction that this partition is made of them.

A partition that is over is landed again from exactly those files: nobody is asked, and nothing that was fetched later gets in.
A file that is damaged or gone is downloaded again where YouTube still lists it; else it is named, and what landed of it stays.
Later reports of one Pacific day come after earlier ones, and the warehouse takes the one that was created last. A channel that
cannot be read stops no other."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

from connectors.feeds.feed import Cadence, Feed, Request, Row
from connectors.http import in_parallel
from connectors.landing import RawRow, Rejected, first_known_at, has_landed, is_last
from connectors.members import CHANNEL, REPORT, LeftOut, Members
from connectors.youtube.models import Job, Report
from connectors.youtube.report_archive import KEPT_FOR, ReportArchive, ReportFile, newest_texts
from connectors.youtube.report_types import REPORT_TYPES, ReportType
from connectors.youtube.reporting import BrokenLine, read_report
from core.clock import noon, pacific_day
from core.errors import Damaged, NotFound, QuotaExhausted, YtempireError
from core.ids import ChannelId

LOGGER = logging.getLogger(__name__)

BACKFILLED = timedelta(days=30)
"""YouTube writes the reports of so many days before an order, too."""

CHANNELS_AT_ONCE = 8
"""Their reports are listed and downloaded together; what is in flight stays small, however many channels there are."""

DOWNLOADS_AT_ONCE = 8

PUT_BACK = "Put it back from a backup and run `ytempire reland`; what landed of it stays."


def landed_at(entry: ReportType, request: Request) -> datetime | None:
    """The moment of a partition that is over, up to which its files were fetched; None for one that is still to be fetched.

    A day is over when it has passed, and in a simulated market, where days are played again, when a later one has landed."""
    engine, day = request.engine, request.day
    is_played_again = has_landed(engine, entry.table, day) and not is_last(engine, entry.table, day)
    if not (request.is_again or request.now.date() > day or is_played_again):
        return None
    files = ReportArchive(engine, request.sources.archive).landed(entry.report_type, day)
    known_at = first_known_at(engine, entry.table, day)
    return known_at or max((file.fetched_at for file in files), default=noon(day))


def report_rows(entry: ReportType, request: Request) -> Iterator[Row]:
    """The lines of the files that a day's partition of one type is made of; while it is the present day, of new ones too.

    Raises QuotaExhausted after the lines of all that could be fetched."""
    archive = ReportArchive(request.engine, request.sources.archive)
    is_over = landed_at(entry, request) is not None
    fetched: set[str] = set()
    spent: QuotaExhausted | None = None
    if not is_over:
        members = Members(CHANNEL)
        try:
            yield from _fetch_new(entry, request, archive, members, fetched)
        except QuotaExhausted as error:
            spent = error
        yield from members.left_out
    waiting = [] if is_over else archive.waiting(entry.report_type, request.now)
    copies = _Copies(request, archive)
    for file in newest_texts([*archive.landed(entry.report_type, request.day), *waiting]):
        if file.report_id in fetched or archive.is_whole(file) or copies.restore(file):
            yield from _lines(entry, archive, file)
        else:
            reason = f"The file {file.path} ({file.place}) is missing from the archive or damaged, and YouTube no longer has it."
            yield LeftOut(REPORT, file.report_id, reason, PUT_BACK)
    if waiting:
        yield archive.lands(waiting, request.day)
    for report_id in archive.unknown_reports(entry.table, request.day):
        named = (REPORT, report_id) if report_id else ("rows", "without a report")  # of which none are deleted
        yield LeftOut(*named, "The archive has no file of it, and does not know of any.", PUT_BACK)
    if spent is not None:
        raise spent


def _fetch_new(
    entry: ReportType, request: Request, archive: ReportArchive, members: Members, fetched: set[str]
) -> Iterator[Rejected]:
    """Download every report that YouTube lists and the archive has not, and tell of those that cannot be had.

    Args:
        members: takes the channels that cannot be read.
        fetched: takes the ids of the reports whose files are known to be whole.

    Raises what belongs to the call, QuotaExhausted among it, and the error that all channels meet."""
    channels = request.youtube.channel_ids
    jobs = archive.jobs(entry.report_type, request.now)

    def listed(channel_id: ChannelId) -> list[Report]:
        job = jobs[channel_id] if channel_id in jobs else _ordered(request, entry, archive, channel_id)
        if job is None:
            return []
        before = BACKFILLED if entry.is_label else min(request.sources.reports_before, BACKFILLED)
        first = pacific_day(job.created_at - before)
        return [report for report in _listed(request, entry, archive, job) if report.day >= first]

    def fetch(wanted: tuple[Report, ReportFile | None]) -> list[ReportFile | Rejected | LeftOut]:
        return members.read(wanted[0].channel_id, lambda: [_fetched(request, archive, *wanted)])

    for start in range(0, len(channels), CHANNELS_AT_ONCE):
        some = channels[start : start + CHANNELS_AT_ONCE]
        lists = in_parallel(lambda channel_id: members.read(channel_id, partial(listed, channel_id)), some)
        reports = [report for each in lists for report in each if not isinstance(report, LeftOut)]
        known = archive.files([report.report_id for report in reports])
        pairs = [(report, known.get(report.report_id)) for report in reports]
        for files in in_parallel(fetch, [pair for pair in pairs if _is_wanted(pair[1], request)], DOWNLOADS_AT_ONCE):
            for found in files:
                if isinstance(found, Rejected):
                    yield found
                elif not isinstance(found, LeftOut):
                    fetched.add(found.report_id)
    members.finish()


def _is_wanted(known: ReportFile | None, request: Request) -> bool:
    """Whether a listed report is downloaded, or its file looked at again: one that this partition is made of must be whole."""
    return known is None or known.landed_on is None or known.landed_on == request.day


def _ordered(request: Request, entry: ReportType, archive: ReportArchive, channel_id: ChannelId) -> Job | None:
    """The job of a type as YouTube tells it. All types are ordered at once: reports begin with the day of the order."""
    jobs = request.youtube.reporting(channel_id).ensure_jobs(REPORT_TYPES)
    archive.remember_jobs(channel_id, REPORT_TYPES, jobs, request.now)
    return jobs.get(entry.report_type)


def _listed(request: Request, entry: ReportType, archive: ReportArchive, job: Job) -> list[Report]:
    """All reports of a job that YouTube still has: what failed once is asked for again. It costs no more than a week of them."""
    client, since = request.youtube.reporting(job.channel_id), request.now - KEPT_FOR
    try:
        found = client.reports(job, since)
    except NotFound:  # somebody deleted the job
        renewed = _ordered(request, entry, archive, job.channel_id)
        found = [] if renewed is None else client.reports(renewed, since)
    return [report for report in found if report.created_at <= request.now]


def _fetched(request: Request, archive: ReportArchive, report: Report, known: ReportFile | None) -> ReportFile | Rejected:
    try:
        return archive.fetch(request.youtube.reporting(report.channel_id), report, known, request.now)
    except (Damaged, NotFound) as error:
        place = f"report {report.report_id} of {report.channel_id} on {report.day}"
        return Rejected(error.message, report.download_url, place=place)


class _Copies:
    """What YouTube still has of the archive's files. A channel's list is asked for once."""

    def __init__(self, request: Request, archive: ReportArchive) -> None:
        self._request = request
        self._archive = archive
        self._listed: dict[ChannelId, dict[str, Report]] = {}

    def restore(self, file: ReportFile) -> bool:
        """Download a file again; returns whether its text is back.

        Another text than before is kept, and lands like a new report. Whatever fails, the file is as lost as before."""
        request, archive = self._request, self._archive
        if file.channel_id not in request.youtube.channel_ids or request.now - file.created_at >= KEPT_FOR:
            return False
        newest = archive.files([file.report_id])[file.report_id]
        if newest.sha256 != file.sha256 and archive.is_whole(newest):
            return False
        try:
            report = self._reports(file).get(file.report_id)
            if report is None:
                return False
            return archive.fetch(request.youtube.reporting(file.channel_id), report, file, request.now).sha256 == file.sha256
        except YtempireError as error:
            LOGGER.warning("The %s cannot be fetched again: %s", file.place, error.message)
            return False

    def _reports(self, file: ReportFile) -> dict[str, Report]:
        if file.channel_id not in self._listed:
            self._listed[file.channel_id] = {}
            job = self._archive.jobs(file.report_type, self._request.now).get(file.channel_id)
            if job is not None:
                reports = self._request.youtube.reporting(file.channel_id).reports(job, self._request.now - KEPT_FOR)
                self._listed[file.channel_id] = {report.report_id: report for report in reports}
        return self._listed[file.channel_id]


def _lines(entry: ReportType, archive: ReportArchive, file: ReportFile) -> Iterator[RawRow | Rejected]:
    origin = {"report_created_at": file.created_at.astimezone(UTC).isoformat(), "report_id": file.report_id}
    about = file.place
    with archive.open(file) as text:
        try:
            for line in read_report(text, entry.needed):
                if isinstance(line, BrokenLine):
                    yield Rejected(line.reason, line.text, place=f"line {line.number} of {about}")
                    continue
                key = ":".join([line.values[dimension] for dimension in entry.dimensions])
                if line.values["channel_id"] != file.channel_id:
                    cells = ",".join(line.values.values())
                    yield Rejected("The line is of another channel.", cells, key, f"line {line.number} of {about}")
                else:
                    yield RawRow(key, {**line.values, **origin}, "youtube.reporting")
        except Damaged as error:
            yield Rejected(error.message, "", place=about)


def _feed(entry: ReportType) -> Feed:
    # The moment at which a day's reach became known is part of a label, so each day's reports keep a partition of their own.
    grain = "One row per Pacific day and video." if entry.is_label else f"One row per {', '.join(entry.dimensions)}."
    return Feed(
        entry.table,
        "youtube",
        f"Bulk report {entry.report_type}: {_measured(entry)} by {entry.about}. {grain}",
        partial(report_rows, entry),
        Cadence.DAILY if entry.is_label else Cadence.CUMULATIVE,
        is_own=True,
        landed_at=partial(landed_at, entry),
    )


def _measured(entry: ReportType) -> str:
    return entry.metrics[0].replace("_", " ").removeprefix("video ")


FEEDS = tuple(_feed(entry) for entry in REPORT_TYPES.values())
