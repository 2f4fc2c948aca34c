"""Our clients of YouTube against the simulator's wire formats, through Google's official client."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from connectors.landing import RawRow
from connectors.members import LeftOut
from connectors.simulator.process import SimulatorControl
from connectors.youtube.client import YouTube
from connectors.youtube.credentials import YouTubeCredentials
from connectors.youtube.models import UploadProgress, VideoUpload
from connectors.youtube.quota import QuotaGate, price_table
from connectors.youtube.rows import thumbnail_rows
from core.clock import FrozenClock, noon, pacific_day
from core.errors import InvalidInput, QuotaExhausted, Refused, ServiceFailed
from core.ids import ChannelId, VideoId
from core.ledger.store import MemoryLedgerStore
from tests.contract.connectors.conftest import DAY
from tests.simulated import PROFILE, quota_ledger, youtube_of

NOW = noon(DAY)


def recent_uploads(youtube: YouTube, channel_id: ChannelId, days: int = 60) -> list[VideoId]:
    data = youtube.data(channel_id)
    playlist = data.own_channel()["contentDetails"]["relatedPlaylists"]["uploads"]
    return data.uploads(playlist, NOW - timedelta(days=days))


def test_each_token_acts_for_its_own_channel(youtube: YouTube) -> None:
    assert len(youtube.channel_ids) == 6
    assert [youtube.data(channel).own_channel()["id"] for channel in youtube.channel_ids] == list(youtube.channel_ids)


def test_channels_by_id_need_no_token(youtube: YouTube) -> None:
    found = youtube.data().channels([*youtube.channel_ids, ChannelId("UCnone")])
    assert {channel["id"] for channel in found} == set(youtube.channel_ids)
    assert all(int(channel["statistics"]["subscriberCount"]) >= 0 for channel in found)


def test_uploads_are_paged_and_end_at_the_given_moment(youtube: YouTube, channel_id: ChannelId) -> None:
    uploads = recent_uploads(youtube, channel_id)
    assert len(uploads) == len(set(uploads)) > 40
    videos = youtube.data(channel_id).videos(uploads)
    published = [datetime.fromisoformat(video["snippet"]["publishedAt"]) for video in videos]
    assert published == sorted(published, reverse=True)
    assert max(published) <= NOW
    assert all(video["snippet"]["channelId"] == channel_id and "privacyStatus" in video["status"] for video in videos)


def test_only_the_fields_that_are_kept_are_sent(youtube: YouTube) -> None:
    (first, *_) = youtube.data().chart("US")
    assert set(first) == {"id", "snippet", "contentDetails", "statistics"}
    assert "thumbnails" not in first["snippet"]
    (own,) = youtube.data().channels([youtube.channel_ids[0]])
    assert {"brandingSettings", "topicDetails", "status", "localizations"} <= set(own)
    assert not {"kind", "etag"} & set(own)


def test_own_videos_come_with_their_picture(youtube: YouTube, channel_id: ChannelId) -> None:
    videos = youtube.data(channel_id).videos(recent_uploads(youtube, channel_id)[:3])
    urls = {VideoId(video["id"]): video["snippet"]["thumbnails"]["medium"]["url"] for video in videos}
    gone = f"{urls[VideoId(videos[0]['id'])].partition('/vi/')[0]}/vi/nobodynobod/mqdefault.jpg"
    calls = youtube.gate.calls
    found = list(thumbnail_rows(youtube, {**urls, VideoId("nobodynobod"): gone}))
    rows = [row for row in found if isinstance(row, RawRow)]
    assert [(left.kind, left.member) for left in found if isinstance(left, LeftOut)] == [("video", "nobodynobod")]
    assert youtube.gate.calls == calls
    assert {row.row_key: row.payload["url"] for row in rows} == urls
    assert all((row.payload["width"], row.payload["height"]) == (320, 180) for row in rows)
    assert len({row.payload["sha256"] for row in rows}) == len({row.payload["brightness"] for row in rows}) == 3


@pytest.mark.parametrize(
    "url",
    ["http://169.254.169.254/vi/a/mqdefault.jpg", "http://i.ytimg.com/vi/a/mqdefault.jpg", "https://i.ytimg.com.evil.example/a"],
)
def test_pictures_come_from_youtubes_hosts_only(youtube: YouTube, url: str) -> None:
    with closing(youtube.pictures()) as pictures, pytest.raises(InvalidInput, match="no host of YouTube's pictures"):
        pictures.fetch(url)


@pytest.mark.parametrize("region", ["US", "GB", "CA", "AU", "IN"])
def test_charts_have_places_and_no_video_twice(youtube: YouTube, region: str) -> None:
    chart = youtube.data().chart(region)
    assert 40 <= len(chart) <= 50
    assert len({video["id"] for video in chart}) == len(chart)


def test_an_unchanged_chart_is_not_sent_again_but_charged(youtube: YouTube) -> None:
    assert youtube.data().chart("US") == youtube.data().chart("US")
    assert youtube.gate.calls == 2


def test_refused_credentials_are_told_without_them(simulator: SimulatorControl, channel_id: ChannelId) -> None:
    wrong = YouTubeCredentials(
        api_key=SecretStr("WRONGKEY"),
        client_id="client",
        client_secret=SecretStr("WRONGSECRET"),
        refresh_tokens={channel_id: SecretStr("WRONGTOKEN")},
        token_uri=f"{simulator.base_url}/oauth2/token",
    )
    gate = QuotaGate(quota_ledger(MemoryLedgerStore()), price_table(PROFILE), FrozenClock(NOW))
    with closing(YouTube(simulator.base_url, wrong, gate)) as youtube:
        with pytest.raises(Refused) as key:
            youtube.data().chart("US")
        with pytest.raises(Refused) as token:
            youtube.data(channel_id).own_channel()
    assert "WRONG" not in f"{key.value} {token.value}"


def test_an_outage_ends_with_one_sentence(simulator: SimulatorControl, youtube: YouTube) -> None:
    simulator.fail("/youtube/v3/videos", 503, 99)
    try:
        with pytest.raises(ServiceFailed, match=r"YouTube answered 503 to videos\.list"):
            youtube.data().chart("US")
    finally:
        simulator.fail("/youtube/v3/videos", 503, 0)
    assert youtube.gate.calls == 4


def test_a_short_outage_is_not_noticed(simulator: SimulatorControl, youtube: YouTube) -> None:
    simulator.fail("/youtube/v3/videos", 500, 2)
    assert youtube.data().chart("GB")
    assert youtube.gate.calls == 3


def test_a_spent_day_ends_with_one_sentence_and_no_call(simulator: SimulatorControl) -> None:
    youtube = youtube_of(simulator, quota_ledger(MemoryLedgerStore(), data=1), FrozenClock(NOW))
    youtube.data().chart("US")
    with pytest.raises(QuotaExhausted, match=f"0 of 1 units left on {pacific_day(NOW)}"):
        youtube.data().chart("US")
    youtube.close()


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """The boxes of an MP4 file of 60 seconds, and 700 kB of nothing to look at."""

    def box(name: bytes, content: bytes) -> bytes:
        return (8 + len(content)).to_bytes(4, "big") + name + content

    mvhd = bytes(12) + (1000).to_bytes(4, "big") + (60_000).to_bytes(4, "big") + bytes(80)
    path = tmp_path / "film.mp4"
    path.write_bytes(box(b"ftyp", b"mp42" + bytes(8)) + box(b"moov", box(b"mvhd", mvhd)) + box(b"mdat", bytes(700_000)))
    return path


def wanted(**changes: object) -> VideoUpload:
    return VideoUpload(
        **{  # type: ignore[arg-type]
            "title": "What is rising in gaming",
            "description": "Numbers of the day.",
            "tags": ("gaming", "data story"),
            "category_id": 20,
            "publish_at": NOW + timedelta(hours=10),
            **changes,
        }
    )


def test_an_upload_becomes_a_private_video_with_its_publication_time(youtube: YouTube, channel_id: ChannelId, film: Path) -> None:
    sessions: list[str] = []
    progress: list[UploadProgress] = []
    done = youtube.uploader(channel_id).upload(
        film, wanted(), on_session=sessions.append, on_progress=progress.append, chunk_bytes=256 << 10
    )
    assert (done.privacy_status, done.publish_at) == ("private", NOW + timedelta(hours=10))
    assert len(sessions) == 1
    assert [step.bytes_sent for step in progress] == sorted(step.bytes_sent for step in progress)
    assert progress[-1].bytes_sent == film.stat().st_size
    (video,) = youtube.data(channel_id).videos([done.video_id])
    assert video["status"]["containsSyntheticMedia"] is True
    assert youtube.data().videos([done.video_id]) == []


def test_an_upload_whose_session_is_gone_is_found_among_the_channels_uploads(
    youtube: YouTube, channel_id: ChannelId, film: Path
) -> None:
    uploader, sessions = youtube.uploader(channel_id), list[str]()
    named = replace(wanted(), title="Found\nagain")
    done = uploader.upload(film, named, on_session=sessions.append)
    assert uploader.finished(film, named, sessions[0]) == done
    gone = sessions[0].partition("upload_id=")[0] + "upload_id=gone"
    assert uploader.finished(film, named, gone) == done
    assert uploader.upload(film, named, on_session=sessions.append, session_uri=gone) == done
    assert len(sessions) == 1
    assert uploader.find(replace(named, title="Another")) is None


def test_an_upload_that_broke_off_is_gone_on_with(
    simulator: SimulatorControl, youtube: YouTube, channel_id: ChannelId, film: Path
) -> None:
    sessions: list[str] = []

    def crash(progress: UploadProgress) -> None:
        raise KeyboardInterrupt

    uploader = youtube.uploader(channel_id)
    with pytest.raises(KeyboardInterrupt):
        uploader.upload(film, wanted(), on_session=sessions.append, on_progress=crash, chunk_bytes=256 << 10)
    steps: list[UploadProgress] = []
    done = uploader.upload(
        film, wanted(), on_session=sessions.append, session_uri=sessions[0], on_progress=steps.append, chunk_bytes=256 << 10
    )
    again = uploader.upload(film, wanted(), on_session=sessions.append, session_uri=sessions[0], chunk_bytes=256 << 10)
    assert again.video_id == done.video_id
    assert len(sessions) == 1
    assert steps[0].bytes_sent == 2 * (256 << 10)


@pytest.mark.parametrize("broken_at", [0, 200_000])
@pytest.mark.parametrize("call", [1, 2])
def test_a_line_that_breaks_inside_a_chunk_costs_no_session(
    simulator: SimulatorControl, youtube: YouTube, channel_id: ChannelId, film: Path, call: int, broken_at: int
) -> None:
    simulator.fault("/upload/youtube/v3/videos", kind="sever", count=1, after=call, bytes=broken_at)
    uploader, sessions = youtube.uploader(channel_id), list[str]()
    named = replace(wanted(), title=f"Severed {call} {broken_at}")
    done = uploader.upload(film, named, on_session=sessions.append, chunk_bytes=256 << 10)
    assert not any(fault["count"] for fault in simulator.faults())
    assert len(sessions) == 1
    assert uploader.find(named) == done


def test_a_last_reply_that_was_lost_gives_the_same_video(
    simulator: SimulatorControl, youtube: YouTube, channel_id: ChannelId, film: Path
) -> None:
    last = -(-film.stat().st_size // (256 << 10))
    simulator.fault("/upload/youtube/v3/videos", kind="cut", count=1, after=last)
    uploader, named = youtube.uploader(channel_id), replace(wanted(), title="Last reply lost")
    done = uploader.upload(film, named, on_session=lambda uri: None, chunk_bytes=256 << 10)
    assert uploader.find(named) == done


def test_an_upload_survives_server_errors(
    simulator: SimulatorControl, youtube: YouTube, channel_id: ChannelId, film: Path
) -> None:
    def fail_once(progress: UploadProgress) -> None:
        if progress.bytes_sent == 256 << 10:
            simulator.fail("/upload/youtube/v3/videos", 503, 2)

    done = youtube.uploader(channel_id).upload(
        film, wanted(), on_session=lambda uri: None, on_progress=fail_once, chunk_bytes=256 << 10
    )
    assert youtube.data(channel_id).videos([done.video_id])


def test_a_thumbnail_is_taken(youtube: YouTube, channel_id: ChannelId, film: Path, tmp_path: Path) -> None:
    from PIL import Image

    image = tmp_path / "thumbnail.png"
    Image.new("RGB", (1280, 720), (200, 30, 30)).save(image)
    uploader = youtube.uploader(channel_id)
    done = uploader.upload(film, wanted(), on_session=lambda uri: None)
    uploader.set_thumbnail(done.video_id, image)
