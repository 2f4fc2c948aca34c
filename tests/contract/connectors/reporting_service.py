"""A Reporting API that holds exactly the reports that a test gives it: for those that the simulated world would never write."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from connectors.youtube.report_archive import KEPT_FOR
from core.clock import PACIFIC
from core.ids import ChannelId

FORBIDDEN = 403, b'{"error": {"code": 403, "status": "PERMISSION_DENIED"}}', dict[str, str]()


@dataclass(frozen=True)
class Written:
    """A report as YouTube wrote it."""

    report_id: str
    channel_id: ChannelId
    report_type: str
    day: date
    created_at: datetime
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200
    url: str | None = None


class ReportingService:
    """Serves tokens, jobs and reports; counts its calls by kind.

    Attributes:
        now: where it is set, a report can be had from the moment it is written for sixty days, as at YouTube.
        refused: channel and kind of call (as in `calls`) that is answered with 403.
    """

    def __init__(self) -> None:
        self.reports: list[Written] = []
        self.retired: set[str] = set()
        self.jobs: dict[str, dict[str, Any]] = {}
        self.jobs_created_at = datetime(2026, 5, 1, 12, tzinfo=UTC)
        self.now: datetime | None = None
        self.refused: set[tuple[str, str]] = set()
        self.calls: Counter[str] = Counter()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._send(*owner._answer(self.path, self.headers.get("Authorization", "").removeprefix("Bearer ")))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.path == "/oauth2/token":
                    token = parse_qs(body.decode())["refresh_token"][0]
                    self._send(200, json.dumps({"access_token": token, "expires_in": 3600, "token_type": "Bearer"}).encode(), {})
                else:
                    self._send(*owner._create(json.loads(body), self.headers["Authorization"].removeprefix("Bearer ")))

            def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                """A caller that has read enough goes away: part of the tests."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _create(self, body: dict[str, Any], channel_id: str) -> tuple[int, bytes, dict[str, str]]:
        self.calls["jobs.create"] += 1
        if (channel_id, "jobs.create") in self.refused:
            return FORBIDDEN
        report_type = body["reportTypeId"]
        if report_type in self.retired:
            return 404, b'{"error": {"code": 404, "status": "NOT_FOUND"}}', {}
        job_id = f"{channel_id}-{report_type}-{self.calls['jobs.create']}"
        self.jobs[job_id] = {"id": job_id, "reportTypeId": report_type, "createTime": self.jobs_created_at.isoformat()}
        return 200, json.dumps(self.jobs[job_id]).encode(), {}

    def _answer(self, address: str, channel_id: str) -> tuple[int, bytes, dict[str, str]]:
        path, query = urlsplit(address).path, parse_qs(urlsplit(address).query)
        if path == "/v1/jobs":
            self.calls["jobs.list"] += 1
            if (channel_id, "jobs.list") in self.refused:
                return FORBIDDEN
            mine = [job for job in self.jobs.values() if job["id"].startswith(channel_id)]
            return 200, json.dumps({"jobs": mine} if mine else {}).encode(), {}
        if found := re.fullmatch(r"/v1/jobs/([^/]+)/reports", path):
            self.calls["jobs.reports.list"] += 1
            if (channel_id, "jobs.reports.list") in self.refused:
                return FORBIDDEN
            job = self.jobs.get(found[1])
            if job is None:
                return 404, b'{"error": {"code": 404, "status": "NOT_FOUND"}}', {}
            after = datetime.fromisoformat(query["createdAfter"][0])
            items = [
                self._item(report)
                for report in self._at_hand()
                if (report.channel_id, report.report_type) == (channel_id, job["reportTypeId"]) and report.created_at > after
            ]
            return 200, json.dumps({"reports": items} if items else {}).encode(), {}
        self.calls["media.download"] += 1
        if (channel_id, "media.download") in self.refused:
            return FORBIDDEN
        report = next((report for report in self._at_hand() if report.report_id == path.rpartition("/")[2]), None)
        return (404, b"{}", {}) if report is None else (report.status, report.body, report.headers)

    def _at_hand(self) -> list[Written]:
        if self.now is None:
            return self.reports
        return [report for report in self.reports if self.now - KEPT_FOR < report.created_at <= self.now]

    def _item(self, report: Written) -> dict[str, str]:
        start = datetime.combine(report.day, time(), PACIFIC)
        return {
            "id": report.report_id,
            "startTime": start.astimezone(UTC).isoformat(),
            "endTime": (start + timedelta(days=1)).astimezone(UTC).isoformat(),
            "createTime": report.created_at.isoformat(),
            "downloadUrl": report.url or f"{self.url}/v1/media/{report.report_id}",
        }
