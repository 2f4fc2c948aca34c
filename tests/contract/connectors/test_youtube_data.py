"""What surrounds videos, against the simulator: playlists, comments, captions, counts, and channels of others."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from connectors.landing import RawRow
from connectors.members import LeftOut
from connectors.simulator.process import SimulatorControl
from connectors.youtube.client import YouTube
from connectors.youtube.rows import (
    comment_rows,
    playlist_item_rows,
    playlist_rows,
    public_channel_rows,
    public_video_rows,
    snapshot_rows,
)
from core.clock import noon
from core.errors import NotFound, QuotaExhausted, RateLimited, Refused, ServiceFailed, Unreachable
from core.ids import ChannelId, VideoId
from tests.contract.connectors.conftest import DAY
from tests.contract.connectors.test_youtube import recent_uploads

NOW = noon(DAY)


@pytest.fixture
def uploads(youtube: YouTube, channel_id: ChannelId) -> list[VideoId]:
    return recent_uploads(youtube, channel_id)


def test_a_playlist_holds_as_many_videos_as_it_says(youtube: YouTube, channel_id: ChannelId) -> None:
    playlists = [row for row in playlist_rows(youtube, [channel_id]) if isinstance(row, RawRow)]
    assert playlists
    assert all(row.payload["snippet"]["channelId"] == channel_id for row in playlists)
    for row in playlists[:3]:
        items = list(playlist_item_rows(youtube, {row.row_key: channel_id}))
        assert len(items) == row.payload["contentDetails"]["itemCount"]
        assert [item.payload["snippet"]["position"] for item in items if isinstance(item, RawRow)] == list(range(len(items)))


def test_counts_are_those_of_the_videos_and_have_a_bucket_of_their_own(
    simulator: SimulatorControl, youtube: YouTube, uploads: list[VideoId]
) -> None:
    videos = {video["id"]: video["statistics"] for video in youtube.data().videos(uploads)}
    before = simulator.quota()
    counts = {video["id"]: video["statistics"] for video in youtube.data().statistics(uploads)}
    after = simulator.quota()
    names = ("viewCount", "likeCount", "commentCount")
    assert counts == {key: {name: statistics[name] for name in names} for key, statistics in videos.items()}
    assert sum(after.values()) - sum(before.values()) == (len(uploads) + 49) // 50
    assert after["general"] == before["general"]


def test_the_old_method_counts_the_same(simulator: SimulatorControl, youtube: YouTube, uploads: list[VideoId]) -> None:
    counts = youtube.data().statistics(uploads[:50])
    simulator.fail("/youtube/v3/videos:batchGetStats", 404, 9)
    try:
        assert youtube.data().statistics(uploads[:50]) == counts
    finally:
        simulator.mend()


def test_hidden_likes_and_deleted_videos_are_left_out(
    simulator: SimulatorControl, youtube: YouTube, uploads: list[VideoId]
) -> None:
    simulator.mark_video(uploads[0], likes="hidden")
    simulator.mark_video(uploads[1], state="deleted")
    try:
        rows = [row for row in snapshot_rows(youtube, uploads[:3], NOW) if isinstance(row, RawRow)]
    finally:
        for video_id in uploads[:2]:
            simulator.mark_video(video_id)
    assert [row.payload["video_id"] for row in rows] == [uploads[0], uploads[2]]
    assert "likeCount" not in rows[0].payload
    assert set(rows[1].payload) == {"video_id", "read_at", "viewCount", "likeCount", "commentCount"}


def test_comments_come_with_replies_and_without_authors(youtube: YouTube, channel_id: ChannelId, uploads: list[VideoId]) -> None:
    videos = youtube.data(channel_id).videos(uploads)
    talked = max(videos, key=lambda video: int(video["statistics"]["commentCount"]))
    video_id = VideoId(talked["id"])
    comments = youtube.data(channel_id).comments(video_id)
    ids = [comment["id"] for comment in comments]
    assert len(ids) == len(set(ids))
    assert 0.8 * int(talked["statistics"]["commentCount"]) < len(ids) <= int(talked["statistics"]["commentCount"])
    assert any("parentId" in comment["snippet"] for comment in comments)
    assert not [name for comment in comments for name in comment["snippet"] if "author" in name.lower()]
    rows = [row for row in comment_rows(youtube, {video_id: channel_id}, {video_id: None}) if isinstance(row, RawRow)]
    assert {row.payload["snippet"]["videoId"] for row in rows} == {video_id}


def test_only_new_comments_are_read_where_old_ones_are_known(
    youtube: YouTube, channel_id: ChannelId, uploads: list[VideoId]
) -> None:
    everything = {comment["id"]: comment for comment in youtube.data(channel_id).comments(uploads[3])}
    moments = sorted(datetime.fromisoformat(comment["snippet"]["updatedAt"]) for comment in everything.values())
    since = moments[len(moments) // 2]
    new = {comment["id"] for comment in youtube.data(channel_id).comments(uploads[3], since)}
    assert new == {key for key, comment in everything.items() if datetime.fromisoformat(comment["snippet"]["updatedAt"]) >= since}
    assert 0 < len(new) < len(everything)
    assert youtube.data(channel_id).comments(uploads[3], NOW + timedelta(days=1)) == []


def test_closed_comments_and_gone_videos_are_told_apart_from_failures(
    simulator: SimulatorControl, youtube: YouTube, channel_id: ChannelId, uploads: list[VideoId]
) -> None:
    closed, gone = uploads[0], VideoId("aaaaaaaaaaa")
    simulator.mark_video(closed, comments="closed")
    try:
        for video_id, reason in ((closed, "commentsDisabled"), (gone, "videoNotFound")):
            with pytest.raises(NotFound, match=reason):
                youtube.data(channel_id).comments(video_id)
        videos = dict.fromkeys((closed, gone, uploads[5]), channel_id)
        rows = list(comment_rows(youtube, videos, dict.fromkeys(videos)))
    finally:
        simulator.mark_video(closed)
    assert {row.payload["snippet"]["videoId"] for row in rows if isinstance(row, RawRow)} == {uploads[5]}


def test_captions_are_an_owners_and_dear(youtube: YouTube, channel_id: ChannelId, uploads: list[VideoId]) -> None:
    units = youtube.gate.units
    tracks = youtube.data(channel_id).captions(uploads[10])
    assert youtube.gate.units - units == 50
    assert tracks
    assert {track["snippet"]["videoId"] for track in tracks} == {uploads[10]}
    with pytest.raises(Refused):
        youtube.data(youtube.channel_ids[1]).captions(uploads[10])


def test_channels_of_others_by_id_and_handle(simulator: SimulatorControl, youtube: YouTube) -> None:
    ids = simulator.competitors(4)
    rows = [row for row in public_channel_rows(youtube, ids) if isinstance(row, RawRow)]
    assert {row.row_key for row in rows} == set(ids)
    handle = rows[0].payload["snippet"]["customUrl"]
    (again,) = public_channel_rows(youtube, [handle])
    assert again == rows[0]
    (left,) = public_channel_rows(youtube, ["@nobody-bears-this"])
    assert isinstance(left, LeftOut)
    assert (left.kind, left.member) == ("handle", "@nobody-bears-this")
    uploads = {ChannelId(row.row_key): row.payload["contentDetails"]["relatedPlaylists"]["uploads"] for row in rows}
    videos = [row for row in public_video_rows(youtube, uploads, NOW - timedelta(days=30)) if isinstance(row, RawRow)]
    assert videos
    assert {row.payload["snippet"]["channelId"] for row in videos} <= set(ids)
    assert all(NOW - timedelta(days=30) <= datetime.fromisoformat(row.payload["snippet"]["publishedAt"]) <= NOW for row in videos)


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("status", ServiceFailed),
        ("rate", RateLimited),
        ("quota", QuotaExhausted),
        ("cut", Unreachable),
        ("truncate", ServiceFailed),
        ("garbage", ServiceFailed),
    ],
)
def test_faults_are_told_by_their_kind_and_short_ones_are_not_noticed(
    simulator: SimulatorControl, youtube: YouTube, kind: str, error: type[Exception]
) -> None:
    # Each call is for another region: what is known from before comes without a body that a fault could spoil.
    options = {"seconds": 0.0} if kind == "rate" else {}
    try:
        simulator.fault("/youtube/v3/videos", kind, 99, **options)
        with pytest.raises(error):
            youtube.data().chart("US")
        assert youtube.gate.calls == (1 if kind == "quota" else 4)
        simulator.fault("/youtube/v3/videos", kind, 2, **options)
        if kind == "quota":
            return
        assert len(youtube.data().chart("GB")) > 40
        assert youtube.gate.calls == 7
    finally:
        simulator.mend()


def test_an_error_leaves_no_page_behind(simulator: SimulatorControl, youtube: YouTube, channel_id: ChannelId) -> None:
    playlist = youtube.data(channel_id).own_channel()["contentDetails"]["relatedPlaylists"]["uploads"]
    simulator.fault("/youtube/v3/playlistItems", "quota", 9, after=1)
    try:
        with pytest.raises(QuotaExhausted):
            youtube.data(channel_id).uploads(playlist, NOW - timedelta(days=400))
    finally:
        simulator.mend()
