"""YouTube Reporting API v1: bulk reports, the only source of thumbnail impressions and their click-through rate.

A job must exist before YouTube writes anything; it then also fills in the thirty days before. Reports of a day come about two
days later, can come again corrected, and are kept for sixty days."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import IO, Any
from urllib.parse import urlsplit

from connectors.youtube.models import Report, ReportRow
from connectors.youtube.quota import QuotaGate
from connectors.youtube.transport import Transport, classified
from core.errors import Damaged, Refused
from core.ids import ChannelId

REACH = "channel_reach_basic_a1"
GOOGLE = "https://youtubereporting.googleapis.com"
CHUNK = 4 << 20
MAX_BYTES = 256 << 20


class ReportingClient:
    """Reads the bulk reports of one channel as its owner."""

    def __init__(self, transport: Transport, gate: QuotaGate, channel_id: ChannelId) -> None:
        self._transport = transport
        self._gate = gate
        self._channel_id = channel_id

    def job(self, report_type: str = REACH) -> str:
        """Id of the job that writes a type of report, made when there is none yet."""
        jobs = self._service().jobs()
        for page in self._pages("jobs.list", jobs, pageSize=100):
            for job in page.get("jobs", []):
                if job["reportTypeId"] == report_type:
                    return str(job["id"])
        request = jobs.create(body={"reportTypeId": report_type, "name": f"ytempire {report_type}"})
        return str(self._execute("jobs.create", request)["id"])

    def reports(self, job_id: str, created_after: datetime) -> list[Report]:
        """Reports of a job that were written after a moment, oldest first."""
        after = created_after.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        reports = [
            Report(item["id"], _moment(item["createTime"]), _moment(item["startTime"]), item["downloadUrl"])
            for page in self._pages("jobs.reports.list", self._service().jobs().reports(), jobId=job_id, createdAfter=after)
            for item in page.get("reports", [])
        ]
        return sorted(reports, key=lambda report: (report.created_at, report.report_id))

    def rows(self, report: Report) -> list[ReportRow]:
        """Download a report and read its lines. Columns that are not known are kept. Raises Damaged for a broken file."""
        with tempfile.SpooledTemporaryFile(max_size=CHUNK) as file:
            self._download(report, file)
            file.seek(0)
            return [ReportRow(values, report) for values in read_csv(io.TextIOWrapper(file, "utf-8-sig", newline=""))]

    def _download(self, report: Report, file: IO[bytes]) -> None:
        from googleapiclient.http import MediaIoBaseDownload

        request = self._service().media().download(resourceName="")
        request.uri = self._checked(report.download_url)

        def attempt() -> None:
            file.seek(0)
            file.truncate()
            with self._transport.http(self._channel_id) as request.http, self._gate.call("media.download"):
                download, is_done = MediaIoBaseDownload(file, request, chunksize=CHUNK), False
                while not is_done:
                    _, is_done = classified("media.download", download.next_chunk)
                    if file.tell() > MAX_BYTES:
                        raise Damaged(f"A YouTube report is larger than {MAX_BYTES >> 20} MiB.")

        self._transport.retry.call(attempt)

    def _checked(self, url: str) -> str:
        """A download address, which comes from an answer, is called with the channel's token only at the service itself."""
        if urlsplit(url)[:2] != urlsplit(self._transport.base_url or GOOGLE)[:2]:
            raise Refused(f"A YouTube report is said to be at {urlsplit(url).hostname}, which is not YouTube.")
        return url

    def _pages(self, method: str, collection: Any, **arguments: Any) -> Iterator[dict[str, Any]]:
        request = collection.list(**arguments)
        while request is not None:
            page = self._execute(method, request)
            yield page
            request = collection.list_next(request, page)

    def _execute(self, method: str, request: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self._transport.execute(self._gate, method, request, self._channel_id)
        return answer

    def _service(self) -> Any:
        return self._transport.service("youtubereporting", self._channel_id)


def read_csv(lines: IO[str]) -> Iterator[dict[str, str]]:
    """Read a report's lines as column → text. An empty file has no lines. Raises Damaged for uneven lines and broken text."""
    try:
        reader = csv.DictReader(lines, strict=True)
        for line in reader:
            if None in line or None in line.values():
                raise Damaged(f"A YouTube report has a line of another length than its head (line {reader.line_num}).")
            yield line
    except (csv.Error, UnicodeDecodeError) as error:
        raise Damaged(f"A YouTube report cannot be read: {error}.", "Run it again later.") from None


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
