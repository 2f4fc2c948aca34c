"""What is read of the YouTube Reporting API: the lines of the bulk reports, as they were written.

A day's partition holds what became known since the last landing: every report that was not yet in the archive then. Later reports
of one Pacific day come after earlier ones, and the warehouse takes the one that was created last. The last seven days are listed
again each time, so that a report which came while a run failed is not lost; what is in the archive costs no download. A channel
that cannot be read stops no other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

from connectors.feeds.feed import Cadence, Feed, Request
from connectors.http import in_parallel
from connectors.landing import RawRow, Rejected, last_landing
from connectors.members import CHANNEL, LeftOut, Members
from connectors.youtube.models import Job, Report
from connectors.youtube.report_archive import KEPT_FOR, ReportArchive, ReportFile
from connectors.youtube.report_types import REPORT_TYPES, ReportType
from connectors.youtube.reporting import BrokenLine, read_report
from core.clock import pacific_day
from core.errors import Damaged, NotFound
from core.ids import ChannelId

LISTED_AGAIN = timedelta(days=7)

BACKFILLED = timedelta(days=30)
"""YouTube writes the reports of so many days before an order, too."""

CHANNELS_AT_ONCE = 8
"""Their reports are listed and downloaded together; what is in flight stays small, however many channels there are."""

DOWNLOADS_AT_ONCE = 8


def report_rows(entry: ReportType, request: Request) -> Iterator[RawRow | Rejected | LeftOut]:
    """The lines of the reports of one type that no landing has had yet, of all channels that can be read."""
    archive = ReportArchive(request.engine, request.sources.archive)
    before = last_landing(request.engine, entry.table, request.day, complete=True)
    landed_until = before.fetched_at if before else None
    last_fetched = archive.last_fetched(entry.report_type, landed_until) if landed_until else {}
    channels = request.youtube.channel_ids
    jobs = archive.jobs(entry.report_type, request.now)
    members = Members(CHANNEL)

    def listed(channel_id: ChannelId) -> list[Report]:
        known_until = last_fetched.get(channel_id)
        since = request.now - KEPT_FOR if known_until is None else known_until - LISTED_AGAIN
        job = jobs[channel_id] if channel_id in jobs else _ordered(request, entry, archive, channel_id)
        if job is None:
            return []
        before = BACKFILLED if entry.is_label else min(request.sources.reports_before, BACKFILLED)
        first = pacific_day(job.created_at - before)
        return [report for report in _listed(request, entry, archive, job, since) if report.day >= first]

    def fetched(wanted: tuple[Report, ReportFile | None]) -> list[ReportFile | Rejected | LeftOut]:
        return members.read(wanted[0].channel_id, lambda: [_fetched(request, archive, wanted)])

    for start in range(0, len(channels), CHANNELS_AT_ONCE):
        some = channels[start : start + CHANNELS_AT_ONCE]
        lists = in_parallel(lambda channel_id: members.read(channel_id, partial(listed, channel_id)), some)
        reports = [report for each in lists for report in each if not isinstance(report, LeftOut)]
        known = archive.files([report.report_id for report in reports])
        new = [
            (report, file)
            for report in reports
            if (file := known.get(report.report_id)) is None or landed_until is None or file.fetched_at > landed_until
        ]
        for (report, _), files in zip(new, in_parallel(fetched, new, DOWNLOADS_AT_ONCE), strict=True):
            for found in files:
                if not isinstance(found, LeftOut):
                    yield from (found,) if isinstance(found, Rejected) else _lines(entry, report, archive, found)
    members.finish()
    yield from members.left_out


def _ordered(request: Request, entry: ReportType, archive: ReportArchive, channel_id: ChannelId) -> Job | None:
    """The job of a type as YouTube tells it. All types are ordered at once: reports begin with the day of the order."""
    jobs = request.youtube.reporting(channel_id).ensure_jobs(REPORT_TYPES)
    archive.remember_jobs(channel_id, REPORT_TYPES, jobs, request.now)
    return jobs.get(entry.report_type)


def _listed(request: Request, entry: ReportType, archive: ReportArchive, job: Job, since: datetime) -> list[Report]:
    client = request.youtube.reporting(job.channel_id)
    try:
        found = client.reports(job, since)
    except NotFound:  # somebody deleted the job
        renewed = _ordered(request, entry, archive, job.channel_id)
        found = [] if renewed is None else client.reports(renewed, since)
    return [report for report in found if report.created_at <= request.now]


def _fetched(request: Request, archive: ReportArchive, wanted: tuple[Report, ReportFile | None]) -> ReportFile | Rejected:
    report, known = wanted
    try:
        return archive.fetch(request.youtube.reporting(report.channel_id), report, known, request.now)
    except (Damaged, NotFound) as error:
        return Rejected(error.message, report.download_url, place=_place(report))


def _lines(entry: ReportType, report: Report, archive: ReportArchive, file: ReportFile) -> Iterator[RawRow | Rejected]:
    origin = {"report_created_at": report.created_at.isoformat(), "report_id": report.report_id}
    about = _place(report)
    with archive.open(file) as text:
        try:
            for line in read_report(text, entry.needed):
                if isinstance(line, BrokenLine):
                    yield Rejected(line.reason, line.text, place=f"line {line.number} of {about}")
                    continue
                key = ":".join([line.values[dimension] for dimension in entry.dimensions])
                if line.values["channel_id"] != report.channel_id:
                    cells = ",".join(line.values.values())
                    yield Rejected("The line is of another channel.", cells, key, f"line {line.number} of {about}")
                else:
                    yield RawRow(key, {**line.values, **origin}, "youtube.reporting")
        except Damaged as error:
            yield Rejected(error.message, "", place=about)


def _place(report: Report) -> str:
    return f"report {report.report_id} of {report.channel_id} on {report.day}"


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
    )


def _measured(entry: ReportType) -> str:
    return entry.metrics[0].replace("_", " ").removeprefix("video ")


FEEDS = tuple(_feed(entry) for entry in REPORT_TYPES.values())
