"""Bulk reports: jobs, reading CSV as it comes, bounded downloads, and where a report may be fetched from."""

from __future__ import annotations

import csv
import gzip
import io
import re
from collections.abc import Iterable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.landing import REPORT_TYPES as LANDED_TYPES
from connectors.youtube import reporting
from connectors.youtube.models import Job, Report
from connectors.youtube.report_types import METRICS, REPORT_TYPES, ReportType
from connectors.youtube.reporting import MAX_LINE_BYTES, BrokenLine, ReportLine, read_report
from core.errors import Damaged, NotFound
from core.settings import ROOT
from tests.unit.connectors.scripted import Answer, json_answer
from tests.unit.connectors.youtube.conftest import CHANNEL, NOW, TOKEN, Scene

REACH = "channel_reach_basic_a1"
NEEDED = REPORT_TYPES[REACH].needed
HEAD = b"date,channel_id,video_id,video_thumbnail_impressions,video_thumbnail_impressions_ctr\n"
GOOD = b"20260605,UC,v,100,0.05\n"
JOB = Job("j1", CHANNEL, REACH, datetime(2026, 5, 1, tzinfo=UTC))

names = st.lists(st.text("abcdef_", min_size=1), min_size=2, max_size=5, unique=True)
cells = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00\r\n"), max_size=8)


def read(content: bytes, needed: Iterable[str] = ()) -> list[ReportLine | BrokenLine]:
    return list(read_report(io.BytesIO(content), tuple(needed)))


@given(names.flatmap(lambda head: st.tuples(st.just(head), st.lists(st.lists(cells, min_size=len(head), max_size=len(head))))))
def test_what_is_written_is_read(table: tuple[list[str], list[list[str]]]) -> None:
    head, lines = table
    file = io.StringIO(newline="")
    csv.writer(file).writerows([head, *lines])
    found = read(file.getvalue().encode())
    assert [line.values for line in found if isinstance(line, ReportLine)] == [
        dict(zip(head, line, strict=True)) for line in lines
    ]
    assert [line.number for line in found] == list(range(2, len(lines) + 2))


@given(st.binary(max_size=200))
def test_no_line_is_lost_or_invented_whatever_comes(junk: bytes) -> None:
    found = read(b"a,b\n" + junk + b"\n1,2\n")
    after = (b"a,b\n" + junk + b"\n1,2\n").split(b"\n")
    assert [line.number for line in found] == [n for n, line in enumerate(after, 1) if n > 1 and line.strip(b"\r")]
    assert found[-1] == ReportLine(len(after) - 1, {"a": "1", "b": "2"})


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"20260605,UC,v", "3 values under 5"),
        (b"a,b,c,d,e,f", "6 values under 5"),
        (b'"20260605,UC,v,1,1', "no CSV"),
        (b"20260605,UC,\xff\xfe,1,1", "not UTF-8"),
        (b"20260605,UC,v\x00,1,1", "NUL"),
        (b"x" * (3 * MAX_LINE_BYTES), "longer than 64 KiB"),
    ],
)
def test_a_broken_line_costs_itself_only(line: bytes, reason: str) -> None:
    first, broken, last = read(HEAD + GOOD + line + b"\n" + GOOD, NEEDED)
    assert isinstance(broken, BrokenLine)
    assert reason in broken.reason
    assert broken.number == 3
    assert len(broken.text) <= 2000
    assert isinstance(first, ReportLine)
    assert isinstance(last, ReportLine)


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        (HEAD.replace(b"video_id", b"clip_id"), r"lacks the column video_id; it has .*clip_id"),
        (b"date,channel_id,video_id\n", "lacks the column video_thumbnail_impressions"),
        (HEAD.replace(b"channel_id", b"date"), "column date more than once"),
        (HEAD.decode().encode("utf-16"), "cannot be read"),
        (b"<html>Sign in</html>\n", "lacks the column date"),
    ],
)
def test_a_report_without_its_key_is_refused_as_a_whole(head: bytes, reason: str) -> None:
    with pytest.raises(Damaged, match=reason):
        read(head + GOOD, NEEDED)


def test_an_empty_file_has_no_lines() -> None:
    assert read(b"") == read(HEAD, NEEDED) == []


def test_a_byte_order_mark_and_unknown_columns_are_no_damage() -> None:
    (line,) = read(b"\xef\xbb\xbf" + HEAD.rstrip() + b",surprise\r\n" + GOOD.rstrip() + b",!\r\n", NEEDED)
    assert isinstance(line, ReportLine)
    assert (line.values["date"], line.values["surprise"]) == ("20260605", "!")


def test_report_types_are_the_raw_tables() -> None:
    assert set(REPORT_TYPES) == set(LANDED_TYPES)
    for entry in REPORT_TYPES.values():
        assert entry.dimensions[:2] == ("date", "channel_id")
        assert set(entry.metrics) <= set(METRICS)
        assert len(entry.metrics) == len(set(entry.metrics))


STAGING = ROOT / "dbt/models/staging/reporting"


@pytest.mark.parametrize("entry", REPORT_TYPES.values(), ids=lambda entry: entry.report_type)
def test_the_warehouse_stages_the_same_columns(entry: ReportType) -> None:
    sql = (STAGING / f"stg_reporting__{entry.report_type.rpartition('_')[0]}.sql").read_text()
    dimensions, metrics = (set(re.findall("'([^']+)'", found)) for found in re.findall(r"\[(.*?)\]", sql, re.DOTALL)[:2])
    assert entry.report_type in sql
    assert {"date", "channel_id"} | dimensions == set(entry.dimensions)
    assert metrics == set(entry.metrics)


def job_item(report_type: str, job_id: str = "j1") -> dict[str, str]:
    return {"id": job_id, "reportTypeId": report_type, "createTime": "2026-05-01T00:00:00Z"}


def test_jobs_are_listed_once_and_only_the_missing_are_made(scene: Scene) -> None:
    scene.answers(TOKEN, json_answer({"jobs": [job_item(REACH)]}), json_answer(job_item("channel_basic_a3", "new")))
    for _ in range(3):
        jobs = scene.youtube.at(scene.youtube.gate.clock).reporting(CHANNEL).ensure_jobs([REACH, "channel_basic_a3"])
    assert {name: job.job_id for name, job in jobs.items()} == {REACH: "j1", "channel_basic_a3": "new"}
    assert [asked.method for asked in scene.server.asked] == ["POST", "GET", "POST"]
    assert scene.spent("reporting") == 2


def test_a_job_that_somebody_else_made_meanwhile_is_taken(scene: Scene) -> None:
    conflict = json_answer({"error": {"code": 409, "status": "ALREADY_EXISTS"}}, 409)
    scene.answers(TOKEN, json_answer({}), conflict, json_answer({"jobs": [job_item(REACH, "theirs")]}))
    assert scene.youtube.reporting(CHANNEL).ensure_jobs([REACH])[REACH].job_id == "theirs"


def test_a_type_that_is_not_offered_is_left_out(scene: Scene) -> None:
    gone = json_answer({"error": {"code": 404, "status": "NOT_FOUND"}}, 404)
    scene.answers(TOKEN, json_answer({}), gone, json_answer({}))
    client = scene.youtube.reporting(CHANNEL)
    assert client.ensure_jobs([REACH]) == client.ensure_jobs([REACH]) == {}


def report_item(report_id: str, created: str) -> dict[str, str]:
    return {"id": report_id, "createTime": created, "startTime": "2026-06-05T07:00:00Z", "downloadUrl": "https://x/v1/media"}


def test_reports_come_oldest_first_and_of_one_moment_the_greater_id_last(scene: Scene) -> None:
    items = [
        report_item("10", "2026-06-08T01:00:00.123456789Z"),
        report_item("9", "2026-06-08T01:00:00.123456789Z"),
        report_item("7", "2026-06-07T01:00:00Z"),
    ]
    pages = json_answer({"reports": items[:2], "nextPageToken": "p"}), json_answer({"reports": items[2:]})
    scene.answers(TOKEN, *pages)
    reports = scene.youtube.reporting(CHANNEL).reports(JOB, datetime(2026, 6, 1, tzinfo=UTC))
    assert [report.report_id for report in reports] == ["7", "9", "10"]
    assert {report.day.isoformat() for report in reports} == {"2026-06-05"}
    assert "createdAfter=2026-06-01" in scene.server.asked[1].path


@pytest.mark.parametrize("item", [{"id": "1"}, {**report_item("1", "soon")}, {**report_item("1", "2026-06-08T01:00:00")}, "text"])
def test_a_list_that_cannot_be_read_is_damage(scene: Scene, item: object) -> None:
    scene.answers(TOKEN, json_answer({"reports": [item]}))
    with pytest.raises(Damaged, match="list of reports"):
        scene.youtube.reporting(CHANNEL).reports(JOB, NOW)


def a_report(scene: Scene, url: str | None = None) -> Report:
    return Report("r", CHANNEL, REACH, NOW, NOW, url or f"{scene.server.url}/v1/media/x")


def test_a_download_is_handed_over_in_pieces_with_the_channels_token(scene: Scene) -> None:
    content = HEAD + b"".join(b"%d,UC,v,1,0\n" % (number * 7919 % 99_991) for number in range(100_000))
    packed = Answer(body=gzip.compress(content), headers={"Content-Encoding": "gzip"})
    scene.answers(TOKEN, Answer(503, b"busy"), packed)
    sizes = scene.youtube.reporting(CHANNEL).download(a_report(scene), lambda pieces: [len(piece) for piece in pieces])
    assert sum(sizes) == len(content)
    assert max(sizes) < len(content) / 2
    assert scene.server.asked[-1].headers["authorization"] == "Bearer ACCESS"
    assert scene.spent("reporting") == 2


@pytest.mark.parametrize(
    "url", ["https://evil.example/v1/media/x", "http://127.0.0.1:1/v1/media/x", "file:///etc/passwd", "http://[bad"]
)
def test_a_report_is_fetched_with_a_token_only_from_the_service(scene: Scene, url: str) -> None:
    with pytest.raises(Damaged, match="not YouTube"):
        scene.youtube.reporting(CHANNEL).download(a_report(scene, url), list)
    assert scene.server.asked == []


def test_a_redirect_is_not_followed(scene: Scene) -> None:
    scene.answers(TOKEN, Answer(302, b"", {"Location": "http://169.254.169.254/latest/meta-data"}))
    with pytest.raises(Damaged, match="elsewhere"):
        scene.youtube.reporting(CHANNEL).download(a_report(scene), list)


def test_an_expired_report_is_not_found(scene: Scene) -> None:
    scene.answers(TOKEN, json_answer({"error": {"code": 404, "status": "NOT_FOUND"}}, 404))
    with pytest.raises(NotFound):
        scene.youtube.reporting(CHANNEL).download(a_report(scene), list)


def consumed(pieces: Iterable[bytes]) -> None:
    for _ in pieces:
        pass


def test_a_bomb_ends_before_it_is_unpacked(scene: Scene) -> None:
    bomb = Answer(body=gzip.compress(bytes(64 << 20)), headers={"Content-Encoding": "gzip"})
    scene.answers(TOKEN, bomb)
    with pytest.raises(Damaged, match="compressed more than 200 times"):
        scene.youtube.reporting(CHANNEL).download(a_report(scene), consumed)


def test_a_report_without_end_is_cut_off(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporting, "MAX_BYTES", 1 << 20)
    scene.answers(TOKEN, Answer(body=bytes(2 << 20)))
    with pytest.raises(Damaged, match="larger than 1 MiB"):
        scene.youtube.reporting(CHANNEL).download(a_report(scene), consumed)
