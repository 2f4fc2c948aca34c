"""A past partition of bulk reports is made of the archive's files, and stays what it was, whatever YouTube still lists."""

from __future__ import annotations

import io
import random
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from connectors.feeds import FEEDS
from connectors.feeds.feed import Request, Sources
from connectors.landing import Alongside, RawRow, Rejected, land, landed, partitions
from connectors.relanding import land_again, past_partitions
from connectors.youtube.report_archive import KEPT_FOR, ReportArchive, lost_files, missing_days
from connectors.youtube.report_types import REPORT_TYPES
from core.clock import FrozenClock, noon
from core.errors import Forbidden, InvalidInput, ServiceFailed, Transient, UnknownName
from orchestration import relanding
from tests.contract.connectors.report_scene import DATA_DAY, DAY, MINE, OURS, TABLE, TYPE, Scene, csv, report

pytestmark = pytest.mark.postgres

DAYS = 12
ORDERS = 25
"""Of each clock: a hundred of all four."""

Partition = tuple[list[tuple[str, datetime, Any]], str]
"""Rows with their moments, and the digest of the last landing."""


def written(number: int) -> Iterator[Any]:
    """The reports that a day brings: late, corrected, doubled ones, some of a channel that joins later, and on one day none."""
    created, data_day = f"{DAY + timedelta(days=number)}T07:00:00Z", DATA_DAY + timedelta(days=number)
    if number == 7:
        return
    yield report(f"{number}1", csv(data_day, views=10 * number), created, day=data_day)
    if number % 2:
        mine = csv(data_day, views=number, channel=OURS)
        yield report(f"{number}2", mine, created, channel_id=OURS, day=data_day)
    if number in {4, 9}:
        corrected = DATA_DAY + timedelta(days=number - 3)
        yield report(f"{number}3", csv(corrected, views=500 + number), created, day=corrected)
    if number == 6:
        yield report("64", csv(data_day, views=700), created, day=data_day)


def land_days(scene: Scene, later: int) -> list[Any]:
    """Land some days as the clock goes on, then two more in all that time; returns the days."""
    days = [DAY + timedelta(days=number) for number in range(DAYS)]
    days += sorted({days[-1] + timedelta(days=max(later // 2, 1)), days[-1] + timedelta(days=later)} - set(days))
    for day in days:
        number = (day - DAY).days
        scene.service.now = noon(day)
        scene.service.reports += written(number)
        refused = number == 8  # its report cannot be had on the first day
        kept = list(scene.service.reports)
        if refused:
            scene.service.reports[-1] = replace(kept[-1], status=404)
        scene.ingest(day, *((MINE, OURS) if number >= 3 else (MINE,)))
        scene.service.reports = kept
    return days


def partition(scene: Scene, day: Any) -> Partition:
    rows = [(row.row_key, row.fetched_at, row.payload) for row in landed(scene.engine, TABLE, day, day)]
    query = "select payload_digest from ops.landings where partition_on = %s order by landing_id desc limit 1"
    with scene.engine.connect() as connection:
        return rows, connection.exec_driver_sql(query, (day,)).scalar_one()


def changed_by_landing_again(scene: Scene, days: list[Any], order: random.Random) -> list[str]:
    """Land every partition again, in some order: days after theirs, as of their own noon, or by the command."""
    before = {day: partition(scene, day) for day in days}
    now = scene.service.now
    assert now is not None
    for day in order.sample(days, len(days)):
        way = order.choice(["later", "played again", "again"])
        moment = noon(day) if way == "played again" else now
        scene.service.now = moment
        scene.ingest(day, MINE, OURS, now=moment, is_again=way == "again")
    scene.service.now = now
    return [f"{day}" for day in days if partition(scene, day) != before[day]]


@pytest.mark.parametrize("later", [1, 10, 75, 400])
def test_landing_again_changes_nothing_in_any_order(scene: Scene, later: int) -> None:
    days = land_days(scene, later)
    assert sum(bool(partition(scene, day)[0]) for day in days) == len(days) - 2  # of two nothing could be had
    order = random.Random(later)
    assert [changed_by_landing_again(scene, days, order) for _ in range(ORDERS)] == [[]] * ORDERS
    ((place, reason),) = scene.rejected()  # of the day on which it could not be had, and told once
    assert (place, "404" in reason) == (f"report 81 of {MINE} on 2026-06-13", True)


@pytest.mark.parametrize("later", [10, 75])
def test_a_partition_made_of_what_is_listed_now_is_seen(scene: Scene, later: int, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = REPORT_TYPES[TYPE]

    def listed_now(request: Request) -> Iterator[RawRow | Rejected]:
        from connectors.feeds.youtube_reporting import _lines

        archive = ReportArchive(request.engine, request.sources.archive)
        for channel_id, job in archive.jobs(TYPE, request.now).items():
            assert job is not None
            client = request.youtube.reporting(channel_id)
            for each in client.reports(job, request.now - KEPT_FOR):
                known = archive.files([each.report_id]).get(each.report_id)
                if known is None or known.fetched_at > noon(request.day - timedelta(days=1)):
                    yield from _lines(entry, archive, archive.fetch(client, each, known, request.now))

    days = land_days(scene, later)
    monkeypatch.setitem(FEEDS, TABLE, replace(FEEDS[TABLE], fetch=listed_now, landed_at=None))
    assert changed_by_landing_again(scene, days, random.Random(1))


def test_a_past_partition_asks_nobody(scene: Scene) -> None:
    land_days(scene, 1)
    scene.ingest(DAY, MINE, OURS, now=noon(DAY + timedelta(days=40)))
    assert not scene.service.calls
    scene.ingest(DAY, MINE, OURS)
    assert not scene.service.calls


def test_a_past_day_that_never_landed_is_empty_and_takes_nothing_from_the_present(scene: Scene) -> None:
    scene.service.reports = list(written(0))
    late = scene.ingest(DAY, now=noon(DAY + timedelta(days=3)))
    assert (late.landing.row_count, late.landing.fetched_at, scene.service.calls.total()) == (0, noon(DAY), 0)
    assert scene.ingest(DAY + timedelta(days=3)).landing.row_count == 2


def test_a_day_played_before_others_gets_what_nobody_has_fetched(scene: Scene) -> None:
    scene.service.reports = [*written(0), *written(5)]
    assert scene.ingest(DAY + timedelta(days=4)).landing.row_count == 2
    scene.service.reports.append(report("05", csv(views=50), "2026-06-08T08:00:00Z"))
    first = scene.ingest(DAY)
    assert (first.landing.row_count, scene.views()["video000000"]) == (2, "50")
    assert scene.ingest(DAY).landing.digest == first.landing.digest
    assert not changed_by_landing_again_at(scene, noon(DAY + timedelta(days=4)))


def changed_by_landing_again_at(scene: Scene, moment: datetime) -> list[str]:
    scene.service.now = moment
    return changed_by_landing_again(scene, partitions(scene.engine, TABLE), random.Random(3))


def test_what_a_failed_run_fetched_lands_the_next_day_and_stays_there(scene: Scene) -> None:
    scene.service.reports = [*written(0), replace(next(written(1)), status=503, created_at=noon(DAY))]
    with pytest.raises(ServiceFailed):
        scene.ingest(DAY)
    scene.service.reports = list(written(0))
    assert scene.ingest(DAY, now=noon(DAY + timedelta(days=1))).landing.row_count == 0
    assert scene.ingest(DAY + timedelta(days=1)).landing.row_count == 2
    assert not changed_by_landing_again_at(scene, noon(DAY + timedelta(days=90)))


def test_a_report_that_could_not_be_had_is_asked_for_as_long_as_youtube_keeps_it(scene: Scene) -> None:
    (good,) = written(0)
    for number in range(0, 50, 7):
        scene.service.now = noon(DAY + timedelta(days=number))
        scene.service.reports = [replace(good, status=404)]
        scene.service.reports += [each for past in range(1, number + 1) for each in written(past) if each.channel_id == MINE]
        scene.ingest(DAY + timedelta(days=number))
    scene.service.reports[0] = good
    scene.ingest(DAY + timedelta(days=50))
    assert scene.views(DAY + timedelta(days=50))["video000000"] == "0"


@pytest.mark.parametrize("damage", [None, b"", b"junk"])
def test_a_file_that_is_lost_is_named_and_the_rest_of_its_partition_stands(scene: Scene, damage: bytes | None) -> None:
    other = DATA_DAY - timedelta(days=1)
    scene.service.reports = [report("11", csv()), report("12", csv(other), day=other)]
    before = scene.ingest().landing
    _, path = scene.files()
    _spoil(scene, damage)
    after = scene.ingest(now=noon(DAY + timedelta(days=75))).landing
    assert (after.digest, after.row_count, after.stopped_by) == (before.digest, 4, None)
    (lost,) = after.left_out
    assert (lost.kind, lost.member) == ("report", "11")
    assert f"{path} (report 11 of {MINE} on 2026-06-05) is missing from the archive or damaged" in lost.reason
    assert "ytempire reland" in lost.remedy
    assert [(file.report_type, file.partition_on, file.reason) for file in lost_files(scene.engine)] == [(TYPE, DAY, lost.reason)]
    with scene.engine.begin() as connection:  # a database that was restored without its raw rows
        connection.exec_driver_sql(f"delete from {TABLE}")
    assert scene.ingest(now=noon(DAY + timedelta(days=75))).landing.row_count == 2


def _spoil(scene: Scene, damage: bytes | None, report_id: str = "11") -> None:
    (path,) = scene.archive.rglob(f"{report_id}.csv.gz")
    path.unlink()
    if damage is not None:
        path.write_bytes(damage)


@pytest.mark.parametrize("damage", [None, b"junk"])
def test_a_lost_file_that_youtube_still_lists_is_downloaded_again(scene: Scene, damage: bytes | None) -> None:
    scene.service.reports = [report("11", csv())]
    before = scene.ingest().landing
    _spoil(scene, damage)
    after = scene.ingest(now=noon(DAY + timedelta(days=20))).landing
    assert (after.digest, after.left_out, after.fetched_at) == (before.digest, (), before.fetched_at)
    assert scene.service.calls == {"jobs.reports.list": 1, "media.download": 1}
    assert lost_files(scene.engine) == []
    scene.ingest(now=noon(DAY + timedelta(days=20)))
    assert not scene.service.calls


def test_another_text_of_a_lost_file_lands_like_a_new_report_and_changes_no_past(scene: Scene) -> None:
    late = DAY + timedelta(days=5)
    scene.service.reports = [report("11", csv(views=10))]
    before = scene.ingest().landing
    scene.ingest(DAY + timedelta(days=1))
    _spoil(scene, b"junk")
    scene.service.reports = [report("11", csv(views=90))]
    again = scene.ingest(now=noon(late)).landing
    assert (again.digest, scene.views()["video000000"]) == (before.digest, "10")
    assert [left.member for left in again.left_out] == ["11"]
    assert scene.ingest(late).landing.row_count == 2
    assert scene.views(late)["video000000"] == "90"
    assert not changed_by_landing_again_at(scene, noon(late + timedelta(days=200)))
    assert scene.service.calls["media.download"] == 0


def test_a_channel_that_joins_later_changes_no_past_partition(scene: Scene) -> None:
    scene.service.reports = [report("11", csv()), report("21", csv(channel=OURS), "2026-06-07T00:00:00Z", channel_id=OURS)]
    before = scene.ingest(DAY, MINE).landing
    scene.ingest(DAY + timedelta(days=1), MINE)
    assert scene.ingest(DAY, MINE, OURS).landing.digest == before.digest
    assert scene.ingest(DAY + timedelta(days=2), MINE, OURS).landing.row_count == 2


def test_a_channel_that_is_no_longer_connected_keeps_its_past(scene: Scene) -> None:
    scene.service.reports = [report("11", csv()), report("21", csv(channel=OURS), "2026-06-07T00:00:00Z", channel_id=OURS)]
    before = scene.ingest(DAY, MINE, OURS).landing
    with scene.engine.begin() as connection:
        connection.exec_driver_sql(f"delete from {TABLE}")
    after = scene.ingest(DAY, MINE, now=noon(DAY + timedelta(days=75))).landing
    assert (after.digest, after.row_count, after.left_out) == (before.digest, 4, ())


def test_rows_whose_reports_the_archive_does_not_know_are_never_lost(scene: Scene) -> None:
    scene.service.reports = [report("11", csv())]
    before = scene.ingest().landing
    with scene.engine.begin() as connection:
        connection.exec_driver_sql("delete from ops.report_files")
    after = scene.ingest(now=noon(DAY + timedelta(days=75))).landing
    assert after.digest == before.digest
    assert [(left.kind, left.member) for left in after.left_out] == [("report", "11")]
    with scene.engine.begin() as connection:  # lines that were landed before there was an archive
        connection.exec_driver_sql(f"update {TABLE} set payload = payload - 'report_id'")
    after = scene.ingest(now=noon(DAY + timedelta(days=75))).landing
    assert (after.row_count, [left.kind for left in after.left_out]) == (2, ["rows"])


def sources(scene: Scene) -> Sources:
    return Sources(scene.engine, scene.youtube(MINE, OURS), {}, scene.archive)


@pytest.mark.parametrize("keeps_landings", [True, False])
def test_a_database_without_raw_rows_is_repaired(scene: Scene, *, keeps_landings: bool) -> None:
    days = land_days(scene, 75)
    before = {day: partition(scene, day) for day in days}
    digests = {day: digest for day, (_, digest) in before.items()}
    with scene.engine.begin() as connection:
        connection.exec_driver_sql(f"delete from {TABLE}")
        if not keeps_landings:
            connection.exec_driver_sql("delete from ops.rejected_rows")
            connection.exec_driver_sql("delete from ops.landings")
    with closing(sources(scene).youtube):
        clock = FrozenClock(noon(days[-1] + timedelta(days=100)))
        chosen = past_partitions(sources(scene), [TYPE])
        done = list(land_again(sources(scene), clock, chosen))
    assert {each.day for each in done} >= {day for day in days if before[day][0]}
    assert {each.day: each.landing.digest for each in done} == {each.day: digests[each.day] for each in done}
    assert all(partition(scene, each.day) == before[each.day] for each in done)
    assert [each.is_repaired for each in done] == [bool(before[each.day][0]) for each in done]


def test_partitions_are_chosen_by_type_and_day(scene: Scene) -> None:
    days = land_days(scene, 1)
    assert past_partitions(sources(scene), [TYPE], days[2], days[4]) == [(TABLE, day) for day in days[2:5]]
    assert past_partitions(sources(scene)) == [(TABLE, day) for day in days]
    assert past_partitions(sources(scene), ["channel_basic_a3"]) == []
    with pytest.raises(UnknownName, match="channel_reach_basic_a1"):
        past_partitions(sources(scene), ["channel_reach"])


def test_of_two_runs_that_land_one_file_one_is_undone(scene: Scene) -> None:
    scene.service.reports = [report("11", csv())]
    scene.ingest()
    with pytest.raises(Transient, match="Another run"):
        land(
            scene.engine,
            TABLE,
            DAY + timedelta(days=1),
            [
                RawRow("20260605:UCa:v:on_demand:subscribed:US:1:2", {}, "test"),
                Alongside("update ops.report_files set landed_on = %s where landed_on is null", (DAY,), 1),
            ],
            noon(DAY),
        )
    assert landed(scene.engine, TABLE, DAY + timedelta(days=1), DAY + timedelta(days=1)) == []


def test_an_archive_that_is_gone_is_restored_from_what_youtube_lists(scene: Scene) -> None:
    days = land_days(scene, 10)
    before = {day: partition(scene, day) for day in days}
    shutil.rmtree(scene.archive)
    with scene.engine.begin() as connection:
        connection.exec_driver_sql(f"delete from {TABLE}")
    for day in days:
        scene.ingest(day, MINE, OURS, now=scene.service.now, is_again=True)
    assert {day: partition(scene, day) for day in days} == before


@pytest.mark.parametrize("call", ["jobs.list", "jobs.create", "jobs.reports.list", "media.download"])
def test_a_channel_that_is_refused_is_left_out_by_name_and_the_other_lands(scene: Scene, call: str) -> None:
    theirs = report("21", csv(channel=OURS), "2026-06-07T00:00:00Z", channel_id=OURS)
    scene.service.reports = [report("11", csv()), theirs]
    scene.service.refused = {(OURS, call)}
    done = scene.ingest(DAY, MINE, OURS).landing
    assert (done.row_count, done.stopped_by) == (2, None)
    (left,) = done.left_out
    assert (left.kind, left.member) == ("channel", OURS)
    assert "403" in left.reason
    scene.service.refused.clear()
    later = scene.ingest(DAY + timedelta(days=30), MINE, OURS).landing
    assert (later.row_count, later.left_out) == (2, ())
    assert not changed_by_landing_again_at(scene, noon(DAY + timedelta(days=75)))


def test_channels_that_are_all_refused_end_the_landing_and_keep_what_there_is(scene: Scene) -> None:
    scene.service.reports = [report("11", csv())]
    scene.ingest(DAY, MINE, OURS)
    scene.service.refused = {(MINE, "jobs.reports.list"), (OURS, "jobs.reports.list")}
    with pytest.raises(Forbidden):
        scene.ingest(DAY, MINE, OURS)
    assert len(scene.views()) == 2
    assert scene.ingest(DAY, MINE, OURS, is_again=True).landing.row_count == 2


@pytest.mark.parametrize("call", ["jobs.list", "jobs.reports.list", "media.download"])
def test_a_channel_that_fails_for_long_raises_an_alarm_before_a_report_is_lost(scene: Scene, call: str) -> None:
    """One of two channels fails from its first day on; where nothing could be ordered, thirty days are all there is."""
    with scene.engine.begin() as connection:
        for channel in (MINE, OURS):
            connection.exec_driver_sql(
                "insert into ops.channels (channel_id, handle, title, niche, category_id, timezone, connected_at)"
                " values (%s, %s, 'A channel', 'Gaming', 20, 'UTC', '2026-06-08 08:00Z')",
                (channel, channel),
            )
    scene.service.jobs_created_at = noon(DAY)
    scene.service.refused = {(OURS, call)}
    first_told: dict[str, int] = {}
    limit = 30 if call == "jobs.list" else 60
    for age in range(0, limit + 1, 5):
        day = DAY + timedelta(days=age)
        for each in range(max(age - 4, 0), age + 1):
            data_day = DAY + timedelta(days=each - 3)
            for number, channel in enumerate((MINE, OURS)):
                text = csv(data_day, channel=channel)
                created = f"{DAY + timedelta(days=each)}T07:00:00Z"
                scene.service.reports.append(report(f"{each}{number}", text, created, channel_id=channel, day=data_day))
        scene.service.now = noon(day)
        assert scene.ingest(day, MINE, OURS).landing.left_out[0].member == OURS
        found = [each for each in missing_days(scene.engine, [MINE, OURS], day) if each.report_type == TYPE]
        assert {each.channel_id for each in found} <= {OURS}
        for each in found:
            assert "403" in each.reason
            assert each.remedy
            first_told.setdefault("error" if each.is_critical else "warning", age)
            assert each.expires_on > day
    assert first_told["warning"] <= 5
    assert first_told["error"] == limit - 10
    scene.service.refused.clear()
    lost = [each for each in missing_days(scene.engine, [OURS], DAY + timedelta(days=limit + 4)) if each.day == DAY]
    assert lost == []  # it is, and no alarm brings it back


def test_the_command_sums_up_what_it_repaired_and_what_is_lost(scene: Scene) -> None:
    other = DAY + timedelta(days=1)
    scene.service.reports = [report("11", csv()), report("12", csv(), f"{other}T07:00:00Z")]
    for day in (DAY, other):
        scene.ingest(day)
    stack: Any = SimpleNamespace(sources=sources(scene), present=noon(DAY + timedelta(days=75)))

    def reland(*report_types: str, **days: Any) -> tuple[bool, str]:
        told = io.StringIO()
        console = Console(file=told, width=500, highlight=False)
        return relanding.reland(stack, console, report_types, days.get("first"), days.get("last")), told.getvalue()

    assert reland() == (
        True,
        "2 partitions landed again, 4 rows: 0 repaired, 0 with files that are lost, the others as they were.\n",
    )
    with scene.engine.begin() as connection:
        connection.exec_driver_sql(f"delete from {TABLE} where partition_on = %s", (DAY,))
    is_whole, told = reland(TYPE, last=DAY)
    assert is_whole
    assert f"✓ {TABLE} {DAY}: 0 rows before, 2 now" in told
    assert "1 partitions landed again, 2 rows: 1 repaired" in told
    assert "make run" in told
    _spoil(scene, b"junk")
    is_whole, told = reland()
    assert not is_whole
    assert f"✗ {TABLE} {DAY}: The file {MINE}/{TYPE}/2026-06-05/11.csv.gz" in told
    assert "0 repaired, 1 with files that are lost" in told
    with pytest.raises(InvalidInput, match="No bulk report of these days"):
        reland(first=other + timedelta(days=1))
