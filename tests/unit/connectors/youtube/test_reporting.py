"""Bulk reports: reading CSV as it comes, and where a report may be fetched from."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.youtube.models import Report
from connectors.youtube.reporting import read_csv
from connectors.youtube.rows import reach_rows
from core.errors import Damaged, Refused
from tests.unit.connectors.scripted import Answer, json_answer
from tests.unit.connectors.youtube.conftest import CHANNEL, NOW, TOKEN, Scene

HEAD = "date,channel_id,video_id,video_thumbnail_impressions,video_thumbnail_impressions_ctr"

cells = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00"), max_size=8)


@given(
    st.lists(st.text("abcdef_", min_size=1), min_size=1, max_size=5, unique=True).flatmap(
        lambda names: st.tuples(st.just(names), st.lists(st.lists(cells, min_size=len(names), max_size=len(names)), max_size=5))
    )
)
def test_what_is_written_is_read(table: tuple[list[str], list[list[str]]]) -> None:
    names, lines = table
    file = io.StringIO(newline="")
    csv.writer(file).writerows([names, *lines])
    file.seek(0)
    expected = [dict(zip(names, line, strict=True)) for line in lines if len(names) > 1 or line != [""]]
    assert [line for line in read_csv(file) if len(names) > 1 or list(line.values()) != [""]] == expected


@pytest.mark.parametrize("text", [f"{HEAD}\n20260605,UC,v\n", f"{HEAD}\na,b,c,d,e,f\n", f'{HEAD}\n"20260605'])
def test_broken_lines_are_damage(text: str) -> None:
    with pytest.raises(Damaged):
        list(read_csv(io.StringIO(text)))


def test_an_empty_file_has_no_lines() -> None:
    assert list(read_csv(io.StringIO(""))) == []


def listed(*reports: dict[str, str]) -> tuple[Answer, Answer]:
    jobs = {"jobs": [{"id": "j0", "reportTypeId": "other"}, {"id": "j1", "reportTypeId": "channel_reach_basic_a1"}]}
    return json_answer(jobs), json_answer({"reports": list(reports)})


def report(report_id: str, created: str, url: str) -> dict[str, str]:
    return {"id": report_id, "createTime": created, "startTime": "2026-06-05T07:00:00Z", "downloadUrl": url}


def test_of_two_reports_of_one_day_the_newer_line_comes_last(scene: Scene) -> None:
    url = f"{scene.server.url}/v1/media/x?alt=media"
    newer, older = report("r2", "2026-06-08T01:00:00.123456Z", url), report("r1", "2026-06-07T01:00:00Z", url)
    lines = [f"{HEAD},surprise\r\n20260605,{CHANNEL},vvvvvvvvvvv,{count},0.05,?\r\n".encode() for count in (100, 120)]
    scene.answers(TOKEN, *listed(newer, older), *[Answer(body=line) for line in lines])
    rows = reach_rows(scene.youtube, datetime(2026, 6, 1, tzinfo=UTC))
    assert [row.row_key for row in rows] == ["2026-06-05:vvvvvvvvvvv"] * 2
    assert [row.payload["video_thumbnail_impressions"] for row in rows] == ["100", "120"]
    assert rows[-1].payload["report_created_at"] == "2026-06-08T01:00:00.123456+00:00"
    assert rows[-1].payload["surprise"] == "?"
    assert "createdAfter=2026-06-01" in scene.server.asked[2].path


def test_a_missing_job_is_made(scene: Scene) -> None:
    scene.answers(TOKEN, json_answer({}), json_answer({"id": "new"}), json_answer({}))
    assert reach_rows(scene.youtube, NOW) == []
    assert [asked.method for asked in scene.server.asked] == ["POST", "GET", "POST", "GET"]
    assert "/v1/jobs/new/reports" in scene.server.asked[-1].path
    assert scene.spent("reporting") == 3


@pytest.mark.parametrize("url", ["https://evil.example/v1/media/x", "http://127.0.0.1:1/v1/media/x", "file:///etc/passwd"])
def test_a_report_is_fetched_with_a_token_only_from_the_service(scene: Scene, url: str) -> None:
    moment = datetime(2026, 6, 8, tzinfo=UTC)
    with pytest.raises(Refused, match="not YouTube"):
        scene.youtube.reporting(CHANNEL).rows(Report("r", moment, moment, url))
    assert scene.server.asked == []


def test_a_line_without_its_key_is_damage(scene: Scene) -> None:
    scene.answers(
        TOKEN, *listed(report("r", "2026-06-07T01:00:00Z", f"{scene.server.url}/v1/media/x")), Answer(body=b"date\nyesterday\n")
    )
    with pytest.raises(Damaged, match="without day or video"):
        reach_rows(scene.youtube, NOW)
