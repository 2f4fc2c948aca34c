"""The official clients read analytics and reach reports that agree with the public counts."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from connectors.simulator.process import SimulatorControl
from tests.contract.simulator.conftest import NOON, channel, google, reason

MANY = (
    "views,engagedViews,estimatedMinutesWatched,averageViewDuration,averageViewPercentage,likes,comments,shares,"
    "subscribersGained,subscribersLost"
)


def query(analytics: Any, **parameters: Any) -> Any:
    given = {"ids": "channel==MINE", "startDate": "2026-05-01", "endDate": "2026-06-08", "metrics": "views", **parameters}
    return analytics.reports().query(**given)


@pytest.fixture(scope="module")
def analytics(shared: SimulatorControl) -> Any:
    return google(shared, "youtubeAnalytics", "v2")


def some_videos(control: SimulatorControl, count: int = 12) -> list[str]:
    uploads = "UU" + channel(control).channel_id[2:]
    youtube = google(control, "youtube", "v3", None)
    items = youtube.playlistItems().list(playlistId=uploads, part="contentDetails", maxResults=count).execute()["items"]
    return [item["contentDetails"]["videoId"] for item in items]


def test_days_show_once_they_are_a_day_old(shared: SimulatorControl, analytics: Any) -> None:
    days = [row[0] for row in query(analytics, dimensions="day").execute()["rows"]]
    assert days[0] == "2026-05-01"
    assert days[-1] == "2026-06-06"  # 7 June ended at 07:00 UTC of the 8th


def test_columns_are_described(analytics: Any) -> None:
    table = query(analytics, dimensions="day", metrics=MANY).execute()
    assert table["kind"] == "youtubeAnalytics#resultTable"
    assert [header["name"] for header in table["columnHeaders"]] == ["day", *MANY.split(",")]
    kinds = {header["name"]: (header["columnType"], header["dataType"]) for header in table["columnHeaders"]}
    assert kinds["day"] == ("DIMENSION", "STRING")
    assert kinds["views"] == ("METRIC", "INTEGER")
    assert kinds["averageViewPercentage"] == ("METRIC", "FLOAT")
    assert all(len(row) == len(table["columnHeaders"]) for row in table["rows"])


def test_videos_add_up_to_days_and_days_to_the_total(shared: SimulatorControl, analytics: Any) -> None:
    [[total]] = query(analytics).execute()["rows"]
    by_day = query(analytics, dimensions="day").execute()["rows"]
    assert sum(views for _, views in by_day) == total
    ids = some_videos(shared)
    cells = query(analytics, dimensions="day,video", filters=f"video=={','.join(ids)}", metrics="views,likes").execute()["rows"]
    assert {row[1] for row in cells} <= set(ids)
    by_video = query(analytics, dimensions="video", filters=f"video=={','.join(ids)}", metrics="views,likes").execute()["rows"]
    for video, views, likes in by_video:
        mine = [row for row in cells if row[1] == video]
        assert (sum(row[2] for row in mine), sum(row[3] for row in mine)) == (views, likes)


def test_complete_days_add_up_to_the_public_count(fresh: SimulatorControl) -> None:
    analytics, youtube = google(fresh, "youtubeAnalytics", "v2"), google(fresh, "youtube", "v3", None)
    ids = some_videos(fresh, 8)
    midnight = datetime(2026, 6, 8, 7, tzinfo=UTC)  # in California
    fresh.set_clock(midnight)
    public = {}
    for item in youtube.videos().list(id=",".join(ids), part="statistics").execute()["items"]:
        public[item["id"]] = int(item["statistics"]["viewCount"])
    fresh.set_clock(midnight + timedelta(hours=24))
    rows = query(
        analytics, startDate="2025-07-01", endDate="2026-06-07", dimensions="video", filters=f"video=={','.join(ids)}"
    ).execute()["rows"]
    assert dict(rows) == {video: views for video, views in public.items() if views}


def test_top_videos_are_sorted_and_paged(analytics: Any) -> None:
    rows = query(analytics, dimensions="video", sort="-views", maxResults=10).execute()["rows"]
    assert [row[1] for row in rows] == sorted((row[1] for row in rows), reverse=True)
    assert query(analytics, dimensions="video", sort="-views", maxResults=4, startIndex=4).execute()["rows"] == rows[3:7]


def test_unknown_and_refused_questions_have_the_real_errors(shared: SimulatorControl, analytics: Any) -> None:
    assert reason(query(analytics, metrics="views,watchTime").execute) == (400, "badRequest")
    assert reason(query(analytics, metrics="impressions").execute) == (400, "badRequest")
    assert reason(query(analytics, metrics="videoThumbnailImpressions").execute) == (400, "badRequest")
    assert reason(query(analytics, dimensions="day,video").execute) == (400, "badRequest")
    assert reason(query(analytics, dimensions="video").execute) == (400, "badRequest")
    assert reason(query(analytics, startDate="01/05/2026").execute) == (400, "badRequest")
    other = channel(shared, "chart-compass").channel_id
    assert reason(query(analytics, ids=f"channel=={other}").execute) == (403, "forbidden")


def reach_reports(reporting: Any, job_id: str, **parameters: Any) -> list[dict[str, Any]]:
    return list(reporting.jobs().reports().list(jobId=job_id, **parameters).execute().get("reports", []))


def rows_of(reporting: Any, report: dict[str, Any]) -> list[dict[str, str]]:
    from googleapiclient.http import MediaIoBaseDownload

    request = reporting.media().download(resourceName=" ")
    request.uri = report["downloadUrl"]
    target = io.BytesIO()
    downloader = MediaIoBaseDownload(target, request)
    done = False
    while not done:
        _, done = downloader.next_chunk()
    return list(csv.DictReader(io.StringIO(target.getvalue().decode())))


def test_reach_reports_come_two_days_late_with_a_month_of_the_past(fresh: SimulatorControl) -> None:
    reporting = google(fresh, "youtubereporting", "v1")
    assert reporting.jobs().list().execute() == {}
    job = reporting.jobs().create(body={"reportTypeId": "channel_reach_basic_a1", "name": "reach"}).execute()
    assert reporting.jobs().list().execute()["jobs"] == [job]
    assert reason(reporting.jobs().create(body={"reportTypeId": "channel_reach_basic_a1", "name": "twice"}).execute)[0] == 409
    assert reason(reporting.jobs().create(body={"reportTypeId": "nothing_a1", "name": "x"}).execute)[0] == 404
    first = reach_reports(reporting, job["id"])
    assert len(first) == 28
    assert first[0]["startTime"] == "2026-06-05T07:00:00Z"
    assert first[0]["endTime"] == "2026-06-06T07:00:00Z"
    fresh.set_clock(NOON + timedelta(days=1))
    [new] = reach_reports(reporting, job["id"], createdAfter=first[0]["createTime"])
    assert new["startTime"] == "2026-06-06T07:00:00Z"
    assert reach_reports(reporting, job["id"], startTimeAtOrAfter="2026-06-06T07:00:00Z") == [new]


def test_reach_agrees_with_views(fresh: SimulatorControl) -> None:
    reporting, analytics = google(fresh, "youtubereporting", "v1"), google(fresh, "youtubeAnalytics", "v2")
    job = reporting.jobs().create(body={"reportTypeId": "channel_reach_basic_a1", "name": "reach"}).execute()
    rows = rows_of(reporting, reach_reports(reporting, job["id"])[0])
    assert list(rows[0]) == ["date", "channel_id", "video_id", "video_thumbnail_impressions", "video_thumbnail_impressions_ctr"]
    assert {(row["date"], row["channel_id"]) for row in rows} == {("20260605", channel(fresh).channel_id)}
    day = date(2026, 6, 5).isoformat()
    ids = [row["video_id"] for row in rows][-100:]
    table = query(analytics, startDate=day, endDate=day, dimensions="day,video", filters=f"video=={','.join(ids)}").execute()
    views = {video: count for _, video, count in table["rows"]}
    for row in rows[-100:]:
        impressions, rate = int(row["video_thumbnail_impressions"]), float(row["video_thumbnail_impressions_ctr"])
        assert 0 <= rate <= 1
        assert round(impressions * rate) <= views.get(row["video_id"], 0)
    clicks = sum(int(row["video_thumbnail_impressions"]) * float(row["video_thumbnail_impressions_ctr"]) for row in rows[-100:])
    assert 0.4 * sum(views.values()) < clicks
