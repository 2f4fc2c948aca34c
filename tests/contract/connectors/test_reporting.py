"""Bulk reports from the service to the landing: late, re-issued, doubled, renamed, widened, missing, foreign and damaged ones."""

from __future__ import annotations

import gzip
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.landing import landed
from connectors.youtube.report_archive import missing_days
from connectors.youtube.report_types import REPORT_TYPES
from core.errors import ServiceFailed
from tests.contract.connectors.report_scene import COLUMNS, DATA_DAY, DAY, MINE, OURS, TABLE, TYPE, Scene, csv, report

pytestmark = pytest.mark.postgres


def test_a_report_lands_and_its_file_is_kept(scene: Scene) -> None:
    scene.service.reports = [report("11", csv())]
    assert scene.ingest().landing.row_count == 2
    (path,) = scene.files()
    assert path == Path(MINE, TYPE, "2026-06-05", "11.csv.gz")
    assert gzip.decompress((scene.archive / path).read_bytes()) == csv()
    row, _ = landed(scene.engine, TABLE, DAY, DAY)
    assert row.row_key == f"20260605:{MINE}:video000000:on_demand:subscribed:US:100:7"
    assert row.payload["report_created_at"] == "2026-06-08T07:00:00+00:00"
    assert row.payload["report_id"] == "11"


def test_all_types_are_ordered_on_the_first_day_and_a_later_day_costs_one_call(scene: Scene) -> None:
    scene.service.retired = {"channel_annotations_a1"}
    scene.ingest()
    assert scene.service.calls["jobs.create"] == len(REPORT_TYPES)
    assert len(scene.service.jobs) == len(REPORT_TYPES) - 1
    ingested = scene.ingest(DAY + timedelta(days=1))
    assert scene.service.calls == {"jobs.reports.list": 1}
    assert ingested.calls == 1
    retired = scene.ingest(DAY + timedelta(days=1), table="raw_reporting.channel_annotations_a1")
    assert (retired.calls, retired.landing.row_count) == (0, 0)


def test_a_day_ingested_twice_costs_no_download_and_is_the_same(scene: Scene) -> None:
    scene.service.reports = [report("11", csv())]
    first = scene.ingest()
    again = scene.ingest()
    assert again.landing.digest == first.landing.digest
    assert scene.service.calls["media.download"] == 0


def test_what_has_landed_does_not_land_again_the_next_day(scene: Scene) -> None:
    scene.service.reports = [report("11", csv())]
    scene.ingest()
    assert scene.ingest(DAY + timedelta(days=1)).landing.row_count == 0


def test_a_late_report_lands_on_the_day_it_came(scene: Scene) -> None:
    scene.service.reports = [report("11", csv(), day=DATA_DAY)]
    scene.ingest()
    late = DATA_DAY - timedelta(days=12)
    scene.service.reports.append(report("12", csv(late), "2026-06-09T01:00:00Z", day=late))
    scene.ingest(DAY + timedelta(days=1))
    assert {row.row_key[:8] for row in landed(scene.engine, TABLE, DAY + timedelta(days=1), DAY + timedelta(days=1))} == {
        "20260524"
    }


def test_a_report_of_the_same_moment_that_was_not_seen_before_is_not_lost(scene: Scene) -> None:
    scene.service.reports = [report("11", csv())]
    scene.ingest()
    scene.service.reports.append(report("12", csv(views=20)))
    scene.ingest(DAY + timedelta(days=1))
    assert scene.views(DAY + timedelta(days=1)) == {"video000000": "20", "video000001": "21"}


def test_of_doubled_and_reissued_reports_the_newest_wins_whatever_their_order(scene: Scene) -> None:
    scene.service.reports = [
        report("10", csv(views=30)),
        report("13", csv(views=50), "2026-06-07T01:00:00Z"),
        report("9", csv(views=20)),
    ]
    scene.ingest()
    assert scene.views() == {"video000000": "30", "video000001": "31"}
    scene.service.reports.reverse()
    assert scene.ingest().landing.row_count == 2
    assert scene.views() == {"video000000": "30", "video000001": "31"}


def test_a_report_from_after_the_days_clock_waits(scene: Scene) -> None:
    scene.service.reports = [report("11", csv(), "2026-06-08T13:00:00Z")]
    assert scene.ingest().landing.row_count == 0
    assert scene.ingest(DAY + timedelta(days=1)).landing.row_count == 2


def test_a_renamed_key_column_refuses_the_report_and_the_rest_goes_on(scene: Scene) -> None:
    renamed = [column.replace("device_type", "gadget") for column in COLUMNS]
    other = DATA_DAY - timedelta(days=1)
    scene.service.reports = [report("11", csv(columns=renamed)), report("12", csv(other), day=other)]
    ingested = scene.ingest()
    assert (ingested.landing.row_count, ingested.landing.rejected_count) == (2, 1)
    ((place, reason),) = scene.rejected()
    assert place == f"report 11 of {MINE} on 2026-06-05"
    assert "lacks the column device_type" in reason
    assert "gadget" in reason
    assert len(scene.files()) == 2


def test_columns_that_nobody_knows_are_kept(scene: Scene) -> None:
    scene.service.reports = [report("11", csv(columns=[*COLUMNS, "shorts_swipes"]))]
    scene.ingest()
    assert {row.payload["shorts_swipes"] for row in landed(scene.engine, TABLE, DAY, DAY)} == {"?"}


def test_lines_of_another_channel_and_broken_lines_are_told_with_their_number(scene: Scene) -> None:
    broken = (
        csv() + csv(channel=OURS, videos=1).partition(b"\n")[2] + b'"20260605\n' + b"20260605,short\n" + b"x" * 200_000 + b"\n"
    )
    unreadable = csv(videos=1).partition(b"\n")[2].replace(b",10,", b",ten,").replace(b"video000000", b"video000009")
    scene.service.reports = [report("11", broken + unreadable)]
    ingested = scene.ingest()
    assert (ingested.landing.row_count, ingested.landing.rejected_count) == (2, 5)
    places, reasons = zip(*scene.rejected(), strict=True)
    assert [place.partition(" of ")[0] for place in places[:4]] == ["line 4", "line 5", "line 6", "line 7"]
    for reason, told in zip(
        reasons, ("another channel", "no CSV", "2 values", "longer than 64 KiB", "views is not"), strict=True
    ):
        assert told in reason


@pytest.mark.parametrize(
    ("damaged", "told"),
    [
        ({"body": gzip.compress(bytes(40 << 20)), "headers": {"Content-Encoding": "gzip"}}, "compressed more than"),
        ({"status": 302, "headers": {"Location": "http://169.254.169.254/latest/meta-data"}}, "elsewhere"),
        ({"url": "https://evil.example/v1/media/11"}, "not YouTube"),
        ({"status": 404}, "404"),
        ({"report_id": "../../etc/passwd"}, "no plain name"),
        ({"body": csv().decode().encode("utf-16")}, "cannot be read"),
    ],
)
def test_a_damaged_report_is_refused_with_a_reason_and_the_rest_lands(scene: Scene, damaged: dict[str, Any], told: str) -> None:
    other = DATA_DAY - timedelta(days=1)
    scene.service.reports = [replace(report("11", csv()), **damaged), report("12", csv(other), day=other)]
    ingested = scene.ingest()
    assert (ingested.landing.row_count, ingested.landing.rejected_count) == (2, 1)
    assert told in scene.rejected()[0][1]
    assert not list(scene.archive.rglob("*.part"))


def test_an_outage_leaves_what_was_downloaded_and_the_next_run_goes_on(scene: Scene) -> None:
    other = DATA_DAY - timedelta(days=1)
    scene.service.reports = [report("11", csv()), report("12", csv(other), day=other, status=503)]
    with pytest.raises(ServiceFailed):
        scene.ingest()
    assert landed(scene.engine, TABLE, DAY, DAY) == []
    scene.service.reports[1] = report("12", csv(other), day=other)
    assert scene.ingest(DAY + timedelta(days=1)).landing.row_count == 4
    assert scene.service.calls["media.download"] == 1


@pytest.mark.parametrize("damage", [b"", b"junk", gzip.compress(csv(views=99)), gzip.compress(csv())[:-9]])
def test_a_damaged_file_of_the_archive_is_fetched_again(scene: Scene, damage: bytes) -> None:
    scene.service.reports = [report("11", csv())]
    scene.ingest()
    (path,) = scene.files()
    (scene.archive / path).write_bytes(damage)
    scene.ingest()
    assert scene.service.calls["media.download"] == 1
    assert scene.views()["video000000"] == "10"
    scene.ingest()
    assert scene.service.calls["media.download"] == 0


def test_a_job_that_was_deleted_is_ordered_anew(scene: Scene) -> None:
    scene.ingest()
    scene.service.jobs.clear()
    scene.service.reports = [report("11", csv())]
    assert scene.ingest(DAY + timedelta(days=1)).landing.row_count == 2
    scene.ingest(DAY + timedelta(days=2))
    assert scene.service.calls == {"jobs.reports.list": 1}


def test_a_channel_that_joins_later_brings_all_its_days(scene: Scene) -> None:
    scene.service.reports = [report("11", csv()), report("21", csv(channel=OURS), "2026-05-20T00:00:00Z", channel_id=OURS)]
    scene.ingest()
    scene.ingest(DAY + timedelta(days=1), MINE, OURS)
    rows = landed(scene.engine, TABLE, DAY + timedelta(days=1), DAY + timedelta(days=1))
    assert {row.payload["channel_id"] for row in rows} == {OURS}


def test_missing_days_are_told_before_they_are_lost(scene: Scene) -> None:
    scene.service.jobs_created_at = datetime(2026, 6, 2, 12, tzinfo=UTC)
    days = [date(2026, 6, 2), date(2026, 6, 3), date(2026, 6, 5)]
    scene.service.reports = [report(str(n), csv(day), day=day) for n, day in enumerate(days)]
    scene.ingest()

    def missing(today: date) -> list[tuple[date, bool]]:
        found = missing_days(scene.engine, [MINE], today)
        return [(each.day, each.is_critical) for each in found if each.report_type == TYPE and each.day < date(2026, 6, 6)]

    assert missing(date(2026, 6, 6)) == []
    assert missing(date(2026, 6, 8)) == [(date(2026, 6, 4), False)]
    assert missing(date(2026, 7, 23)) == [(date(2026, 6, 4), False)]
    assert missing(date(2026, 7, 24)) == [(date(2026, 6, 4), True)]
    assert missing(date(2026, 8, 3)) == []
    assert missing_days(scene.engine, [OURS], DAY) == []
    (found,) = (each for each in missing_days(scene.engine, [MINE], DAY) if each.report_type == TYPE)
    assert found.expires_on == date(2026, 8, 3)
