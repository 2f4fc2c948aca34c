"""YouTube Reporting API v1: jobs of every type that `bulk` knows, their reports, and the files.

One report for each Pacific day from 30 days before the job was made; a report appears 48 hours after its day's end and stays for
60 days, one of a day before the job for 30. Rates are fractions of 1. `PUT /_simulator/reports` makes reports come wrong.
"""

from __future__ import annotations

import gzip
import re
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.simulator import bulk
from connectors.simulator.apis import google
from connectors.simulator.bulk import REPORT_TYPES, Report, ReportFaults
from connectors.simulator.calendar import hours, pacific_midnight, rfc3339
from connectors.simulator.identity import token
from connectors.simulator.scenario import OwnChannel
from connectors.simulator.state import Job
from connectors.simulator.world import last_complete_day

COUNTED_HOURS = 24.0
"""After the end of a day its counts are complete."""
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")
NOT_FOUND = "Requested entity was not found."


async def list_types(request: Request) -> Response:
    """reportTypes.list."""
    google.owner(request)
    return _page(request, "reportTypes", [{"id": report_type, "name": kind.name} for report_type, kind in REPORT_TYPES.items()])


async def list_jobs(request: Request) -> Response:
    """jobs.list."""
    jobs = google.simulation(request).state.jobs(google.owner(request))
    return _page(request, "jobs", [_job(job) for job in jobs])


async def create_job(request: Request) -> Response:
    """jobs.create."""
    channel_id = google.owner(request)
    running = google.simulation(request)
    try:
        table = await request.json()
        report_type, name = str(table["reportTypeId"]), str(table["name"])
    except (ValueError, KeyError, TypeError):
        raise google.plain_error(400, "Request contains an invalid argument.") from None
    if report_type not in REPORT_TYPES:
        raise google.plain_error(404, NOT_FOUND)
    job = Job(token("job", channel_id, report_type, length=36), channel_id, report_type, name, running.now)
    if not running.state.add_job(job):
        raise google.plain_error(409, "Requested entity already exists")
    return JSONResponse(_job(job))


async def get_job(request: Request) -> Response:
    """jobs.get."""
    return google.answer(request, _job(_known_job(request)))


async def delete_job(request: Request) -> Response:
    """jobs.delete."""
    google.simulation(request).state.remove_job(_known_job(request).job_id)
    return JSONResponse({})


async def list_reports(request: Request) -> Response:
    """jobs.reports.list, newest first."""
    job = _known_job(request)
    created_after, starts_at, starts_before = (
        _moment(request, name) for name in ("createdAfter", "startTimeAtOrAfter", "startTimeBefore")
    )
    chosen = [
        _report(request, report)
        for report in _reports(request, job)
        if (created_after is None or report.created > created_after)
        and (starts_at is None or pacific_midnight(report.ordinal) >= starts_at)
        and (starts_before is None or pacific_midnight(report.ordinal) < starts_before)
    ]
    return _page(request, "reports", chosen)


async def get_report(request: Request) -> Response:
    """jobs.reports.get."""
    return google.answer(request, _report(request, _known_report(request)))


async def download(request: Request) -> Response:
    """media.download: a report as CSV, or a range of its bytes; packed for who accepts gzip and wants all of it."""
    report = _known_report(request)
    body = _text(request, report).encode()
    headers = {"Content-Type": "text/csv", "Vary": "Accept-Encoding"}
    match = _RANGE.fullmatch(request.headers.get("range", ""))
    if match is None:
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(gzip.compress(body, compresslevel=1, mtime=0), headers={**headers, "Content-Encoding": "gzip"})
        return Response(body, headers=headers)
    first, last = int(match[1]), min(int(match[2] or len(body)), len(body) - 1)
    if first > last:
        return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{len(body)}"})
    headers["Content-Range"] = f"bytes {first}-{last}/{len(body)}"
    return Response(body[first : last + 1], 206, headers=headers)


async def set_faults(request: Request) -> Response:
    """Say what is wrong with reports from now on; what is not named is right again. See `bulk.ReportFaults`."""
    try:
        google.simulation(request).report_faults = bulk.faults_of(await request.json())
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        known = ", ".join(ReportFaults.__dataclass_fields__)
        message = f"Send an object with some of {known}; days as YYYY-MM-DD. {error}"
        return JSONResponse({"error": "InvalidInput", "message": message}, 400)
    return JSONResponse({})


def _text(request: Request, report: Report) -> str:
    running = google.simulation(request)
    channels = running.world.scenario.channels
    own = running.world.scenario.own(report.job.channel_id)
    assert own is not None
    is_foreign = bulk.day_of(report) in running.report_faults.foreign_channel
    channel = _next(channels, own) if is_foreign else own
    day = running.world.view_day(channel, report.ordinal, last_complete_day(running.now, COUNTED_HOURS))
    return bulk.text_of(report.job.report_type, day, running.report_faults, report.is_early)


def _next(channels: tuple[OwnChannel, ...], channel: OwnChannel) -> OwnChannel:
    return channels[(channels.index(channel) + 1) % len(channels)]


def _reports(request: Request, job: Job) -> list[Report]:
    running = google.simulation(request)
    return bulk.reports_of(job, running.now, running.report_faults)


def _known_job(request: Request) -> Job:
    jobs = google.simulation(request).state.jobs(google.owner(request))
    job = next((job for job in jobs if job.job_id == request.path_params["job_id"]), None)
    if job is None:
        raise google.plain_error(404, NOT_FOUND)
    return job


def _known_report(request: Request) -> Report:
    reports = _reports(request, _known_job(request))
    report = next((found for found in reports if found.report_id == request.path_params["report_id"]), None)
    if report is None:
        raise google.plain_error(404, NOT_FOUND)
    return report


def _page(request: Request, name: str, found: list[dict[str, Any]]) -> Response:
    """A page of a list; an empty one has no list at all."""
    size = google.whole(request, "pageSize", 100, 1, 1000)
    offset = google.page_offset(request)
    page = found[offset : offset + size]
    body: dict[str, Any] = {name: page} if page else {}
    if offset + size < len(found):
        body["nextPageToken"] = google.page_token(offset + size)
    return google.answer(request, body)


def _job(job: Job) -> dict[str, Any]:
    return {"id": job.job_id, "reportTypeId": job.report_type, "name": job.name, "createTime": rfc3339(job.created)}


def _report(request: Request, report: Report) -> dict[str, Any]:
    path = f"v1/media/CHANNEL/{report.job.channel_id}/jobs/{report.job.job_id}/reports/{report.report_id}?alt=media"
    return {
        "id": report.report_id,
        "jobId": report.job.job_id,
        "startTime": rfc3339(pacific_midnight(report.ordinal)),
        "endTime": rfc3339(pacific_midnight(report.ordinal + 1)),
        "createTime": rfc3339(report.created),
        "downloadUrl": f"{request.base_url}{path}",
    }


def _moment(request: Request, name: str) -> float | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is None:
            raise ValueError
    except ValueError:
        raise google.plain_error(400, f"Invalid value at '{name}' (Timestamp), \"{text}\"") from None
    return hours(found)


ROUTES = [
    Route("/v1/reportTypes", list_types),
    Route("/v1/jobs", list_jobs),
    Route("/v1/jobs", create_job, methods=["POST"]),
    Route("/v1/jobs/{job_id}", get_job),
    Route("/v1/jobs/{job_id}", delete_job, methods=["DELETE"]),
    Route("/v1/jobs/{job_id}/reports", list_reports),
    Route("/v1/jobs/{job_id}/reports/{report_id}", get_report),
    Route("/_simulator/reports", set_faults, methods=["PUT"]),
    Route("/v1/media/CHANNEL/{channel_id}/jobs/{job_id}/reports/{report_id}", download),
]
