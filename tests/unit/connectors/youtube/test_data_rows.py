"""Rows of the Data API: each item's come whole or not at all, and what answers for something else is rejected."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from itertools import takewhile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.landing import RawRow, Rejected
from connectors.members import CHANNEL as KIND
from connectors.members import VIDEO, LeftOut, read_each
from connectors.youtube.oauth import ConsentEnded, EndOfConsent
from connectors.youtube.rows import (
    Row,
    channel_rows,
    comment_rows,
    own_video_rows,
    playlist_item_rows,
    public_channel_rows,
    snapshot_rows,
)
from core.errors import NotFound, QuotaExhausted, ServiceFailed
from core.ids import VideoId
from tests.unit.connectors.scripted import google_error, json_answer
from tests.unit.connectors.youtube.conftest import CHANNEL, NOW, TOKEN, Scene


def keys(rows: Iterator[Row]) -> list[str]:
    return [row.row_key for row in rows if isinstance(row, RawRow)]


@given(st.integers(0, 30), st.integers(0, 40), st.integers(1, 5))
def test_items_come_in_order_and_whole_until_the_quota_is_spent(items: int, quota: int, workers: int) -> None:
    left = quota
    lock = threading.Lock()

    def read(item: int) -> Iterator[Row]:
        nonlocal left
        for part in range(2):
            with lock:
                if left == 0:
                    raise QuotaExhausted("spent")
                left -= 1
            yield RawRow(f"{item:02}.{part}", {}, "test")

    found: list[str] = []
    stopped = False
    try:
        for row in read_each(read, range(items), VIDEO, workers=workers):
            assert isinstance(row, RawRow)
            found.append(row.row_key)
    except QuotaExhausted:
        stopped = True
    assert stopped == (quota < 2 * items)
    assert found == sorted(found)
    assert found == [key for item in sorted({key[:2] for key in found}) for key in (f"{item}.0", f"{item}.1")]
    assert min(quota, 2 * items) - len(found) <= 2 * workers  # at most what was under way is lost


def test_another_failure_ends_at_once_and_nothing_more_is_begun() -> None:
    begun: list[int] = []

    def read(item: int) -> Iterator[Row]:
        begun.append(item)
        if item == 1:
            raise ServiceFailed("down")
        yield RawRow(str(item), {}, "test")

    with pytest.raises(ServiceFailed):
        list(read_each(read, range(100), VIDEO, workers=1))
    assert len(begun) < 10


def test_a_channel_whose_consent_has_ended_is_asked_once_and_left_out_by_name(caplog: pytest.LogCaptureFixture) -> None:
    asked: list[int] = []

    def read(item: int) -> Iterator[Row]:
        asked.append(item)
        yield RawRow(f"{item:02}", {}, "test")
        if item % 2 == 1:
            raise ConsentEnded(EndOfConsent.REVOKED)

    rows = list(read_each(read, range(40), VIDEO, workers=1, owner=lambda item: f"UC{item % 2}"))
    assert [row.row_key for row in rows if isinstance(row, RawRow)] == [f"{item:02}" for item in range(0, 40, 2)]
    (left,) = [row for row in rows if isinstance(row, LeftOut)]
    assert (left.kind, left.member) == (KIND, "UC1")
    assert "revoked" in left.reason
    assert "ytempire connect" in left.remedy
    assert [item for item in asked if item % 2 == 1] == [1]
    assert [record.message for record in caplog.records] == [f"Left out: channel UC1 ({left.reason})"]


def test_few_items_wait_in_memory() -> None:
    begun: list[int] = []

    def read(item: int) -> Iterator[Row]:
        begun.append(item)
        yield RawRow(str(item), {}, "test")

    rows = read_each(read, range(1000), VIDEO, workers=2)
    assert len(list(takewhile(lambda row: row.row_key != "9", rows))) == 9
    assert len(begun) < 20
    rows.close()  # type: ignore[attr-defined]


def test_credentials_that_answer_for_another_channel_are_rejected(scene: Scene) -> None:
    scene.answers(TOKEN, json_answer({"items": [{"id": "UCother"}]}))
    (row,) = channel_rows(scene.youtube, [CHANNEL])
    assert isinstance(row, Rejected)
    assert row.row_key == "UCother"
    assert str(CHANNEL) in row.reason


def test_anothers_video_among_the_uploads_is_rejected_and_the_rest_lands(scene: Scene) -> None:
    videos = [
        {"id": "own", "snippet": {"channelId": CHANNEL}},
        {"id": "alien", "snippet": {"channelId": "UCother"}},
        {"id": "bare"},
    ]
    scene.answers(TOKEN, json_answer({"items": [{"contentDetails": {"videoId": "own"}}]}), json_answer({"items": videos}))
    rows = list(own_video_rows(scene.youtube, {CHANNEL: "UU"}, NOW))
    assert keys(iter(rows)) == ["own"]
    assert [row.row_key for row in rows if isinstance(row, Rejected)] == ["alien", "bare"]


def test_a_reply_is_told_its_video_and_no_payload_names_an_author(scene: Scene) -> None:
    reply = {"id": "a.1", "snippet": {"parentId": "a", "publishedAt": "2026-06-08T00:00:00Z"}}
    opening = {"id": "a", "snippet": {"videoId": "v", "publishedAt": "2026-06-08T00:00:00Z"}}
    thread = {"id": "a", "snippet": {"topLevelComment": opening, "totalReplyCount": 1}, "replies": {"comments": [reply]}}
    scene.answers(TOKEN, json_answer({"items": [thread]}))
    video = VideoId("v")
    rows = list(comment_rows(scene.youtube, {video: CHANNEL}, {video: None}))
    assert [row.row_key for row in rows] == ["a", "a.1"]
    assert [row.payload["snippet"]["videoId"] for row in rows if isinstance(row, RawRow)] == ["v", "v"]


def test_videos_with_comments_off_are_noted_and_passed_over(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    scene.answers(TOKEN, google_error(403, "commentsDisabled"))
    video = VideoId("v")
    with caplog.at_level(logging.INFO):
        assert list(comment_rows(scene.youtube, {video: CHANNEL}, {video: None})) == []
    assert "commentsDisabled" in caplog.text


def test_a_playlist_that_is_gone_is_left_out_by_name(scene: Scene) -> None:
    scene.answers(TOKEN, google_error(404, "playlistNotFound"))
    (left,) = playlist_item_rows(scene.youtube, {"PL": CHANNEL})
    assert isinstance(left, LeftOut)
    assert (left.kind, left.member) == ("playlist", "PL")
    assert "playlistNotFound" in left.reason


def test_a_place_without_a_video_is_rejected(scene: Scene) -> None:
    scene.answers(TOKEN, json_answer({"items": [{"id": "a"}, {"id": "b", "contentDetails": {"videoId": "v"}}]}))
    rows = list(playlist_item_rows(scene.youtube, {"PL": CHANNEL}))
    assert keys(iter(rows)) == ["PL:v"]
    assert [row.row_key for row in rows if isinstance(row, Rejected)] == ["a"]


def test_snapshots_hold_the_counts_that_are_shown(scene: Scene) -> None:
    items = [{"id": "v", "statistics": {"viewCount": "7", "commentCount": "-1"}}, {"statistics": {"viewCount": "1"}}]
    scene.answers(json_answer({"items": items}))
    row, rejected = snapshot_rows(scene.youtube, [VideoId("v")], NOW)
    assert isinstance(row, RawRow)
    assert row.row_key == "v@2026-06-08T12:00Z"
    assert row.payload == {"video_id": "v", "read_at": "2026-06-08T12:00Z", "viewCount": "7", "commentCount": "-1"}
    assert isinstance(rejected, Rejected)


def test_watched_channels_are_named_by_id_or_handle(scene: Scene) -> None:
    scene.answers(json_answer({"items": [{"id": "UCa"}]}), json_answer({"items": [{"id": "UCb"}]}))
    assert keys(public_channel_rows(scene.youtube, ["UCa", "@b", "UCa"])) == ["UCa", "UCb"]
    assert scene.spent() == 2


def test_a_channel_without_uploads_has_no_videos(scene: Scene) -> None:
    scene.answers(TOKEN, google_error(404, "playlistNotFound"))
    assert list(own_video_rows(scene.youtube, {CHANNEL: "UU"}, NOW)) == []


def test_an_answer_that_does_not_say_that_there_is_no_playlist_is_a_failure(scene: Scene) -> None:
    scene.answers(TOKEN, google_error(404, "notFound"))
    with pytest.raises(NotFound):
        list(own_video_rows(scene.youtube, {CHANNEL: "UU"}, NOW))
