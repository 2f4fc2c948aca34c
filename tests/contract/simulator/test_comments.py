"""Comments as the official client reads them."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.simulator.process import SimulatorControl
from tests.contract.simulator.conftest import NOON, channel, google, reason


@pytest.fixture(scope="module")
def youtube(shared: SimulatorControl) -> Any:
    return google(shared, "youtube", "v3", None)


@pytest.fixture(scope="module")
def discussed(shared: SimulatorControl, youtube: Any) -> str:
    """An own video with more than a page of comments."""
    playlist = "UU" + channel(shared, "spotlight-daily").channel_id[2:]
    items = youtube.playlistItems().list(playlistId=playlist, part="contentDetails", maxResults=50).execute()["items"]
    ids = ",".join(item["contentDetails"]["videoId"] for item in items[10:])
    videos = youtube.videos().list(id=ids, part="statistics").execute()["items"]
    return str(max(videos, key=lambda video: int(video["statistics"]["commentCount"]))["id"])


def threads(youtube: Any, video_id: str, **query: Any) -> list[dict[str, Any]]:
    collection = youtube.commentThreads()
    request = collection.list(videoId=video_id, part="id,snippet,replies", **query)
    found: list[dict[str, Any]] = []
    while request is not None:
        page = request.execute()
        assert page["pageInfo"]["totalResults"] == len(page["items"])
        found += page["items"]
        request = collection.list_next(request, page)
    return found


def test_threads_are_paged_and_hold_their_first_replies(youtube: Any, discussed: str) -> None:
    found = threads(youtube, discussed, maxResults=30)
    assert len({thread["id"] for thread in found}) == len(found) > 30
    assert found == threads(youtube, discussed, maxResults=100)
    times = [thread["snippet"]["topLevelComment"]["snippet"]["publishedAt"] for thread in found]
    assert times == sorted(times, reverse=True)
    assert times[0] <= NOON.strftime("%Y-%m-%dT%H:%M:%SZ")
    for thread in found:
        replies = thread.get("replies", {"comments": []})["comments"]
        assert len(replies) == min(5, thread["snippet"]["totalReplyCount"])
        assert {reply["snippet"]["parentId"] for reply in replies} <= {thread["id"]}
    video = youtube.videos().list(id=discussed, part="statistics").execute()["items"][0]
    written = len(found) + sum(thread["snippet"]["totalReplyCount"] for thread in found)
    assert written == pytest.approx(int(video["statistics"]["commentCount"]), rel=0.1)


def test_all_replies_can_be_listed(youtube: Any, discussed: str) -> None:
    thread = max(threads(youtube, discussed), key=lambda thread: thread["snippet"]["totalReplyCount"])
    collection = youtube.comments()
    request, replies = collection.list(parentId=thread["id"], part="snippet", maxResults=2), []
    while request is not None:
        page = request.execute()
        replies += page["items"]
        request = collection.list_next(request, page)
    assert len(replies) == thread["snippet"]["totalReplyCount"]
    assert replies[: len(thread["replies"]["comments"])] == thread["replies"]["comments"]


def test_comments_are_found_by_id(youtube: Any, discussed: str) -> None:
    first = next(thread for thread in threads(youtube, discussed) if "replies" in thread)
    reply = first["replies"]["comments"][0]
    ids = ",".join([first["id"], reply["id"], "UgxAAAAAAAAAAAAAAAAAAaABAg", "x"])
    found = youtube.comments().list(id=ids, part="snippet").execute()["items"]
    assert found == [first["snippet"]["topLevelComment"], reply]
    assert youtube.commentThreads().list(id=ids, part="id,snippet,replies").execute()["items"] == [first]


def test_relevance_puts_the_liked_first(youtube: Any, discussed: str) -> None:
    likes = [
        thread["snippet"]["topLevelComment"]["snippet"]["likeCount"] for thread in threads(youtube, discussed, order="relevance")
    ]
    assert likes == sorted(likes, reverse=True)


def test_text_is_html_unless_plain_is_asked_for(youtube: Any, discussed: str) -> None:
    found = zip(threads(youtube, discussed), threads(youtube, discussed, textFormat="plainText"), strict=True)
    pairs = [tuple(thread["snippet"]["topLevelComment"]["snippet"]["textDisplay"] for thread in pair) for pair in found]
    assert any(html != plain for html, plain in pairs)
    assert all(html.replace("&#x27;", "'").replace("&amp;", "&") == plain for html, plain in pairs)


def test_comments_that_cannot_be_read(fresh: SimulatorControl) -> None:
    youtube = google(fresh, "youtube", "v3", None)
    chart = youtube.videos().list(chart="mostPopular", part="id", maxResults=50).execute()["items"]
    by_id = youtube.videos().list(id=",".join(item["id"] for item in chart), part="statistics").execute()["items"]
    video_id = min(by_id, key=lambda video: int(video["statistics"]["commentCount"]))["id"]
    thread = threads(youtube, video_id)[0]
    fresh.mark_video(video_id, comments="closed")
    closed = youtube.commentThreads().list(videoId=video_id, part="id").execute
    assert reason(closed) == (403, "commentsDisabled")
    assert youtube.comments().list(id=thread["id"], part="id").execute()["items"] == []
    missing = youtube.commentThreads().list(videoId="AAAAAAAAAAA", part="id").execute
    assert reason(missing) == (404, "videoNotFound")
    assert reason(youtube.comments().list(parentId="x", part="id").execute) == (404, "commentNotFound")
    assert reason(youtube.commentThreads().list(part="id").execute) == (400, "missingRequiredParameter")
    fresh.mark_video(video_id)
    assert threads(youtube, video_id)[0] == thread
