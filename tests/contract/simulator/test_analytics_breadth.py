"""reports.query by everything that views divide by: sums agree, and what the documentation does not list is refused."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.simulator.process import SimulatorControl
from tests.contract.simulator.conftest import channel, google, reason

FIRST, LAST = "2026-06-01", "2026-06-05"
COUNTED = ("views", "engagedViews", "estimatedMinutesWatched")
MONEY = (
    *("estimatedRevenue", "estimatedAdRevenue", "estimatedRedPartnerRevenue", "grossRevenue"),
    *("monetizedPlaybacks", "playbackBasedCpm", "adImpressions", "cpm"),
)


@pytest.fixture(scope="module")
def analytics(shared: SimulatorControl) -> Any:
    return google(shared, "youtubeAnalytics", "v2")


def query(analytics: Any, metrics: str = ",".join(COUNTED), **parameters: Any) -> Any:
    given = {"ids": "channel==MINE", "startDate": FIRST, "endDate": LAST, "metrics": metrics, **parameters}
    return analytics.reports().query(**given)


def rows(analytics: Any, metrics: str = ",".join(COUNTED), **parameters: Any) -> list[dict[str, Any]]:
    table = query(analytics, metrics, **parameters).execute()
    names = [header["name"] for header in table["columnHeaders"]]
    return [dict(zip(names, row, strict=True)) for row in table["rows"]]


def total(found: list[dict[str, Any]], name: str) -> float:
    return sum(row[name] for row in found)


def top_videos(analytics: Any, count: int = 5) -> list[str]:
    return [row["video"] for row in rows(analytics, "views", dimensions="video", sort="-views", maxResults=count)]


DETAIL = {"dimensions": "insightTrafficSourceDetail", "sort": "-views", "maxResults": 25}
SPLITS = (
    "day", "month", "country", "insightTrafficSourceType", "day,insightTrafficSourceType", "deviceType", "operatingSystem",
    "deviceType,operatingSystem", "day,deviceType,operatingSystem", "insightPlaybackLocationType", "subscribedStatus",
    "day,insightPlaybackLocationType", "day,subscribedStatus", "liveOrOnDemand", "country,subscribedStatus",
    "insightTrafficSourceType,subscribedStatus,liveOrOnDemand",
)  # fmt: skip
CHOSEN = (None, "country==US", "subscribedStatus==SUBSCRIBED")


@pytest.mark.parametrize(
    ("dimensions", "chosen"),
    [(split, chosen) for split in SPLITS for chosen in CHOSEN if chosen is None or chosen.partition("==")[0] not in split],
)
def test_every_breakdown_adds_up_to_the_whole(analytics: Any, dimensions: str, chosen: str | None) -> None:
    [whole] = rows(analytics, filters=chosen)
    found = rows(analytics, dimensions=dimensions, filters=chosen)
    assert {name: total(found, name) for name in COUNTED} == {name: whole[name] for name in COUNTED}
    assert whole["views"] > 0
    assert len({tuple(row[name] for name in dimensions.split(",")) for row in found}) == len(found)


def test_videos_of_a_breakdown_add_up_too(analytics: Any) -> None:
    ids = top_videos(analytics)
    chosen = f"video=={','.join(ids)}"
    by_video = {row["video"]: row for row in rows(analytics, dimensions="video", filters=chosen)}
    assert set(by_video) == set(ids)
    for dimensions in ("video,insightTrafficSourceType", "day,video,deviceType", "video,country"):
        found = rows(analytics, dimensions=dimensions, filters=chosen)
        for video_id in ids:
            mine = [row for row in found if row["video"] == video_id]
            assert {name: total(mine, name) for name in COUNTED} == {name: by_video[video_id][name] for name in COUNTED}


def test_filters_stand_together(analytics: Any) -> None:
    ids = top_videos(analytics)
    whole = rows(analytics, dimensions="deviceType", filters=f"country==US,GB;video=={','.join(ids)}")
    parts = [
        row
        for video_id in ids
        for country in ("US", "GB")
        for row in rows(analytics, dimensions="deviceType", filters=f"video=={video_id};country=={country}")
    ]
    assert len(parts) > len(whole)
    assert total(parts, "views") == total(whole, "views") > 0


def test_states_add_up_to_the_country(analytics: Any) -> None:
    states = rows(analytics, dimensions="province", filters="country==US")
    [whole] = rows(analytics, filters="country==US")
    assert all(row["province"].startswith("US-") for row in states)
    assert total(states, "views") == whole["views"]
    [california] = rows(analytics, filters="province==US-CA")
    assert california["views"] == next(row["views"] for row in states if row["province"] == "US-CA")


def test_sharing_adds_up_to_shares(analytics: Any) -> None:
    [whole] = rows(analytics, "shares")
    by_service = rows(analytics, "shares", dimensions="sharingService", sort="-shares")
    assert total(by_service, "shares") == whole["shares"] > 0
    assert by_service[0]["shares"] == max(row["shares"] for row in by_service)


def test_viewers_are_a_hundred_percent(analytics: Any) -> None:
    found = rows(analytics, "viewerPercentage", dimensions="ageGroup,gender")
    assert total(found, "viewerPercentage") == pytest.approx(100, abs=1.5)
    assert {row["gender"] for row in found} == {"female", "male", "genderUserSpecified"}
    assert {"age18-24", "age65-"} < {row["ageGroup"] for row in found}
    by_status = rows(analytics, "viewerPercentage", dimensions="gender,subscribedStatus")
    for status in ("SUBSCRIBED", "UNSUBSCRIBED"):
        part = [row for row in by_status if row["subscribedStatus"] == status]
        assert total(part, "viewerPercentage") == pytest.approx(100, abs=0.3)


def test_search_terms_are_the_greatest_of_their_source(analytics: Any) -> None:
    chosen = {"dimensions": "insightTrafficSourceDetail", "filters": "insightTrafficSourceType==YT_SEARCH"}
    found = rows(analytics, "views,estimatedMinutesWatched", sort="-views", maxResults=25, **chosen)
    views = [row["views"] for row in found]
    assert len(found) == 25
    assert views == sorted(views, reverse=True)
    assert all(row["insightTrafficSourceDetail"].strip() for row in found)
    sources = {row["insightTrafficSourceType"]: row["views"] for row in rows(analytics, dimensions="insightTrafficSourceType")}
    assert sum(views) < sources["YT_SEARCH"]  # the rest, and terms that are withheld
    assert reason(query(analytics, sort="-views", maxResults=26, **chosen).execute) == (400, "badRequest")
    assert reason(query(analytics, sort="views", maxResults=25, **chosen).execute) == (400, "badRequest")
    assert reason(query(analytics, maxResults=25, **chosen).execute) == (400, "badRequest")


def test_suggesting_videos_and_sites_are_told(analytics: Any) -> None:
    def details(source: str) -> set[str]:
        chosen = {"dimensions": "insightTrafficSourceDetail", "filters": f"insightTrafficSourceType=={source}"}
        return {row["insightTrafficSourceDetail"] for row in rows(analytics, sort="-views", maxResults=25, **chosen)}

    assert {len(video_id) for video_id in details("RELATED_VIDEO")} == {11}
    assert "Google Search" in details("EXT_URL")
    places = {"dimensions": "insightPlaybackLocationDetail", "filters": "insightPlaybackLocationType==EMBEDDED"}
    embedded = rows(analytics, sort="-views", maxResults=25, **places)
    assert "reddit.com" in {row["insightPlaybackLocationDetail"] for row in embedded}


def test_playlists_are_those_of_the_data_api(shared: SimulatorControl, analytics: Any) -> None:
    data = google(shared, "youtube", "v3")
    listed = data.playlists().list(part="id", channelId=channel(shared).channel_id, maxResults=50).execute()["items"]
    metrics = "playlistViews,playlistStarts,playlistEstimatedMinutesWatched,viewsPerPlaylistStart,averageTimeInPlaylist"
    found = rows(analytics, metrics, dimensions="playlist", sort="-playlistViews", maxResults=200)
    assert {row["playlist"] for row in found} <= {item["id"] for item in listed}
    [whole] = rows(analytics, metrics)
    assert total(found, "playlistViews") == whole["playlistViews"] > 0
    assert whole["viewsPerPlaylistStart"] == pytest.approx(whole["playlistViews"] / whole["playlistStarts"], abs=1e-4)
    one = found[0]["playlist"]
    by_day = rows(analytics, metrics, dimensions="day,playlist", filters=f"playlist=={one}")
    assert total(by_day, "playlistViews") == found[0]["playlistViews"]


def test_revenue_is_consistent(analytics: Any) -> None:
    [whole] = rows(analytics, ",".join(MONEY))
    assert whole["estimatedRevenue"] == pytest.approx(whole["estimatedAdRevenue"] + whole["estimatedRedPartnerRevenue"], abs=1e-6)
    assert whole["estimatedAdRevenue"] == pytest.approx(0.55 * whole["grossRevenue"], abs=1e-6)
    assert whole["cpm"] == pytest.approx(1000 * whole["grossRevenue"] / whole["adImpressions"], abs=1e-3)
    assert whole["playbackBasedCpm"] == pytest.approx(1000 * whole["grossRevenue"] / whole["monetizedPlaybacks"], abs=1e-3)
    assert 0 < whole["monetizedPlaybacks"] <= whole["adImpressions"]
    ids = top_videos(analytics, 80)
    splits = (
        {"dimensions": "day"},
        {"dimensions": "country"},
        {"dimensions": "day,video", "filters": f"video=={','.join(ids)}"},
        {"dimensions": "video", "sort": "-estimatedRevenue", "maxResults": 200},
    )
    for split in splits:
        found = rows(analytics, ",".join(MONEY), **split)
        share = 0.8 if "video" in split["dimensions"] else 1
        for name in ("estimatedRevenue", "grossRevenue", "monetizedPlaybacks", "adImpressions"):
            assert share * whole[name] <= total(found, name) + 1e-4
            assert total(found, name) <= whole[name] + 1e-4


def test_revenue_needs_a_monetised_channel_and_the_scope_for_it(fresh: SimulatorControl) -> None:
    poor = google(fresh, "youtubeAnalytics", "v2", "beat-atlas")
    assert reason(query(poor, "estimatedRevenue").execute) == (403, "forbidden")
    assert rows(poor, "views")[0]["views"] > 0
    rich = channel(fresh).channel_id
    fresh.set_token(rich, withheld=["https://www.googleapis.com/auth/yt-analytics-monetary.readonly"])
    analytics = google(fresh, "youtubeAnalytics", "v2")
    assert reason(query(analytics, "views,cpm", dimensions="day").execute) == (403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT")
    assert rows(analytics, "views")[0]["views"] > 0


def test_retention_has_a_hundred_points_and_the_mean_that_is_told(analytics: Any) -> None:
    metrics = "audienceWatchRatio,relativeRetentionPerformance"
    for video_id in top_videos(analytics, 3):
        table = query(analytics, metrics, dimensions="elapsedVideoTimeRatio", filters=f"video=={video_id}").execute()
        assert [header["dataType"] for header in table["columnHeaders"]] == ["FLOAT"] * 3
        moments, watched, ranks = zip(*table["rows"], strict=True)
        assert moments[0] == 0.01
        assert moments[-1] == 1.0
        assert len(moments) == 100
        [whole] = rows(analytics, "averageViewPercentage", filters=f"video=={video_id}")
        assert sum(watched) == pytest.approx(whole["averageViewPercentage"], abs=0.05)
        assert all(0 <= rank <= 1 for rank in ranks)
        loyal = query(
            analytics, metrics, dimensions="elapsedVideoTimeRatio", filters=f"video=={video_id};subscribedStatus==SUBSCRIBED"
        )
        assert sum(row[1] for row in loyal.execute()["rows"]) > sum(watched)


def test_retention_of_a_video_that_nobody_saw_is_empty(analytics: Any) -> None:
    nothing = query(analytics, "audienceWatchRatio", dimensions="elapsedVideoTimeRatio", filters="video==AAAAAAAAAAA").execute()
    assert nothing["rows"] == []


@pytest.mark.parametrize(
    ("metrics", "parameters"),
    [
        ("views", {"dimensions": "day,country"}),
        ("views", {"dimensions": "day,month"}),
        ("views", {"dimensions": "day,ageGroup"}),
        ("views", {"dimensions": "ageGroup,gender"}),
        ("viewerPercentage", {"dimensions": "day,ageGroup"}),
        ("viewerPercentage", {}),
        ("likes", {"dimensions": "insightTrafficSourceType"}),
        ("estimatedRevenue", {"dimensions": "insightTrafficSourceType"}),
        ("views", {"dimensions": "province"}),
        ("views", {"dimensions": "province", "filters": "country==GB"}),
        ("likes", {"dimensions": "province", "filters": "country==US"}),
        ("views", {"dimensions": "sharingService"}),
        ("shares", {"dimensions": "day,sharingService"}),
        ("audienceWatchRatio", {"dimensions": "elapsedVideoTimeRatio"}),
        ("audienceWatchRatio", {"dimensions": "elapsedVideoTimeRatio", "filters": "video==AAAAAAAAAAA,BBBBBBBBBBB"}),
        ("audienceWatchRatio", {"dimensions": "day", "filters": "video==AAAAAAAAAAA"}),
        ("views", DETAIL),
        ("views", {**DETAIL, "filters": "insightTrafficSourceType==PLAYLIST"}),
        ("views", {**DETAIL, "dimensions": "insightPlaybackLocationDetail", "filters": "insightPlaybackLocationType==WATCH"}),
        ("views", {"dimensions": "video", "sort": "-views", "maxResults": 201}),
        ("views", {"dimensions": "video", "sort": "views", "maxResults": 10}),
        ("views", {"dimensions": "playlist", "sort": "-views", "maxResults": 10}),
        ("views,playlistViews", {}),
        ("views", {"filters": "country=US"}),
        ("views", {"filters": "country==US;country==GB"}),
        ("views,views", {}),
        ("views,videoThumbnailImpressions", {"dimensions": "insightTrafficSourceType"}),
        ("views", {"dimensions": "planet"}),
        ("views", {"filters": "planet==Mars"}),
        ("views", {"sort": "likes"}),
        ("views", {"endDate": "2026-05-01"}),
    ],
)  # fmt: skip
def test_what_is_not_documented_is_refused(analytics: Any, metrics: str, parameters: dict[str, Any]) -> None:
    assert reason(query(analytics, metrics, **parameters).execute) == (400, "badRequest")


def test_too_many_video_days_of_traffic_sources_are_refused(analytics: Any) -> None:
    ids = ",".join(f"AAAAAAAA{number:03d}" for number in range(60))
    asked = {"dimensions": "insightTrafficSourceType", "filters": f"video=={ids}", "startDate": "2024-01-01"}
    assert reason(query(analytics, **asked, endDate="2026-06-05").execute) == (400, "badRequest")
    assert rows(analytics, **asked, endDate="2024-02-01") == []
