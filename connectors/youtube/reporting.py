"""YouTube Reporting API v1: bulk reports, the only source of thumbnail impressions and their click-through rate.

A job must exist before YouTube writes anything; it then also fills in the thirty days before. Reports of a day come about two
days later, can come again corrected, and are kept for sixty days. Which columns they have is said in `report_types`, where they
are kept in `report_archive`. Files are read as a stream, because a channel's report can be hundreds of megabytes."""

from __future__ import annotations

import csv
import logging
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

import httpx

from connectors.http import open_client
from connectors.youtube.models import Job, Report
from connectors.youtube.quota import QuotaGate
from connectors.youtube.transport import SERVICE, Transport, classified
from core.errors import Damaged, Forbidden, NotFound, Refused, Unreachable
from core.ids import ChannelId

if TYPE_CHECKING:
    from collections.abc import Mapping

Stored = TypeVar("Stored")

LOGGER = logging.getLogger(__name__)

GOOGLE = "https://youtubereporting.googleapis.com"
MAX_BYTES = 512 << 20
"""Of a report's text. The largest that are known, of channels with thousands of videos, have some tens of megabytes."""

MAX_RATIO = 200
"""Of text to compressed bytes, past the first mebibytes. Reports reach 20; a bomb a thousand."""

RATIO_FREE_BYTES = 16 << 20
MAX_LINE_BYTES = 64 << 10
_ERROR_BYTES = 64 << 10


class ReportingShared:
    """What the reporting clients of one operator share: the jobs that they know of, and the connections of downloads.

    Attributes:
        jobs: by channel and type; None for a type that YouTube does not offer the channel.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._lock = threading.Lock()
        self._http: httpx.Client | None = None
        self.jobs: dict[ChannelId, dict[str, Job | None]] = {}

    def http(self) -> httpx.Client:
        """Connections for files; no redirect is followed, for a token goes with each call."""
        with self._lock:
            if self._http is None:
                self._http = open_client(self._transport.base_url or GOOGLE, timeout_seconds=60.0)
            return self._http

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            if self._http is not None:
                self._http.close()
                self._http = None


class ReportingClient:
    """Reads the bulk reports of one channel as its owner."""

    def __init__(self, transport: Transport, gate: QuotaGate, channel_id: ChannelId, shared: ReportingShared) -> None:
        self._transport = transport
        self._gate = gate
        self._channel_id = channel_id
        self._shared = shared

    def ensure_jobs(self, report_types: Collection[str]) -> dict[str, Job]:
        """The jobs that write these types of reports, made where there are none yet; a type that YouTube does not offer is left
        out.

        YouTube is asked once per process; what it said then is taken again."""
        known = self._shared.jobs.get(self._channel_id)
        if known is None:
            known = self._shared.jobs[self._channel_id] = dict(self._listed())
        for report_type in sorted(set(report_types) - set(known)):
            known[report_type] = self._created(report_type)
        return {report_type: job for report_type in report_types if (job := known[report_type]) is not None}

    def reports(self, job: Job, created_after: datetime, starts_at: datetime | None = None) -> list[Report]:
        """Reports of a job that were written after a moment, oldest first; with `starts_at`, of days that begin then or later.

        Raises NotFound where the job is gone; the next `ensure_jobs` asks for it anew."""
        window = {"createdAfter": _stamp(created_after), **({"startTimeAtOrAfter": _stamp(starts_at)} if starts_at else {})}
        collection = self._service().jobs().reports()
        try:
            pages = list(self._pages("jobs.reports.list", collection, jobId=job.job_id, pageSize=100, **window))
        except NotFound:
            self._shared.jobs.pop(self._channel_id, None)
            raise
        return sorted((_report(job, item) for page in pages for item in page.get("reports", [])), key=lambda report: report.order)

    def download(self, report: Report, store: Callable[[Iterable[bytes]], Stored]) -> Stored:
        """Hand a report's text to `store`, in pieces, and return what it makes of them; after a transient failure once more,
        from the beginning.

        Raises Damaged for a report that lies elsewhere than at YouTube, is too large or a decompression bomb, NotFound for one
        that has expired."""
        url = self._checked(report.download_url)

        def attempt() -> Stored:
            with self._gate.call("media.download"):
                return classified("media.download", lambda: self._stream(url, store))

        return self._transport.retry.call(attempt)

    def _checked(self, address: str) -> httpx.URL:
        """An address out of an answer is called with the channel's token only at the service itself."""
        home = httpx.URL(self._transport.base_url or GOOGLE)
        try:
            url = httpx.URL(address)
        except (httpx.InvalidURL, ValueError):
            raise Damaged("A YouTube report has an address that is not YouTube's.") from None
        if (url.scheme, url.netloc, url.userinfo) != (home.scheme, home.netloc, b""):
            raise Damaged(f"A YouTube report is said to be at {url.host[:100]}, which is not YouTube.")
        return url

    def _stream(self, url: httpx.URL, store: Callable[[Iterable[bytes]], Stored]) -> Stored:
        from google_auth_httplib2 import Request
        from googleapiclient.errors import HttpError
        from httplib2 import Response

        headers = {"Accept-Encoding": "gzip"}
        with self._transport.http(self._channel_id) as http:
            http.credentials.before_request(Request(http.http), "GET", str(url), headers)
        try:
            with self._shared.http().stream("GET", url, headers=headers) as response:
                if response.is_redirect:
                    raise Damaged("YouTube sends us elsewhere for a report.")
                if response.status_code != 200:
                    told = {"status": response.status_code, "retry-after": response.headers.get("retry-after")}
                    raise HttpError(Response(told), next(response.iter_bytes(_ERROR_BYTES), b""))
                return store(_bounded(response))
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise Unreachable(
                f"{SERVICE} cannot be reached ({type(error).__name__} at media.download).", "Check the network."
            ) from None

    def _listed(self) -> dict[str, Job | None]:
        pages = self._pages("jobs.list", self._service().jobs(), pageSize=100)
        jobs = [_job(self._channel_id, item) for page in pages for item in page.get("jobs", [])]
        return {job.report_type: job for job in jobs}

    def _created(self, report_type: str) -> Job | None:
        request = self._service().jobs().create(body={"reportTypeId": report_type, "name": f"ytempire {report_type}"})
        try:
            return _job(self._channel_id, self._execute("jobs.create", request))
        except (NotFound, Refused) as error:
            if isinstance(error, Forbidden) or error.is_of_account:
                raise  # that the channel may order nothing does not say that there is no such type
            # Another process may have made it just now (409); a retired type is not found (404).
            job = self._listed().get(report_type)
            if job is None:
                LOGGER.warning("Channel %s gets no reports %s: %s", self._channel_id, report_type, error)
            return job

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


@dataclass(frozen=True)
class ReportLine:
    """One line of a report: column name to text.

    Attributes:
        number: of the line in its file; the head is line 1.
    """

    number: int
    values: Mapping[str, str]


@dataclass(frozen=True)
class BrokenLine:
    """A line of a report that cannot be read, with its beginning."""

    number: int
    reason: str
    text: str


def read_report(file: BinaryIO, needed: Sequence[str]) -> Iterator[ReportLine | BrokenLine]:
    """Read a report's lines one by one. Each line of the file but the head and empty ones gives one line or one broken line.

    Fields are quoted as in RFC 4180, but a line break never belongs to a field: so one stray quote costs one line. An empty file
    has no lines. Raises Damaged where the head cannot be read, names a column twice, or lacks one that is `needed`."""
    lines = _lines(file)
    number, head = next(lines, (0, b""))
    if not number:
        return
    columns = _columns(head, needed)
    for number, line in lines:
        if not line:
            continue
        values = _fields(line)
        if isinstance(values, str):
            yield BrokenLine(number, values, line[:2000].decode("utf-8", "replace"))
        elif len(values) != len(columns):
            reason = f"The line has {len(values)} values under {len(columns)} columns."
            yield BrokenLine(number, reason, line[:2000].decode("utf-8", "replace"))
        else:
            yield ReportLine(number, dict(zip(columns, values, strict=True)))


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The lines of a file with their numbers; of one that is too long only so much that it is known to be."""
    number = 0
    while line := file.readline(MAX_LINE_BYTES + 2):
        number += 1
        yield number, line.rstrip(b"\r\n")
        while line and not line.endswith(b"\n"):
            line = file.readline(MAX_LINE_BYTES)


def _columns(head: bytes, needed: Sequence[str]) -> list[str]:
    columns = _fields(head.removeprefix(b"\xef\xbb\xbf"))
    if isinstance(columns, str):
        raise Damaged(f"The head of a YouTube report cannot be read. {columns}")
    names = {column: columns.count(column) for column in columns}
    if repeated := sorted(column for column, count in names.items() if count > 1):
        raise Damaged(f"A YouTube report has the column {_shown(repeated)} more than once.")
    if missing := [column for column in needed if column not in names]:
        raise Damaged(f"A YouTube report lacks the column {_shown(missing)}; it has {_shown(columns)}.")
    return columns


def _shown(names: Sequence[str]) -> str:
    return ", ".join(name[:60] for name in names[:40])


def _fields(line: bytes) -> list[str] | str:
    """The values of a line, or why there are none."""
    if len(line) > MAX_LINE_BYTES:
        return f"The line is longer than {MAX_LINE_BYTES >> 10} KiB."
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        return "The line is not UTF-8."
    if "\x00" in text:
        return "The line has a NUL in it."
    if '"' not in text and "\r" not in text:
        return text.split(",")
    try:
        return next(csv.reader([text], strict=True))
    except (csv.Error, StopIteration) as error:
        return f"The line is no CSV: {error}."


def _bounded(response: httpx.Response) -> Iterator[bytes]:
    size = 0
    for piece in response.iter_bytes():
        size += len(piece)
        if size > MAX_BYTES:
            raise Damaged(f"A YouTube report is larger than {MAX_BYTES >> 20} MiB.")
        if size > RATIO_FREE_BYTES and size > MAX_RATIO * response.num_bytes_downloaded:
            raise Damaged(f"A YouTube report is compressed more than {MAX_RATIO} times, as no report is.")
        yield piece


def _job(channel_id: ChannelId, item: Any) -> Job:
    try:
        return Job(str(item["id"]), channel_id, str(item["reportTypeId"]), _moment(item["createTime"]))
    except (KeyError, TypeError, ValueError):
        raise Damaged("YouTube's list of reporting jobs cannot be read.", "Run it again later.") from None


def _report(job: Job, item: Any) -> Report:
    try:
        return Report(
            str(item["id"]),
            job.channel_id,
            job.report_type,
            _moment(item["createTime"]),
            _moment(item["startTime"]),
            str(item["downloadUrl"]),
        )
    except (KeyError, TypeError, ValueError):
        raise Damaged("YouTube's list of reports cannot be read.", "Run it again later.") from None


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return moment


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
