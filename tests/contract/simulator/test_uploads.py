"""The official client uploads a film; the world takes it up, publishes it on time and lets it be seen."""

from __future__ import annotations

import io
import socket
import struct
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from connectors.simulator.apis.google import DAILY_LIMITS, INSERTS
from connectors.simulator.process import SimulatorControl
from tests.contract.simulator.conftest import NOON, channel, google, reason, served, signed_in

CHUNK = 256 * 1024
PUBLISH = NOON + timedelta(hours=10)


def film(seconds: int = 62, size: int = 3 * CHUNK + 1000) -> bytes:
    """The smallest MP4 that tells its duration, padded to a size."""
    mvhd = struct.pack(">4s4xIIII", b"mvhd", 0, 0, 1000, seconds * 1000)
    moov = struct.pack(">I", len(mvhd) + 4) + mvhd
    head = struct.pack(">I4s4sI", 16, b"ftyp", b"isom", 0) + struct.pack(">I4s", len(moov) + 8, b"moov") + moov
    return head + struct.pack(">I4s", size - len(head), b"mdat") + bytes(size - len(head) - 8)


def body(**status: Any) -> dict[str, Any]:
    return {
        "snippet": {"title": "Why Cube Settlers is suddenly everywhere", "categoryId": "20", "tags": ["cube settlers"]},
        "status": {"privacyStatus": "private", "containsSyntheticMedia": True, "selfDeclaredMadeForKids": False, **status},
    }


def insert(youtube: Any, content: bytes, metadata: dict[str, Any], chunk: int = CHUNK) -> Any:
    from googleapiclient.http import MediaIoBaseUpload

    media = MediaIoBaseUpload(io.BytesIO(content), "video/mp4", chunksize=chunk, resumable=True)
    request = youtube.videos().insert(part="snippet,status", body=metadata, media_body=media)
    request.uri = request.uri.replace("https://", "http://", 1)  # the client forgets the scheme of api_endpoint for media
    return request


def complete(request: Any) -> dict[str, Any]:
    answer = None
    while answer is None:
        _, answer = request.next_chunk()
    return dict(answer)


def picture(colour: tuple[int, int, int] = (250, 200, 30), size: tuple[int, int] = (1280, 720)) -> bytes:
    image = Image.new("RGB", size, colour)
    image.paste((20, 20, 40), (0, 0, size[0] // 2, size[1]))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def set_thumbnail(youtube: Any, video_id: str, content: bytes) -> Any:
    from googleapiclient.http import MediaIoBaseUpload

    media = MediaIoBaseUpload(io.BytesIO(content), "image/png")
    request = youtube.thumbnails().set(videoId=video_id, media_body=media)
    request.uri = request.uri.replace("https://", "http://", 1)
    return request.execute()


def session_url(client: httpx.Client, size: int) -> str:
    """The address of a new session."""
    headers = {"X-Upload-Content-Length": str(size), "X-Upload-Content-Type": "video/mp4"}
    query = {"uploadType": "resumable", "part": "snippet,status"}
    opened = client.post("/upload/youtube/v3/videos", params=query, headers=headers, json=body())
    assert opened.status_code == 200
    return str(opened.headers["location"])


def test_a_scheduled_video_is_private_then_public_then_seen(fresh: SimulatorControl) -> None:
    youtube, anyone = google(fresh, "youtube", "v3"), google(fresh, "youtube", "v3", None)
    made = complete(insert(youtube, film(), body(publishAt=PUBLISH.isoformat())))
    assert made["status"]["uploadStatus"] == "uploaded"
    assert made["status"]["publishAt"] == "2026-06-08T22:00:00Z"
    video_id = made["id"]

    def seen(client: Any) -> list[dict[str, Any]]:
        return list(client.videos().list(id=video_id, part="snippet,status,statistics,contentDetails").execute()["items"])

    assert seen(anyone) == []
    [draft] = seen(youtube)
    assert (draft["status"]["uploadStatus"], draft["status"]["privacyStatus"]) == ("processed", "private")
    assert draft["status"]["containsSyntheticMedia"] is True
    assert draft["contentDetails"]["duration"] == "PT1M2S"
    assert draft["statistics"]["viewCount"] == "0"
    uploads = "UU" + channel(fresh).channel_id[2:]

    def listed(client: Any) -> set[str]:
        items = client.playlistItems().list(playlistId=uploads, part="contentDetails", maxResults=50).execute()["items"]
        return {item["contentDetails"]["videoId"] for item in items}

    assert video_id in listed(youtube) - listed(anyone)
    views = []
    for hours in (0, 1, 14, 38, 24 * 7):
        fresh.set_clock(PUBLISH + timedelta(hours=hours))
        [video] = seen(anyone)
        assert video["status"]["privacyStatus"] == "public"
        assert "publishAt" not in video["status"]
        assert video["snippet"]["publishedAt"] == "2026-06-08T22:00:00Z"
        views.append(int(video["statistics"]["viewCount"]))
    assert views == sorted(views)
    assert views[0] == 0
    assert views[2] > 100
    fresh.set_clock(NOON - timedelta(days=1))
    assert seen(youtube) == []


def test_an_upload_resumes_after_a_failed_chunk(fresh: SimulatorControl) -> None:
    from googleapiclient.errors import HttpError

    content = film(size=5 * CHUNK + 17)
    request = insert(google(fresh, "youtube", "v3"), content, body())
    request.next_chunk()
    request.next_chunk()
    fresh.fail("/upload/", 503, 1)
    with pytest.raises(HttpError):
        request.next_chunk()
    assert complete(request)["id"]
    assert fresh.quota()["videos.insert"] == 1


def test_the_protocol_of_chunks(fresh: SimulatorControl) -> None:
    content = film(size=2 * CHUNK + 500)
    total = len(content)
    with signed_in(fresh) as client:
        url = session_url(client, total)

        def put(begin: int, end: int) -> httpx.Response:
            return client.put(url, content=content[begin:end], headers={"Content-Range": f"bytes {begin}-{end - 1}/{total}"})

        def ask() -> httpx.Response:
            return client.put(url, headers={"Content-Range": f"bytes */{total}"})

        assert (ask().status_code, ask().headers.get("range")) == (308, None)
        assert put(0, CHUNK - 1).status_code == 400  # no multiple of 256 KiB
        first = put(0, CHUNK)
        assert (first.status_code, first.headers["range"]) == (308, f"bytes=0-{CHUNK - 1}")
        assert put(2 * CHUNK, total).status_code == 400  # leaves a gap
        assert put(0, CHUNK).headers["range"] == f"bytes=0-{CHUNK - 1}"  # sent twice, counted once
        assert ask().headers["range"] == f"bytes=0-{CHUNK - 1}"
        assert client.put(url, headers={"Content-Range": "bytes of nonsense"}).status_code == 400
        assert client.put(url, headers={"Content-Range": f"bytes */{total + 1}"}).status_code == 400
        done = put(CHUNK, total)
        assert done.status_code == 200
        assert ask().json() == done.json()  # a lost last answer can be asked for again


def test_a_chunk_that_breaks_off_keeps_its_whole_multiples(fresh: SimulatorControl) -> None:
    content = film(size=4 * CHUNK)
    with signed_in(fresh) as client:
        url = httpx.URL(session_url(client, len(content)))
        with socket.create_connection((url.host, url.port or 80)) as line:
            head = f"PUT {url.raw_path.decode()} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(content)}\r\n"
            line.sendall(f"{head}Content-Range: bytes 0-{len(content) - 1}/{len(content)}\r\n\r\n".encode())
            line.sendall(content[: 2 * CHUNK + 99])
            line.shutdown(socket.SHUT_WR)
        for _ in range(200):  # the server may see the question before the broken line
            kept = client.put(url, headers={"Content-Range": f"bytes */{len(content)}"})
            if "range" in kept.headers:
                break
        assert (kept.status_code, kept.headers["range"]) == (308, f"bytes=0-{2 * CHUNK - 1}")
        rest = {"Content-Range": f"bytes {2 * CHUNK}-{len(content) - 1}/{len(content)}"}
        assert client.put(url, content=content[2 * CHUNK :], headers=rest).status_code == 200


def test_a_session_expires_after_a_week_and_unknown_ones_are_404(fresh: SimulatorControl) -> None:
    with signed_in(fresh) as client:
        url = session_url(client, CHUNK)
        assert client.put(url.replace("upload_id=", "upload_id=x"), headers={"Content-Range": "bytes */1"}).status_code == 404
        fresh.set_clock(NOON + timedelta(days=8))
        assert client.put(url, headers={"Content-Range": f"bytes */{CHUNK}"}).status_code == 404


def test_metadata_is_checked_as_youtube_does(fresh: SimulatorControl) -> None:
    youtube = google(fresh, "youtube", "v3")
    flawed: list[tuple[dict[str, Any], str]] = [
        ({"snippet": {"title": ""}}, "invalidTitle"),
        ({"snippet": {"title": "x" * 101}}, "invalidTitle"),
        ({"snippet": {"title": "a < b"}}, "invalidTitle"),
        ({"snippet": {"title": "x", "description": "y" * 5001}}, "invalidDescription"),
        ({"snippet": {"title": "x", "tags": ["y" * 501]}}, "invalidTags"),
        ({"snippet": {"title": "x", "categoryId": "9999"}}, "invalidCategoryId"),
        (
            {"snippet": {"title": "x"}, "status": {"privacyStatus": "public", "publishAt": PUBLISH.isoformat()}},
            "invalidPublishAt",
        ),
        ({"snippet": {"title": "x"}, "status": {"privacyStatus": "private", "publishAt": "soon"}}, "invalidPublishAt"),
    ]
    for metadata, expected in flawed:
        assert reason(insert(youtube, film(), metadata).next_chunk) == (400, expected)
    assert fresh.quota()["videos.insert"] == len(flawed)  # refused calls cost too


def test_what_is_no_film_fails_to_process(fresh: SimulatorControl) -> None:
    youtube = google(fresh, "youtube", "v3")
    made = complete(insert(youtube, b"not a film" * 100, body(publishAt=PUBLISH.isoformat())))
    fresh.set_clock(PUBLISH + timedelta(days=2))
    [video] = youtube.videos().list(id=made["id"], part="status,statistics").execute()["items"]
    assert (video["status"]["uploadStatus"], video["status"]["failureReason"]) == ("failed", "invalidFile")
    assert video["statistics"]["viewCount"] == "0"


def test_a_thumbnail_is_kept_shown_and_limited(fresh: SimulatorControl) -> None:
    youtube = google(fresh, "youtube", "v3")
    video_id = complete(insert(youtube, film(), body()))["id"]
    answer = set_thumbnail(youtube, video_id, picture())
    url = answer["items"][0]["medium"]["url"]
    shown = Image.open(io.BytesIO(httpx.get(url).content))
    assert shown.size == (320, 180)
    assert shown.getpixel((300, 90))[0] > 200 > 60 > shown.getpixel((20, 90))[0]
    assert reason(lambda: set_thumbnail(youtube, video_id, bytes(2 * 1024 * 1024 + 1))) == (413, "uploadTooLarge")
    assert reason(lambda: set_thumbnail(youtube, video_id, b"no picture")) == (400, "invalidImage")
    assert reason(lambda: set_thumbnail(youtube, "AAAAAAAAAAA", picture())) == (404, "videoNotFound")
    other = google(fresh, "youtube", "v3", "chart-compass")
    assert reason(lambda: set_thumbnail(other, video_id, picture())) == (404, "videoNotFound")


def test_uploads_survive_a_restart(tmp_path: Path) -> None:
    with served(tmp_path) as control:
        youtube = google(control, "youtube", "v3")
        video_id = complete(insert(youtube, film(), body(publishAt=PUBLISH.isoformat())))["id"]
        control.set_clock(PUBLISH + timedelta(days=3))
        before = youtube.videos().list(id=video_id, part="statistics").execute()["items"][0]["statistics"]
        spent = control.quota()
    with served(tmp_path) as control:
        control.set_clock(PUBLISH + timedelta(days=3))
        youtube = google(control, "youtube", "v3", None)
        assert control.quota() == spent
        assert youtube.videos().list(id=video_id, part="statistics").execute()["items"][0]["statistics"] == before


def test_inserts_have_a_bucket_of_their_own(fresh: SimulatorControl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DAILY_LIMITS, INSERTS, 2)
    youtube = google(fresh, "youtube", "v3")
    with signed_in(fresh) as client:
        for _ in range(2):
            session_url(client, CHUNK)
    assert reason(insert(youtube, film(), body()).next_chunk) == (403, "quotaExceeded")
    assert youtube.channels().list(part="id", mine=True).execute()["items"]
    fresh.set_clock(NOON + timedelta(days=1))
    assert complete(insert(youtube, film(), body()))["id"]
