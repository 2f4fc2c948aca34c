"""The official client reads channels, videos and playlists of the simulator as it reads YouTube's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from connectors.simulator.apis.google import DAILY_LIMITS, GENERAL
from connectors.simulator.process import SimulatorControl
from tests.contract.simulator.conftest import NOON, channel, google, reason


@pytest.fixture(scope="module")
def youtube(shared: SimulatorControl) -> Any:
    return google(shared, "youtube", "v3", None)


def test_the_chart_of_each_country_is_paged(youtube: Any) -> None:
    for region in ("US", "GB", "CA", "AU", "IN"):
        ids, request = [], youtube.videos().list(chart="mostPopular", part="id,snippet", regionCode=region, maxResults=20)
        while request is not None:
            page = request.execute()
            assert page["kind"] == "youtube#videoListResponse"
            assert page["pageInfo"] == {"totalResults": 50, "resultsPerPage": 20}
            ids += [item["id"] for item in page["items"]]
            request = youtube.videos().list_next(request, page)
        assert len(set(ids)) == len(ids) == 50


def test_a_category_chart_holds_only_its_category(youtube: Any) -> None:
    items = youtube.videos().list(chart="mostPopular", part="snippet", regionCode="GB", videoCategoryId="10").execute()["items"]
    assert {item["snippet"]["categoryId"] for item in items} == {"10"}


def test_videos_come_by_id_in_the_order_asked(youtube: Any) -> None:
    chart = youtube.videos().list(chart="mostPopular", part="id", maxResults=50).execute()["items"]
    ids = [item["id"] for item in chart][::-1]
    answer = (
        youtube.videos().list(id=",".join([*ids[:49], "AAAAAAAAAAA"]), part="snippet,contentDetails,statistics,status").execute()
    )
    assert [item["id"] for item in answer["items"]] == ids[:49]
    item = answer["items"][0]
    assert item["contentDetails"]["duration"].startswith("PT")
    assert item["statistics"]["viewCount"].isdecimal()
    assert item["status"]["privacyStatus"] == "public"
    assert item["snippet"]["publishedAt"] < NOON.isoformat()


def test_own_channels_are_found_by_id_handle_and_owner(shared: SimulatorControl, youtube: Any) -> None:
    own = channel(shared, "beat-atlas")
    by_id = youtube.channels().list(id=own.channel_id, part="snippet,statistics,contentDetails").execute()["items"]
    assert by_id == youtube.channels().list(forHandle="@beat-atlas", part="snippet,statistics,contentDetails").execute()["items"]
    mine = google(shared, "youtube", "v3", "beat-atlas").channels().list(mine=True, part="id").execute()["items"]
    assert [item["id"] for item in mine] == [by_id[0]["id"]] == [own.channel_id]
    assert by_id[0]["snippet"]["title"] == own.title


def test_the_uploads_playlist_adds_up_to_the_channel(shared: SimulatorControl, youtube: Any) -> None:
    own = youtube.channels().list(id=channel(shared).channel_id, part="contentDetails,statistics").execute()["items"][0]
    request = youtube.playlistItems().list(
        playlistId=own["contentDetails"]["relatedPlaylists"]["uploads"], part="contentDetails,snippet", maxResults=50
    )
    ids, times = [], []
    while request is not None:
        page = request.execute()
        ids += [item["contentDetails"]["videoId"] for item in page["items"]]
        times += [item["contentDetails"]["videoPublishedAt"] for item in page["items"]]
        request = youtube.playlistItems().list_next(request, page)
    assert times == sorted(times, reverse=True)
    assert sum(time > (NOON - timedelta(days=60)).isoformat() for time in times) >= 50
    views = 0
    for begin in range(0, len(ids), 50):
        answer = youtube.videos().list(id=",".join(ids[begin : begin + 50]), part="statistics").execute()
        views += sum(int(item["statistics"]["viewCount"]) for item in answer["items"])
    assert own["statistics"]["videoCount"] == str(len(ids))
    assert own["statistics"]["viewCount"] == str(views)


def test_market_channels_can_be_followed(youtube: Any) -> None:
    video = youtube.videos().list(chart="mostPopular", part="snippet", maxResults=1).execute()["items"][0]
    maker = youtube.channels().list(id=video["snippet"]["channelId"], part="snippet,contentDetails").execute()["items"][0]
    assert maker["snippet"]["title"] == video["snippet"]["channelTitle"]
    uploads = maker["contentDetails"]["relatedPlaylists"]["uploads"]
    items = youtube.playlistItems().list(playlistId=uploads, part="contentDetails", maxResults=50).execute()["items"]
    assert video["id"] in {item["contentDetails"]["videoId"] for item in items}


def test_field_masks_keep_what_they_name(youtube: Any) -> None:
    fields = "items(id,snippet/title),pageInfo/totalResults"
    answer = youtube.videos().list(chart="mostPopular", part="snippet,statistics", fields=fields, maxResults=2).execute()
    assert answer["pageInfo"] == {"totalResults": 50}
    assert [set(item) for item in answer["items"]] == [{"id", "snippet"}] * 2
    assert set(answer["items"][0]["snippet"]) == {"title"}


def test_an_unchanged_answer_is_304(shared: SimulatorControl) -> None:
    query = {"key": shared.credentials().api_key, "chart": "mostPopular", "part": "id"}
    first = httpx.get(f"{shared.base_url}/youtube/v3/videos", params=query)
    assert first.headers["etag"] == f'"{first.json()["etag"]}"'
    again = httpx.get(f"{shared.base_url}/youtube/v3/videos", params=query, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = httpx.get(
        f"{shared.base_url}/youtube/v3/videos",
        params={**query, "maxResults": "7"},
        headers={"If-None-Match": first.headers["etag"]},
    )
    assert other.status_code == 200


def test_errors_have_the_reasons_of_the_real_api(shared: SimulatorControl, youtube: Any) -> None:
    videos, items = youtube.videos(), youtube.playlistItems()
    assert reason(videos.list(part="nonsense", id="x").execute) == (400, "unknownPart")
    assert reason(videos.list(part="id").execute) == (400, "missingRequiredParameter")
    assert reason(videos.list(part="id", id="x", chart="mostPopular").execute) == (400, "incompatibleParameters")
    assert reason(videos.list(part="id", id=",".join(map(str, range(51)))).execute) == (400, "invalidFilters")
    assert reason(videos.list(part="id", chart="mostPopular", maxResults=51).execute) == (400, "invalidParameter")
    assert reason(videos.list(part="id", chart="mostPopular", pageToken="!").execute) == (400, "invalidPageToken")
    assert reason(videos.list(part="id", chart="mostPopular", fields="items(").execute) == (400, "invalidParameter")
    assert reason(videos.list(part="id", chart="mostPopular", regionCode="ZZ").execute) == (404, "videoChartNotFound")
    assert reason(items.list(part="id", playlistId="UUnobody").execute) == (404, "playlistNotFound")
    assert reason(youtube.channels().list(part="id", mine=True).execute) == (401, "authorizationRequired")
    assert "items" not in youtube.channels().list(part="id", id="UCnobody").execute()


def test_callers_without_rights_are_refused(shared: SimulatorControl) -> None:
    url, query = f"{shared.base_url}/youtube/v3/videos", {"chart": "mostPopular", "part": "id"}
    assert httpx.get(url, params=query).status_code == 403
    assert httpx.get(url, params={**query, "key": "wrong"}).json()["error"]["message"].startswith("API key not valid")
    forged = httpx.get(url, params=query, headers={"Authorization": "Bearer ya29.UCx.9999999999.abc"})
    assert (forged.status_code, forged.json()["error"]["status"]) == (401, "UNAUTHENTICATED")


def test_an_unknown_refresh_token_is_an_invalid_grant(shared: SimulatorControl) -> None:
    known = shared.credentials()
    form = {
        "grant_type": "refresh_token",
        "client_id": known.client_id,
        "client_secret": known.client_secret,
        "refresh_token": "1//no",
    }
    answer = httpx.post(known.token_uri, data=form)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    answer = httpx.post(known.token_uri, data={**form, "client_secret": "no"})
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_quota_is_counted_per_pacific_day_and_failed_calls_cost(fresh: SimulatorControl) -> None:
    youtube = google(fresh, "youtube", "v3", None)
    youtube.videos().list(part="id", chart="mostPopular").execute()
    reason(youtube.videos().list(part="id").execute)
    assert fresh.quota() == {"general": 2}
    fresh.set_clock(NOON.replace(hour=7))  # still the same day in California
    assert fresh.quota() == {"general": 2}
    fresh.set_clock(NOON.replace(hour=6))  # the evening before
    assert fresh.quota() == {}


def test_spent_quota_is_refused_until_the_next_day(fresh: SimulatorControl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DAILY_LIMITS, GENERAL, 2)
    call = google(fresh, "youtube", "v3", None).videos().list(part="id", chart="mostPopular").execute
    assert call() == call()
    assert reason(call) == (403, "quotaExceeded")
    fresh.set_clock(NOON + timedelta(days=1))
    assert call()["items"]


def test_faults_are_answered_in_each_apis_shape_and_end(fresh: SimulatorControl) -> None:
    fresh.fail("/youtube/v3/videos", 503, 2)
    fresh.fail("/openai/", 500, 1)
    youtube = google(fresh, "youtube", "v3", None)
    call = youtube.videos().list(part="id", chart="mostPopular").execute
    assert [reason(call), reason(call)] == [(503, "backendError")] * 2
    assert call()["items"]
    assert httpx.post(f"{fresh.base_url}/openai/v1/chat/completions").json()["error"]["type"] == "invalid_request_error"


def test_counts_only_grow_and_hold_still_with_the_clock(fresh: SimulatorControl) -> None:
    youtube = google(fresh, "youtube", "v3", None)
    ids = ",".join(item["id"] for item in youtube.videos().list(part="id", chart="mostPopular", maxResults=50).execute()["items"])

    def views() -> list[int]:
        items = youtube.videos().list(part="statistics", id=ids).execute()["items"]
        return [int(item["statistics"]["viewCount"]) for item in items]

    now = views()
    assert views() == now
    fresh.set_clock(NOON + timedelta(hours=1))
    later = views()
    assert all(a <= b for a, b in zip(now, later, strict=True))
    assert sum(now) < sum(later)
    fresh.set_clock(NOON)
    assert views() == now
