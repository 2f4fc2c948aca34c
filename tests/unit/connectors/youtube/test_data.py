"""What the Data API is asked for, how far lists are read, and what becomes of answers that are no answers."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.youtube.client import YouTube
from connectors.youtube.data import DataClient
from connectors.youtube.quota import QuotaGate, price_table
from core.clock import FrozenClock
from core.errors import Damaged, NotFound
from core.ids import ChannelId, VideoId
from core.ledger.quota import QuotaLedger
from core.ledger.store import MemoryLedgerStore
from tests.unit.connectors.scripted import Answer, google_error, json_answer
from tests.unit.connectors.youtube.conftest import CHANNEL, NOW, TOKEN, Scene

VIDEO = VideoId("vvvvvvvvvvv")
SINCE = datetime(2026, 6, 7, tzinfo=UTC)
NEW, OLD = "2026-06-07T00:00:00Z", "2026-06-06T23:59:59Z"


def queries(scene: Scene) -> list[tuple[str, dict[str, str]]]:
    """Path and parameters of each call to the API."""
    asked = (urlsplit(asked.path) for asked in scene.server.asked if asked.method == "GET")
    return [(parts.path, {name: values[0] for name, values in parse_qs(parts.query).items()}) for parts in asked]


def comment(comment_id: str, at: str = NEW, **changes: str) -> dict[str, Any]:
    return {"id": comment_id, "snippet": {"textDisplay": "text", "publishedAt": at, "updatedAt": at, **changes}}


def thread(comment_id: str, at: str = NEW, replies: tuple[dict[str, Any], ...] = (), total: int | None = None) -> dict[str, Any]:
    counted = len(replies) if total is None else total
    snippet = {"topLevelComment": comment(comment_id, at), "totalReplyCount": counted}
    return {"id": comment_id, "snippet": snippet, **({"replies": {"comments": list(replies)}} if replies else {})}


def ids(found: list[Any]) -> list[str]:
    return [item["id"] for item in found]


def test_no_author_of_a_comment_is_asked_for(scene: Scene) -> None:
    scene.answers(json_answer({"items": [thread("a", total=1)]}), json_answer({"items": [comment("a.1")]}))
    scene.youtube.data().comments(VIDEO)
    masks = [asked["fields"] for _, asked in queries(scene)]
    assert len(masks) == 2
    assert all("author" not in mask and "textDisplay" in mask for mask in masks)


def test_comments_are_read_to_the_first_page_without_a_new_thread(scene: Scene) -> None:
    pages = [[thread("a"), thread("b", OLD)], [thread("c", OLD), thread("d", OLD)]]
    scene.answers(*(json_answer({"items": page, "nextPageToken": f"T{n}"}) for n, page in enumerate(pages)))
    assert ids(scene.youtube.data().comments(VIDEO, SINCE)) == ["a"]
    assert scene.spent() == 2


def test_all_comments_are_read_where_none_is_known_but_not_without_end(scene: Scene) -> None:
    scene.answers(*(json_answer({"items": [thread(f"t{n}", OLD)], "nextPageToken": f"T{n}"}) for n in range(9)))
    assert ids(scene.youtube.data().comments(VIDEO)) == [f"t{n}" for n in range(5)]
    assert scene.spent() == 5


def test_a_new_reply_to_an_old_thread_is_found(scene: Scene) -> None:
    old = thread("a", OLD, (comment("a.1", OLD), comment("a.2")))
    scene.answers(json_answer({"items": [old]}))
    assert ids(scene.youtube.data().comments(VIDEO, SINCE)) == ["a.2"]


def test_a_comment_that_was_changed_comes_again(scene: Scene) -> None:
    changed = thread("a", OLD)
    changed["snippet"]["topLevelComment"]["snippet"]["updatedAt"] = NEW
    scene.answers(json_answer({"items": [changed]}))
    assert ids(scene.youtube.data().comments(VIDEO, SINCE)) == ["a"]


def test_replies_that_a_thread_does_not_bring_along_are_listed(scene: Scene) -> None:
    scene.answers(
        json_answer({"items": [thread("a", replies=(comment("a.1"),), total=3), thread("b", OLD, total=7)]}),
        json_answer({"items": [comment("a.1"), comment("a.2")], "nextPageToken": "T"}),
        json_answer({"items": [comment("a.3", OLD)]}),
    )
    assert ids(scene.youtube.data().comments(VIDEO, SINCE)) == ["a", "a.1", "a.2"]
    assert [asked.get("parentId") for _, asked in queries(scene)] == [None, "a", "a"]


@pytest.mark.parametrize("reason", ["commentsDisabled", "videoNotFound"])
def test_a_video_without_comments_is_not_found(scene: Scene, reason: str) -> None:
    scene.answers(google_error(403 if reason == "commentsDisabled" else 404, reason))
    with pytest.raises(NotFound, match=reason):
        scene.youtube.data().comments(VIDEO)
    assert scene.spent() == 1


def test_counts_come_from_their_own_bucket(scene: Scene) -> None:
    scene.answers(*[json_answer({"items": [{"id": "v", "statistics": {"viewCount": "1"}}]})] * 2)
    assert len(scene.youtube.data().statistics([VideoId(f"video-{n:05}") for n in range(51)])) == 2
    assert {path for path, _ in queries(scene)} == {"/youtube/v3/videos:batchGetStats"}
    assert (scene.spent("statistics"), scene.spent("data")) == (2, 0)


@pytest.mark.parametrize("answer", [Answer(404, b"<html>"), google_error(404, "notFound")])
def test_counts_come_from_the_old_method_where_the_new_one_is_unknown(scene: Scene, answer: Answer) -> None:
    scene.answers(answer, *[json_answer({"items": [{"id": "v"}]})] * 2)
    assert len(scene.youtube.data().statistics([VideoId(f"video-{n:05}") for n in range(51)])) == 2
    assert (scene.spent("statistics"), scene.spent("data")) == (1, 2)


def test_counts_come_from_the_old_method_before_there_was_a_new_one(scene: Scene) -> None:
    prices = price_table("2025-12")
    gate = QuotaGate(QuotaLedger(MemoryLedgerStore(), prices.limits), prices, FrozenClock(NOW))
    scene.answers(json_answer({"items": [{"id": "v"}]}))
    with closing(YouTube(scene.server.url, scene.youtube._transport.credentials, gate)) as youtube:
        assert youtube.data().statistics([VIDEO]) == [{"id": "v"}]
    assert [path for path, _ in queries(scene)] == ["/youtube/v3/videos"]


def test_an_owners_playlists_and_what_is_on_them(scene: Scene) -> None:
    scene.answers(
        TOKEN,
        json_answer({"items": [{"id": "PL1"}], "nextPageToken": "T"}),
        json_answer({"items": [{"id": "PL2"}]}),
        json_answer({"items": [{"id": "i", "contentDetails": {"videoId": "v"}}]}),
    )
    data = scene.youtube.data(CHANNEL)
    assert ids(data.playlists()) == ["PL1", "PL2"]
    assert ids(data.playlist_items("PL1")) == ["i"]
    assert [asked.get("mine") for _, asked in queries(scene)] == ["true", "true", None]
    assert scene.spent() == 3


def test_captions_cost_fifty_units(scene: Scene) -> None:
    scene.answers(TOKEN, json_answer({"items": [{"id": "track"}]}))
    assert ids(scene.youtube.data(CHANNEL).captions(VIDEO)) == ["track"]
    assert scene.spent() == 50


def test_a_channel_by_its_handle(scene: Scene) -> None:
    scene.answers(json_answer({"items": [{"id": "UCa"}]}), json_answer({}))
    assert scene.youtube.data().channel_by_handle("@name") == {"id": "UCa"}
    assert scene.youtube.data().channel_by_handle("@nobody") is None


def test_uploads_end_with_the_first_page_of_old_ones(scene: Scene) -> None:
    def entry(video_id: str, at: str | None) -> dict[str, Any]:
        return {"contentDetails": {"videoId": video_id, **({"videoPublishedAt": at} if at else {})}}

    pages = [[entry("private", None), entry("new", NEW), entry("old", OLD)], [entry("older", OLD)]]
    scene.answers(*(json_answer({"items": page, "nextPageToken": f"T{n}"}) for n, page in enumerate(pages)))
    assert scene.youtube.data().uploads("UU1", SINCE) == ["private", "new"]
    assert scene.spent() == 2


def read_channel(data: DataClient) -> object:
    return data.channels([ChannelId("UCa")])


def read_chart(data: DataClient) -> object:
    return data.chart("US", limit=500)


def read_comments(data: DataClient) -> object:
    return data.comments(VIDEO, SINCE)


@pytest.mark.parametrize(
    ("read", "body"),
    [
        (read_channel, {"items": "text"}),
        (read_channel, {"items": [1]}),
        (read_channel, {"items": {"id": "UCa"}}),
        (read_chart, {"items": None}),
        (read_comments, {"items": [thread("a", "yesterday")]}),
        (read_comments, {"items": [thread("a", "2026-06-07T00:00:00")]}),
        (read_comments, {"items": [{"id": "a", "replies": {"comments": "none"}}]}),
    ],
)
def test_answers_of_another_form_are_damage(scene: Scene, read: Any, body: object) -> None:
    scene.answers(json_answer(body))
    with pytest.raises(Damaged):
        read(scene.youtube.data())


def test_parts_that_are_missing_or_no_objects_do_no_harm(scene: Scene) -> None:
    scene.answers(json_answer({"items": [{"id": "a"}, {"id": "b", "snippet": None}, {"snippet": "text", "replies": []}]}))
    assert scene.youtube.data().comments(VIDEO, SINCE) == []


def test_pages_that_run_in_a_circle_are_damage(scene: Scene) -> None:
    scene.answers(*(json_answer({"items": [{"id": str(n)}], "nextPageToken": f"T{n % 2}"}) for n in range(9)))
    with pytest.raises(Damaged, match="same page again"):
        scene.youtube.data().chart("US", limit=500)
    assert scene.spent() <= 4


def test_an_old_moment_is_read_as_any_other(scene: Scene) -> None:
    scene.answers(json_answer({"items": [thread("a", "1970-01-01T00:00:00Z")]}))
    assert scene.youtube.data().comments(VIDEO, NOW - timedelta(days=1)) == []
