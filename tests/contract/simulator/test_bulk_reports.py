"""The Reporting API at its breadth: twenty types that agree with each other, and reports that come wrong when told to."""

from __future__ import annotations

import csv
import gzip
import io
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from connectors.simulator.process import SimulatorControl
from core.errors import Refused
from tests.contract.simulator.conftest import NOON, channel, google, reason, signed_in

DAY = "2026-06-05"
WATCHED = "views,engaged_views,watch_time_minutes,average_view_duration_seconds"
VIEWED = f"{WATCHED},average_view_duration_percentage,red_views,red_watch_time_minutes"
PLAYED = f"{WATCHED},playlist_starts,playlist_saves_added,playlist_saves_removed"
ANNOTATIONS = (
    "annotation_impressions,annotation_clickable_impressions,annotation_clicks,annotation_click_through_rate,"
    "annotation_closable_impressions,annotation_closes,annotation_close_rate"
)
CARDS = "card_teaser_impressions,card_teaser_clicks,card_teaser_click_rate,card_impressions,card_clicks,card_click_rate"
REACH = "video_thumbnail_impressions,video_thumbnail_impressions_ctr"
VIDEO = "date,channel_id,video_id,live_or_on_demand,subscribed_status,country_code"
LISTED = "date,channel_id,playlist_id,video_id,live_or_on_demand,subscribed_status,country_code"
WAYS = "playback_location_type,traffic_source_type,device_type,operating_system"
HEADS = {
    "channel_annotations_a1": f"{VIDEO},annotation_type,annotation_id|{ANNOTATIONS}",
    "channel_basic_a3": (
        f"{VIDEO}|views,engaged_views,comments,likes,dislikes,shares,watch_time_minutes,average_view_duration_seconds,"
        f"average_view_duration_percentage,{ANNOTATIONS},{CARDS},subscribers_gained,subscribers_lost,videos_added_to_playlists,"
        "videos_removed_from_playlists,red_views,red_watch_time_minutes"
    ),
    "channel_cards_a1": f"{VIDEO},card_type,card_id|{CARDS}",
    "channel_combined_a3": f"{VIDEO},{WAYS}|{VIEWED}",
    "channel_demographics_a1": f"{VIDEO},age_group,gender|views_percentage",
    "channel_device_os_a3": f"{VIDEO},device_type,operating_system|{VIEWED}",
    "channel_end_screens_a1": (
        f"{VIDEO},end_screen_element_type,end_screen_element_id|"
        "end_screen_element_impressions,end_screen_element_clicks,end_screen_element_click_rate"
    ),
    "channel_playback_location_a3": f"{VIDEO},playback_location_type,playback_location_detail|{VIEWED}",
    "channel_province_a3": f"{VIDEO},province_code|{VIEWED},{ANNOTATIONS},{CARDS}",
    "channel_sharing_service_a1": f"{VIDEO},sharing_service|shares",
    "channel_subtitles_a3": f"{VIDEO},subtitle_language,subtitle_language_autotranslated|{VIEWED}",
    "channel_traffic_source_a3": f"{VIDEO},traffic_source_type,traffic_source_detail|{VIEWED}",
    "playlist_basic_a2": f"{LISTED}|{PLAYED}",
    "playlist_combined_a2": f"{LISTED},{WAYS}|{PLAYED}",
    "playlist_device_os_a2": f"{LISTED},device_type,operating_system|{PLAYED}",
    "playlist_playback_location_a2": f"{LISTED},playback_location_type,playback_location_detail|{PLAYED}",
    "playlist_province_a2": f"{LISTED},province_code|{PLAYED}",
    "playlist_traffic_source_a2": f"{LISTED},traffic_source_type,traffic_source_detail|{PLAYED}",
    "channel_reach_basic_a1": f"date,channel_id,video_id|{REACH}",
    "channel_reach_combined_a1": (
        f"date,channel_id,video_id,traffic_source_type,traffic_source_detail,operating_system,device_type|{REACH}"
    ),
}
"""Dimensions and metrics of every type, in their order."""
Rows = list[dict[str, str]]


class Reports:
    """What one owner sees of the Reporting API, over plain HTTP."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def job(self, report_type: str) -> str:
        """The job of a type, made if there is none."""
        self.client.post("/v1/jobs", json={"reportTypeId": report_type, "name": report_type})
        known = {job["reportTypeId"]: job["id"] for job in self.client.get("/v1/jobs").json()["jobs"]}
        return str(known[report_type])

    def listed(self, job_id: str, **parameters: str) -> list[dict[str, Any]]:
        """Reports of a job, newest first."""
        return list(self.client.get(f"/v1/jobs/{job_id}/reports", params=parameters).json().get("reports", []))

    def pages(self, path: str, name: str, size: int) -> Iterator[list[dict[str, Any]]]:
        """The pages of a list."""
        token: str | None = ""
        while token is not None:
            page = self.client.get(path, params={"pageSize": str(size), "pageToken": token}).json()
            yield page[name]
            token = page.get("nextPageToken")

    def of_day(self, job_id: str, day: str = DAY) -> list[dict[str, Any]]:
        """Reports of one day."""
        return [report for report in self.listed(job_id) if report["startTime"].startswith(day)]

    def text(self, report: dict[str, Any]) -> str:
        """The file of a report."""
        return self.client.get(report["downloadUrl"]).raise_for_status().text

    def rows(self, report: dict[str, Any]) -> Rows:
        """The lines of a report."""
        return list(csv.DictReader(io.StringIO(self.text(report)), strict=True))


@pytest.fixture(scope="module")
def reports(shared: SimulatorControl) -> Iterator[Reports]:
    with signed_in(shared) as client:
        yield Reports(client)


@pytest.fixture(scope="module")
def lines(reports: Reports) -> dict[str, Rows]:
    """The lines of one day by type."""
    return {report_type: reports.rows(reports.of_day(reports.job(report_type))[0]) for report_type in HEADS}


@pytest.fixture
def own(fresh: SimulatorControl) -> Iterator[Reports]:
    with signed_in(fresh) as client:
        yield Reports(client)


def by(found: Rows, metric: str, *names: str) -> dict[tuple[str, ...], int]:
    """Sums of a metric by some dimensions, without those that are 0."""
    sums: Counter[tuple[str, ...]] = Counter()
    for line in found:
        sums[tuple(line[name] for name in names)] += int(line[metric])
    return {key: count for key, count in sums.items() if count}


def test_all_types_are_offered(reports: Reports) -> None:
    offered = reports.client.get("/v1/reportTypes").json()["reportTypes"]
    assert {entry["id"] for entry in offered} == set(HEADS)
    assert all(entry["name"] for entry in offered)
    pages = list(reports.pages("/v1/reportTypes", "reportTypes", 7))
    assert [len(page) for page in pages] == [7, 7, 6]
    assert [entry for page in pages for entry in page] == offered


@pytest.mark.parametrize("report_type", HEADS)
def test_columns_stand_in_their_order_and_dimensions_are_a_key(lines: dict[str, Rows], report_type: str) -> None:
    dimensions, metrics = (part.split(",") for part in HEADS[report_type].split("|"))
    found = lines[report_type]
    assert list(found[0]) == [*dimensions, *metrics]
    assert len({tuple(line[name] for name in dimensions) for line in found}) == len(found)
    assert {line["date"] for line in found} == {"20260605"}
    for line in found:
        for name in metrics:
            assert float(line[name]) >= 0
            if name.endswith(("_rate", "_ctr")):
                assert float(line[name]) <= 1
    for name in set(dimensions) & {"traffic_source_type", "device_type", "operating_system", "card_type", "sharing_service"}:
        assert all(line[name].isdecimal() for line in found)


CORE = ("video_id", "live_or_on_demand", "subscribed_status", "country_code")


@pytest.mark.parametrize("metric", ["views", "engaged_views", "watch_time_minutes", "red_views", "red_watch_time_minutes"])
@pytest.mark.parametrize(
    "report_type",
    [
        *("channel_combined_a3", "channel_device_os_a3", "channel_playback_location_a3", "channel_subtitles_a3"),
        "channel_traffic_source_a3",
    ],
)
def test_reports_of_all_views_agree(lines: dict[str, Rows], report_type: str, metric: str) -> None:
    assert by(lines[report_type], metric, *CORE) == by(lines["channel_basic_a3"], metric, *CORE)


@pytest.mark.parametrize(
    ("part", "whole", "metric", "names"),
    [
        ("channel_province_a3", "channel_basic_a3", "views", CORE),
        ("channel_sharing_service_a1", "channel_basic_a3", "shares", CORE),
        ("channel_cards_a1", "channel_basic_a3", "card_teaser_impressions", CORE),
        ("channel_cards_a1", "channel_basic_a3", "card_teaser_clicks", CORE),
        ("channel_annotations_a1", "channel_basic_a3", "annotation_impressions", CORE),
        ("channel_annotations_a1", "channel_basic_a3", "annotation_clicks", CORE),
        ("channel_device_os_a3", "channel_combined_a3", "views", (*CORE, "device_type", "operating_system")),
        ("channel_traffic_source_a3", "channel_combined_a3", "views", (*CORE, "traffic_source_type")),
        ("channel_playback_location_a3", "channel_combined_a3", "views", (*CORE, "playback_location_type")),
        ("playlist_basic_a2", "channel_traffic_source_a3", "views", CORE),
        ("playlist_combined_a2", "playlist_basic_a2", "playlist_starts", ("playlist_id", *CORE)),
        ("playlist_device_os_a2", "playlist_basic_a2", "watch_time_minutes", ("playlist_id", *CORE)),
        ("playlist_playback_location_a2", "playlist_basic_a2", "views", ("playlist_id", *CORE)),
        ("playlist_traffic_source_a2", "playlist_basic_a2", "views", ("playlist_id", *CORE)),
        ("playlist_province_a2", "playlist_basic_a2", "views", ("playlist_id", *CORE)),
    ],
)
def test_a_report_agrees_with_the_one_that_it_divides(
    lines: dict[str, Rows], part: str, whole: str, metric: str, names: tuple[str, ...]
) -> None:
    found = lines[whole]
    if "province" in part:
        found = [line for line in found if line["country_code"] == "US"]
    if part.startswith("playlist") and whole.startswith("channel"):
        found = [line for line in found if line["traffic_source_type"] in {"14", "18"}]
    assert by(lines[part], metric, *names) == by(found, metric, *names)
    assert by(found, metric)


def test_reports_agree_with_analytics(shared: SimulatorControl, lines: dict[str, Rows]) -> None:
    analytics = google(shared, "youtubeAnalytics", "v2")

    def asked(dimensions: str, metrics: str) -> dict[str, int]:
        query = analytics.reports().query(
            ids="channel==MINE",
            startDate=DAY,
            endDate=DAY,
            dimensions=dimensions,
            metrics=metrics,
            sort=f"-{metrics}",
            maxResults=200,
        )
        return dict(query.execute()["rows"])

    basic = lines["channel_basic_a3"]
    views = {video_id: count for (video_id,), count in by(basic, "views", "video_id").items()}
    top = asked("video", "views")
    assert top.items() <= views.items()
    assert {country: count for (country,), count in by(basic, "views", "country_code").items()} == asked("country", "views")
    codes = {"3": "SUBSCRIBER", "5": "YT_SEARCH", "7": "RELATED_VIDEO", "9": "EXT_URL"}
    named = asked("insightTrafficSourceType", "views")
    for (code,), count in by(lines["channel_traffic_source_a3"], "views", "traffic_source_type").items():
        assert code not in codes or named[codes[code]] == count


def test_reach_by_source_adds_up_to_reach(lines: dict[str, Rows]) -> None:
    parts, whole = lines["channel_reach_combined_a1"], lines["channel_reach_basic_a1"]
    assert by(parts, "video_thumbnail_impressions", "video_id") == by(whole, "video_thumbnail_impressions", "video_id")

    def clicks(found: Rows) -> float:
        return sum(int(line["video_thumbnail_impressions"]) * float(line["video_thumbnail_impressions_ctr"]) for line in found)

    assert clicks(parts) == pytest.approx(clicks(whole), abs=1)
    assert len({line["traffic_source_type"] for line in parts}) > 4


def test_viewers_are_a_hundred_percent_of_every_part(lines: dict[str, Rows]) -> None:
    sums: dict[tuple[str, ...], float] = defaultdict(float)
    for line in lines["channel_demographics_a1"]:
        sums[tuple(line[name] for name in CORE)] += float(line["views_percentage"])
    assert len(sums) > 100
    assert all(percent == pytest.approx(100, abs=0.01) for percent in sums.values())


def test_details_are_terms_videos_and_sites(lines: dict[str, Rows]) -> None:
    details = defaultdict(set)
    for line in lines["channel_traffic_source_a3"]:
        details[line["traffic_source_type"]].add(line["traffic_source_detail"])
    assert any(" " in term for term in details["5"])
    assert "" in details["5"]  # terms that few searched for are withheld
    assert {len(video_id) for video_id in details["7"]} == {11}
    assert all(playlist_id.startswith("PL") for playlist_id in details["14"])


def test_files_come_packed_and_in_ranges(reports: Reports) -> None:
    url = reports.of_day(reports.job("channel_basic_a3"))[0]["downloadUrl"]
    plain = reports.client.get(url, headers={"Accept-Encoding": "identity"})
    assert plain.headers["content-type"].startswith("text/csv")
    with reports.client.stream("GET", url, headers={"Accept-Encoding": "gzip"}) as packed:
        assert packed.headers["content-encoding"] == "gzip"
        raw = b"".join(packed.iter_raw())
    assert len(raw) < len(plain.content) / 4
    assert gzip.decompress(raw) == plain.content
    size = len(plain.content)
    part = reports.client.get(url, headers={"Range": "bytes=100-199", "Accept-Encoding": "gzip"})
    assert (part.status_code, part.content) == (206, plain.content[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{size}"
    rest = reports.client.get(url, headers={"Range": f"bytes={size - 5}-"})
    assert rest.content == plain.content[-5:]
    assert reports.client.get(url, headers={"Range": f"bytes={size}-"}).status_code == 416


def test_reports_are_kept_sixty_days_and_those_of_the_past_thirty(fresh: SimulatorControl, own: Reports) -> None:
    job = own.job("channel_basic_a3")
    past = {report["id"] for report in own.listed(job)}
    assert len(past) == 28
    fresh.set_clock(NOON + timedelta(days=29))
    found = own.listed(job)
    assert past < {report["id"] for report in found}
    assert len(found) == 28 + 29
    fresh.set_clock(NOON + timedelta(days=31))
    assert not past & {report["id"] for report in own.listed(job)}
    fresh.set_clock(NOON + timedelta(days=100))
    assert len(own.listed(job)) == 60


def test_lists_are_paged_and_filtered(reports: Reports) -> None:
    job = reports.job("playlist_basic_a2")
    whole = reports.listed(job)
    assert [report for page in reports.pages(f"/v1/jobs/{job}/reports", "reports", 10) for report in page] == whole
    window = {"startTimeAtOrAfter": "2026-06-01T07:00:00Z", "startTimeBefore": "2026-06-04T07:00:00Z"}
    assert [report["startTime"][:10] for report in reports.listed(job, **window)] == ["2026-06-03", "2026-06-02", "2026-06-01"]
    one = whole[3]
    assert reports.client.get(f"/v1/jobs/{job}/reports/{one['id']}").json() == one
    assert reports.client.get(f"/v1/jobs/{job}/reports/1").status_code == 404


def test_a_deleted_job_has_no_reports(own: Reports) -> None:
    job = own.job("channel_basic_a3")
    assert own.client.delete(f"/v1/jobs/{job}").status_code == 200
    assert own.client.get(f"/v1/jobs/{job}/reports").status_code == 404
    assert own.job("channel_basic_a3")


def test_nobody_reads_the_reports_of_another(fresh: SimulatorControl, own: Reports) -> None:
    report = own.listed(own.job("channel_basic_a3"))[0]
    with signed_in(fresh, "reel-signal") as stranger:
        assert stranger.get(report["downloadUrl"]).status_code == 404


def test_late_reports_come_late(fresh: SimulatorControl, own: Reports) -> None:
    job = own.job("channel_basic_a3")
    fresh.spoil_reports(late_days=3)
    assert own.listed(job)[0]["startTime"].startswith("2026-06-02")
    fresh.set_clock(NOON + timedelta(days=3))
    [report] = own.of_day(job)
    assert report["createTime"] == "2026-06-11T07:00:00Z"
    fresh.spoil_reports()
    assert own.of_day(job)[0]["createTime"] == "2026-06-08T12:00:00Z"


def test_a_reissued_day_is_written_again_with_corrected_figures(fresh: SimulatorControl, own: Reports) -> None:
    types = ("channel_basic_a3", "channel_traffic_source_a3", "channel_reach_basic_a1")
    jobs = {report_type: own.job(report_type) for report_type in types}
    right = {report_type: own.rows(own.of_day(job)[0]) for report_type, job in jobs.items()}
    fresh.spoil_reports(reissue=4)
    first = {report_type: own.of_day(job)[0] for report_type, job in jobs.items()}
    early = {report_type: own.rows(report) for report_type, report in first.items()}
    assert by(early["channel_basic_a3"], "views", *CORE) == by(early["channel_traffic_source_a3"], "views", *CORE)
    for report_type, metric in zip(types, ("views", "views", "video_thumbnail_impressions"), strict=True):
        low, high = (sum(by(found[report_type], metric).values()) for found in (early, right))
        assert 0.9 * high < low < high
    fresh.set_clock(NOON + timedelta(days=4))
    for report_type, job in jobs.items():
        again, before = own.of_day(job)
        assert before == first[report_type]
        assert again["createTime"] > before["createTime"]
        assert again["id"] != before["id"]
        assert own.rows(again) == right[report_type]
        assert own.rows(before) == early[report_type]
        assert [report["id"] for report in own.listed(job, createdAfter=before["createTime"])].count(again["id"]) == 1


def test_doubled_reports_are_there_twice_and_no_two_reports_share_an_id(fresh: SimulatorControl, own: Reports) -> None:
    jobs = [own.job(report_type) for report_type in HEADS]
    fresh.spoil_reports(double=True, reissue=1)
    ids = [report["id"] for job in jobs for report in own.listed(job)]
    assert len(set(ids)) == len(ids) == 20 * 28 * 2
    fresh.set_clock(NOON + timedelta(days=1))
    found = own.of_day(jobs[0])
    assert len(found) == 4
    assert len({report["createTime"] for report in found}) == 2
    assert own.text(found[0]) == own.text(found[1])


def test_columns_are_renamed_and_added(fresh: SimulatorControl, own: Reports) -> None:
    job = own.job("channel_reach_basic_a1")
    before = own.rows(own.of_day(job)[0])
    fresh.spoil_reports(rename_columns={"video_thumbnail_impressions": "impressions"}, add_columns=["mood", "weather"])
    after = own.rows(own.of_day(job)[0])
    names = ["date", "channel_id", "video_id", "impressions", "video_thumbnail_impressions_ctr", "mood", "weather"]
    assert list(after[0]) == names
    assert [line["impressions"] for line in after] == [line["video_thumbnail_impressions"] for line in before]
    assert all(line["mood"] for line in after)


def test_missing_days_never_come(fresh: SimulatorControl, own: Reports) -> None:
    job = own.job("channel_basic_a3")
    fresh.spoil_reports(missing_days=[DAY])
    for days in (0, 5, 40):
        fresh.set_clock(NOON + timedelta(days=days))
        assert own.of_day(job) == []
    assert len(own.of_day(job, "2026-06-06")) == 1


def test_a_report_can_be_of_another_channel(fresh: SimulatorControl, own: Reports) -> None:
    job = own.job("channel_basic_a3")
    fresh.spoil_reports(foreign_channel=[DAY])
    mine = channel(fresh).channel_id
    assert {line["channel_id"] for line in own.rows(own.of_day(job)[0])} == {channel(fresh, "chart-compass").channel_id}
    assert {line["channel_id"] for line in own.rows(own.of_day(job, "2026-06-04")[0])} == {mine}


@pytest.mark.parametrize("report_type", HEADS)
def test_a_damaged_report_ends_in_the_middle_of_a_line(fresh: SimulatorControl, own: Reports, report_type: str) -> None:
    job = own.job(report_type)
    whole = own.text(own.of_day(job)[0])
    fresh.spoil_reports(damaged=[DAY])
    text = own.text(own.of_day(job)[0])
    assert whole.startswith(text)
    head, *_, last = text.splitlines()
    assert last.count(",") < head.count(",")
    assert own.text(own.of_day(job, "2026-06-04")[0]).endswith("\n")


@pytest.mark.parametrize(
    "wrong",
    [{"late_days": -1}, {"late_days": "many"}, {"missing_days": ["yesterday"]}, {"damaged": 3}, {"unknown": 1}],
)
def test_faults_that_are_none_are_refused(fresh: SimulatorControl, wrong: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="late_days"):
        fresh.spoil_reports(**wrong)


def test_the_official_client_reads_a_large_report_in_pieces(fresh: SimulatorControl) -> None:
    from googleapiclient.http import MediaIoBaseDownload

    reporting = google(fresh, "youtubereporting", "v1")
    job = reporting.jobs().create(body={"reportTypeId": "channel_combined_a3", "name": "all"}).execute()
    report = reporting.jobs().reports().list(jobId=job["id"]).execute()["reports"][0]
    request = reporting.media().download(resourceName=" ")
    request.uri = report["downloadUrl"]
    target = io.BytesIO()
    download, pieces, is_done = MediaIoBaseDownload(target, request, chunksize=50_000), 0, False
    while not is_done:
        _, is_done = download.next_chunk()
        pieces += 1
    assert pieces > 3
    with signed_in(fresh) as client:
        assert target.getvalue() == client.get(report["downloadUrl"]).content


def test_unknown_types_are_not_found(fresh: SimulatorControl) -> None:
    reporting = google(fresh, "youtubereporting", "v1")
    create = reporting.jobs().create(body={"reportTypeId": "channel_traffic_source_a2", "name": "retired"})
    assert reason(create.execute)[0] == 404
