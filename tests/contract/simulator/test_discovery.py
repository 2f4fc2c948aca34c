"""Playlists, competitors, statistics in batches and captions, as the official client finds them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.simulator.apis.google import DAILY_LIMITS, STATS
from connectors.simulator.process import SimulatorControl
from tests.contract.simulator.conftest import NOON, channel, google, reason, served, signed_in


@pytest.fixture(scope="module")
def youtube(shared: SimulatorControl) -> Any:
    return google(shared, "youtube", "v3", None)


def pages(collection: Any, request: Any) -> list[dict[str, Any]]:
    """All items of all pages."""
    items: list[dict[str, Any]] = []
    while request is not None:
        page = request.execute()
        items += page["items"]
        request = collection.list_next(request, page)
    return items


def uploads(youtube: Any, channel_id: str, parts: str = "contentDetails,snippet,status") -> list[dict[str, Any]]:
    items = youtube.playlistItems()
    return pages(items, items.list(playlistId="UU" + channel_id[2:], part=parts, maxResults=50))


def test_every_upload_is_in_the_playlist_of_its_month(shared: SimulatorControl, youtube: Any) -> None:
    own = channel(shared).channel_id
    lists = youtube.playlists()
    found = pages(lists, lists.list(channelId=own, part="snippet,contentDetails,status", maxResults=5))
    assert len({item["id"] for item in found}) == len(found) > 5
    by_title = {item["snippet"]["title"]: item for item in found}
    months = [item for title, item in by_title.items() if title[-4:].isdecimal()]
    listed: set[str] = set()
    for month in months:
        items = youtube.playlistItems()
        ids = [
            item["contentDetails"]["videoId"]
            for item in pages(items, items.list(playlistId=month["id"], part="contentDetails", maxResults=50))
        ]
        assert len(ids) == month["contentDetails"]["itemCount"]
        listed |= set(ids)
    assert listed == {item["contentDetails"]["videoId"] for item in uploads(youtube, own)}
    [again] = lists.list(id=months[0]["id"], part="snippet,contentDetails,status").execute()["items"]
    assert again == months[0]
    mine = google(shared, "youtube", "v3").playlists().list(mine=True, part="id").execute()
    assert mine["pageInfo"]["totalResults"] == len(found)


def test_playlists_that_are_not_there(youtube: Any) -> None:
    lists, items = youtube.playlists(), youtube.playlistItems()
    assert lists.list(id="PLnothing", part="id").execute()["items"] == []
    assert reason(lists.list(channelId="UCnobody", part="id").execute) == (404, "channelNotFound")
    assert reason(lists.list(part="id").execute) == (400, "missingRequiredParameter")
    assert reason(lists.list(part="id", mine=True).execute) == (401, "required")
    assert reason(items.list(playlistId="PL" + "x" * 32, part="id").execute) == (404, "playlistNotFound")


def test_competitors_chart_and_can_be_read_whole(shared: SimulatorControl, youtube: Any) -> None:
    rivals = shared.competitors(8)
    assert len(set(rivals)) == 8
    assert not set(rivals) & {own.channel_id for own in shared.credentials().channels}
    parts = "snippet,statistics,contentDetails,brandingSettings,topicDetails,status,localizations"
    found = youtube.channels().list(id=",".join(rivals), part=parts, maxResults=50).execute()["items"]
    assert {item["id"] for item in found} == set(rivals)
    first = found[0]
    assert first["topicDetails"]["topicCategories"][0].startswith("https://en.wikipedia.org/wiki/")
    assert first["brandingSettings"]["channel"]["keywords"]
    assert first["localizations"]["en"]["title"] == first["snippet"]["title"]
    [by_handle] = youtube.channels().list(forHandle=first["snippet"]["customUrl"], part=parts).execute()["items"]
    assert by_handle == first
    charting = {
        item["id"]
        for item in youtube.videos().list(chart="mostPopular", part="snippet", maxResults=50).execute()["items"]
        if item["snippet"]["channelId"] == first["id"]
    }
    listed = [item["contentDetails"]["videoId"] for item in uploads(youtube, first["id"])]
    assert len(listed) == int(first["statistics"]["videoCount"]) > len(charting)
    assert charting <= set(listed)
    views = 0
    for begin in range(0, len(listed), 50):
        answer = youtube.videos().list(id=",".join(listed[begin : begin + 50]), part="statistics,topicDetails").execute()
        views += sum(int(item["statistics"]["viewCount"]) for item in answer["items"])
    assert views == pytest.approx(int(first["statistics"]["viewCount"]), abs=len(listed))  # sums are rounded once


def test_statistics_in_batches_agree_with_videos(shared: SimulatorControl, youtube: Any) -> None:
    ids = [item["contentDetails"]["videoId"] for item in uploads(youtube, channel(shared).channel_id)][:50]
    before = shared.quota()
    found = (
        youtube.videos()
        .batchGetStats(id=",".join([*ids[:49], "AAAAAAAAAAA"]), part="id,snippet,statistics,contentDetails")
        .execute()
    )
    assert found["kind"] == "youtube#batchGetStatsResponse"
    assert shared.quota() == {**before, "videos.batchGetStats": before.get("videos.batchGetStats", 0) + 1}
    videos = youtube.videos().list(id=",".join(ids[:49]), part="snippet,statistics").execute()["items"]
    assert [item["id"] for item in found["items"]] == [item["id"] for item in videos]
    for item, video in zip(found["items"], videos, strict=True):
        assert item["kind"] == "youtube#videoStats"
        assert item["snippet"] == {"publishTime": video["snippet"]["publishedAt"]}
        assert {**item["statistics"], "favoriteCount": "0"} == video["statistics"]
        assert item["contentDetails"]["duration"].removesuffix("s").isdecimal()
    masked = youtube.videos().batchGetStats(id=ids[0], part="statistics", fields="items(statistics/viewCount)").execute()
    assert masked == {"items": [{"statistics": {"viewCount": videos[0]["statistics"]["viewCount"]}}]}
    assert reason(youtube.videos().batchGetStats(id=",".join([*ids, "x"]), part="id").execute) == (400, "invalidFilters")
    assert reason(youtube.videos().batchGetStats(id="x", part="status").execute) == (400, "unknownPart")


def test_captions_are_the_owners_to_list_and_dear(fresh: SimulatorControl) -> None:
    own = channel(fresh)
    mine, other = google(fresh, "youtube", "v3"), google(fresh, "youtube", "v3", "beat-atlas")
    video_id = uploads(mine, own.channel_id)[0]["contentDetails"]["videoId"]
    before = fresh.quota()["general"]
    [track] = mine.captions().list(videoId=video_id, part="id,snippet").execute()["items"]
    assert fresh.quota()["general"] == before + 50
    assert (track["snippet"]["videoId"], track["snippet"]["trackKind"], track["snippet"]["language"]) == (video_id, "asr", "en")
    assert reason(other.captions().list(videoId=video_id, part="id").execute) == (403, "forbidden")
    assert reason(mine.captions().list(videoId="AAAAAAAAAAA", part="id").execute) == (404, "videoNotFound")
    assert reason(google(fresh, "youtube", "v3", None).captions().list(videoId=video_id, part="id").execute) == (401, "required")


def test_a_deleted_video_leaves_only_its_place(fresh: SimulatorControl) -> None:
    own = channel(fresh)
    youtube = google(fresh, "youtube", "v3")
    before = youtube.channels().list(id=own.channel_id, part="statistics").execute()["items"][0]["statistics"]
    gone, hidden, kept = (item["contentDetails"]["videoId"] for item in uploads(youtube, own.channel_id)[:3])
    fresh.mark_video(gone, "deleted")
    fresh.mark_video(hidden, "private")
    after = youtube.channels().list(id=own.channel_id, part="statistics").execute()["items"][0]["statistics"]
    assert after == {**before, "videoCount": str(int(before["videoCount"]) - 2)}
    public = google(fresh, "youtube", "v3", None)
    ids = f"{gone},{hidden},{kept}"

    def shown(client: Any) -> list[str]:
        answers = [client.videos().list(id=ids, part="id"), client.videos().batchGetStats(id=ids, part="id")]
        [first, second] = [[item["id"] for item in answer.execute()["items"]] for answer in answers]
        assert first == second
        return first

    assert shown(public) == [kept]
    assert shown(youtube) == [hidden, kept]
    places = {item["contentDetails"]["videoId"]: item for item in uploads(public, own.channel_id)}
    assert places[gone]["snippet"]["title"] == "Deleted video"
    assert places[gone]["status"] == {"privacyStatus": "privacyStatusUnspecified"}
    assert places[gone]["contentDetails"] == {"videoId": gone}
    assert "videoOwnerChannelId" not in places[gone]["snippet"]
    assert (places[hidden]["snippet"]["title"], places[hidden]["status"]) == ("Private video", {"privacyStatus": "private"})
    assert uploads(youtube, own.channel_id)[1]["snippet"]["title"] not in {"Private video", "Deleted video"}
    comments = public.commentThreads().list(videoId=gone, part="id").execute
    assert reason(comments) == (404, "videoNotFound")
    fresh.set_clock(NOON - timedelta(hours=1))
    assert shown(public) == [gone, hidden, kept]  # what happens later has not happened
    fresh.set_clock(NOON)
    fresh.mark_video(gone)
    assert shown(public) == [gone, kept]


def test_a_charting_video_can_be_deleted(fresh: SimulatorControl) -> None:
    youtube = google(fresh, "youtube", "v3", None)

    def chart() -> list[str]:
        request = youtube.videos().list(chart="mostPopular", part="id", maxResults=50)
        return [item["id"] for item in request.execute()["items"]]

    first = chart()
    fresh.mark_video(first[0], "deleted")
    assert chart() == first[1:]


def test_hidden_counts_are_not_there_at_all(fresh: SimulatorControl) -> None:
    youtube = google(fresh, "youtube", "v3", None)
    video_id = uploads(youtube, channel(fresh).channel_id)[20]["contentDetails"]["videoId"]
    calls: list[Callable[..., Any]] = [youtube.videos().list, youtube.videos().batchGetStats]

    def counts() -> list[set[str]]:
        return [
            set(call(id=video_id, part="statistics").execute()["items"][0]["statistics"]) - {"favoriteCount"} for call in calls
        ]

    assert counts() == [{"viewCount", "likeCount", "commentCount"}] * 2
    fresh.mark_video(video_id, likes="hidden")
    assert counts() == [{"viewCount", "commentCount"}] * 2
    fresh.mark_video(video_id, comments="closed")
    assert counts() == [{"viewCount", "likeCount"}] * 2


@pytest.mark.parametrize(("profile", "cost"), [("2025-01", {"general": 1600}), ("2025-12", {"general": 100})])
def test_prices_of_other_times_can_be_asked_for(tmp_path: Path, profile: str, cost: dict[str, int]) -> None:
    with served(tmp_path, quota_profile=profile) as control:
        query = {"uploadType": "resumable", "part": "snippet"}
        with signed_in(control) as client:
            assert client.post("/upload/youtube/v3/videos", params=query, json={}).status_code == 400
        assert control.quota() == cost
        answer = httpx.get(
            f"{control.base_url}/youtube/v3/videos:batchGetStats",
            params={"id": "x", "part": "id", "key": control.credentials().api_key},
        )
        assert answer.status_code == 404  # nobody had it yet


def test_statistics_in_batches_have_a_bucket_of_their_own(fresh: SimulatorControl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DAILY_LIMITS, STATS, 1)
    youtube = google(fresh, "youtube", "v3", None)
    call = youtube.videos().batchGetStats(id="x", part="id").execute
    assert call()["items"] == []
    assert reason(call) == (403, "quotaExceeded")
    assert youtube.videos().list(id="x", part="id").execute()["items"] == []
