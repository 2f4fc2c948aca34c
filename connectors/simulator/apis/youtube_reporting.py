"""YouTube Reporting API v1 for `channel_reach_basic_a1`: thumbnail impressions and click-through rate by day and video.

One report for each Pacific day from 30 days before the job was made; a report appears 48 hours after its day's end and stays
for 60 days. The rate is a fraction of 1.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.simulator.apis import google
from connectors.simulator.calendar import hours, pacific_midnight, pacific_ordinal, rfc3339
from connectors.simulator.identity import token
from connectors.simulator.state import Job

REPORT_TYPES = {"channel_reach_basic_a1": "Reach basic"}
DELAY_HOURS = 48.0
BACKFILL_DAYS = 30
KEPT_HOURS = 60 * 24.0
COLUMNS = ("date", "channel_id", "video_id", "video_thumbnail_impressions", "video_thumbnail_impressions_ctr")


@dataclass(frozen=True)
class _Report:
    job: Job
    ordinal: int
    created: float

    @property
    def report_id(self) -> str:
        """Decimal digits, as the real ones are."""
        return str(int.from_bytes(self.job.job_id[:4].encode(), "big") * 1_000_000 + self.ordinal)


async def list_types(request: Request) -> Response:
    """reportTypes.list."""
    google.owner(request)
    return google.answer(request, {"reportTypes": [{"id": name, "name": title} for name, title in REPORT_TYPES.items()]})


async def list_jobs(request: Request) -> Response:
    """jobs.list."""
    jobs = google.simulation(request).state.jobs(google.owner(request))
    return google.answer(request, {"jobs": [_job(job) for job in jobs]} if jobs else {})


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
        raise google.plain_error(400, f"Unknown report type: {report_type}.")
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
    reports = _reports(request, job)
    created_after, starts_at, starts_before = (
        _moment(request, name) for name in ("createdAfter", "startTimeAtOrAfter", "startTimeBefore")
    )
    chosen = [
        report
        for report in reports
        if (created_after is None or report.created > created_after)
        and (starts_at is None or pacific_midnight(report.ordinal) >= starts_at)
        and (starts_before is None or pacific_midnight(report.ordinal) < starts_before)
    ]
    size = google.whole(request, "pageSize", 100, 1, 1000)
    offset = google.page_offset(request)
    body: dict[str, Any] = {}
    if chosen[offset : offset + size]:
        body["reports"] = [_report(request, report) for report in chosen[offset : offset + size]]
    if offset + size < len(chosen):
        body["nextPageToken"] = google.page_token(offset + size)
    return google.answer(request, body)


async def download(request: Request) -> Response:
    """media.download: a report as CSV."""
    job = _known_job(request)
    reports = _reports(request, job)
    report = next((found for found in reports if found.report_id == request.path_params["report_id"]), None)
    if report is None:
        raise google.plain_error(404, "Requested entity was not found.")
    running = google.simulation(request)
    channel = running.world.scenario.own(job.channel_id)
    assert channel is not None
    videos, curves = running.world.report(channel, reports[0].ordinal)  # the newest, which holds the days of all the others
    days = slice(report.ordinal - curves.first + 1)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    seen, clicked = (np.diff(column[:, days], axis=1, prepend=0)[:, -1] for column in (curves.impressions, curves.clicks))
    for video, impressions, clicks in zip(videos, seen, clicked, strict=True):
        if impressions:
            day = date.fromordinal(report.ordinal).strftime("%Y%m%d")
            writer.writerow((day, channel.channel_id, video.video_id, int(impressions), f"{clicks / impressions:.6f}"))
    return Response(text.getvalue(), media_type="text/csv")


def _reports(request: Request, job: Job) -> list[_Report]:
    now = google.simulation(request).now
    made = min(job.created, now)  # the clock may have gone back
    reports = []
    for ordinal in range(pacific_ordinal(made) - BACKFILL_DAYS, pacific_ordinal(now) + 1):
        created = max(pacific_midnight(ordinal + 1) + DELAY_HOURS, made)
        if created <= now < created + KEPT_HOURS:
            reports.append(_Report(job, ordinal, created))
    return reports[::-1]


def _known_job(request: Request) -> Job:
    jobs = google.simulation(request).state.jobs(google.owner(request))
    job = next((job for job in jobs if job.job_id == request.path_params["job_id"]), None)
    if job is None:
        raise google.plain_error(404, "Requested entity was not found.")
    return job


def _job(job: Job) -> dict[str, Any]:
    return {"id": job.job_id, "reportTypeId": job.report_type, "name": job.name, "createTime": rfc3339(job.created)}


def _report(request: Request, report: _Report) -> dict[str, Any]:
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
    Route("/v1/media/CHANNEL/{channel_id}/jobs/{job_id}/reports/{report_id}", download),
]
