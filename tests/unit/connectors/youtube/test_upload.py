"""Uploads: what is refused before it costs anything, and how a broken one is gone on with."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.youtube.models import UploadProgress, VideoUpload
from connectors.youtube.upload import check_upload, cleaned, tags_length
from core.errors import Forbidden, InvalidInput, QuotaExhausted, ServiceFailed, UploadLimited
from core.ids import VideoId
from tests.unit.connectors.scripted import Answer, google_error, json_answer
from tests.unit.connectors.youtube.conftest import CHANNEL, NOW, TOKEN, Scene

CHUNK = 256 << 10
UPLOAD = VideoUpload("Title", "Text", ("one", "two words"), 20, NOW + timedelta(hours=6))
STATUS = {"privacyStatus": "private", "publishAt": "2026-06-08T18:00:00Z"}
DONE = json_answer({"id": "vvvvvvvvvvv", "status": STATUS})
SESSION = Answer(200, b"", {"Location": "{base}/upload/youtube/v3/videos?upload_id=S1"})

OWN = json_answer({"items": [{"contentDetails": {"relatedPlaylists": {"uploads": "UUx"}}}]})
LISTED = json_answer({"items": [{"contentDetails": {"videoId": "vvvvvvvvvvv"}}]})


def video(title: str = UPLOAD.title, status: dict[str, str] = STATUS) -> Answer:
    snippet = {"title": title, "description": UPLOAD.description}
    return json_answer({"items": [{"id": "vvvvvvvvvvv", "snippet": snippet, "status": status}]})


def received(count: int) -> Answer:
    return Answer(308, b"", {"Range": f"bytes=0-{count - 1}"})


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "film.mp4"
    path.write_bytes(bytes(range(256)) * (2 * CHUNK // 256) + b"end")
    return path


class Notes:
    """Callbacks of an upload that remember."""

    def __init__(self, scene: Scene) -> None:
        self.sessions: list[str] = []
        self.progress: list[UploadProgress] = []
        self.requests_before_session: list[int] = []
        self._scene = scene

    def on_session(self, uri: str) -> None:
        self.sessions.append(uri)
        self.requests_before_session.append(len(self._scene.server.asked))


def sent(scene: Scene) -> list[tuple[str, str]]:
    """Method and content range of each request after the token's."""
    return [(asked.method, asked.headers.get("content-range", "")) for asked in scene.server.asked[1:]]


def upload(scene: Scene, film: Path, notes: Notes, session_uri: str | None = None, wanted: VideoUpload = UPLOAD) -> str:
    done = scene.youtube.uploader(CHANNEL).upload(
        film,
        wanted,
        on_session=notes.on_session,
        session_uri=session_uri,
        on_progress=notes.progress.append,
        chunk_bytes=CHUNK,
    )
    return done.video_id


def test_a_film_goes_up_in_chunks_and_the_session_is_told_before_any_byte(scene: Scene, film: Path) -> None:
    scene.answers(TOKEN, SESSION, received(CHUNK), received(2 * CHUNK), DONE)
    notes = Notes(scene)
    assert upload(scene, film, notes) == "vvvvvvvvvvv"
    total = film.stat().st_size
    assert [progress.bytes_sent for progress in notes.progress] == [CHUNK, 2 * CHUNK, total]
    assert len(notes.sessions) == 1
    assert notes.requests_before_session == [2]  # the token and the session's own request
    puts = scene.server.asked[2:]
    assert b"".join(put.body for put in puts) == film.read_bytes()
    assert scene.spent("uploads") == 1


def test_what_youtube_is_told(scene: Scene, film: Path) -> None:
    scene.answers(TOKEN, SESSION, received(CHUNK), received(2 * CHUNK), DONE)
    upload(scene, film, Notes(scene))
    body = json.loads(scene.server.asked[1].body)
    assert body["status"] == {
        "privacyStatus": "private",
        "publishAt": "2026-06-08T18:00:00Z",
        "selfDeclaredMadeForKids": False,
        "containsSyntheticMedia": True,
    }
    assert body["snippet"]["categoryId"] == "20"
    assert scene.server.asked[1].headers["authorization"] == "Bearer ACCESS"


def test_after_a_server_error_the_session_is_asked_what_has_arrived(scene: Scene, film: Path) -> None:
    scene.answers(TOKEN, SESSION, received(CHUNK), Answer(503), received(CHUNK), received(2 * CHUNK), DONE)
    upload(scene, film, Notes(scene))
    total = film.stat().st_size
    assert sent(scene)[1:] == [
        ("PUT", f"bytes 0-{CHUNK - 1}/{total}"),
        ("PUT", f"bytes {CHUNK}-{2 * CHUNK - 1}/{total}"),
        ("PUT", f"bytes */{total}"),
        ("PUT", f"bytes {CHUNK}-{2 * CHUNK - 1}/{total}"),
        ("PUT", f"bytes {2 * CHUNK}-{total - 1}/{total}"),
    ]
    assert scene.pauses == [0.5]
    assert scene.spent("uploads") == 1


def test_after_a_crash_the_stored_session_is_gone_on_with(scene: Scene, film: Path) -> None:
    scene.answers(TOKEN, received(2 * CHUNK), DONE)
    notes = Notes(scene)
    stored = "http://127.0.0.1:1/upload/youtube/v3/videos?upload_id=S1"  # the port that the server had before
    assert upload(scene, film, notes, session_uri=stored) == "vvvvvvvvvvv"
    total = film.stat().st_size
    assert sent(scene) == [("PUT", f"bytes */{total}"), ("PUT", f"bytes {2 * CHUNK}-{total - 1}/{total}")]
    assert notes.sessions == []
    assert scene.spent("uploads") == 0


def test_a_session_that_was_complete_gives_its_video_even_after_the_publication_time(scene: Scene, film: Path) -> None:
    scene.answers(TOKEN, DONE)
    late = replace(UPLOAD, publish_at=NOW - timedelta(hours=1))
    stored = f"{scene.server.url}/upload/youtube/v3/videos?upload_id=S1"
    assert upload(scene, film, Notes(scene), session_uri=stored, wanted=late) == "vvvvvvvvvvv"


@pytest.mark.parametrize("status", [404, 410])
def test_an_expired_session_is_replaced(scene: Scene, film: Path, status: int) -> None:
    scene.answers(TOKEN, Answer(status), OWN, LISTED, video(title="Another"), SESSION, received(CHUNK), received(2 * CHUNK), DONE)
    notes = Notes(scene)
    upload(scene, film, notes, session_uri=f"{scene.server.url}/upload/youtube/v3/videos?upload_id=old")
    assert len(notes.sessions) == 1
    assert scene.spent("uploads") == 1


@pytest.mark.parametrize("status", [STATUS, {"privacyStatus": "public"}])
def test_an_expired_session_whose_video_is_there_opens_no_second_one(scene: Scene, film: Path, status: dict[str, str]) -> None:
    scene.answers(TOKEN, Answer(404), OWN, LISTED, video(status=status))
    notes = Notes(scene)
    stored = f"{scene.server.url}/upload/youtube/v3/videos?upload_id=old"
    assert upload(scene, film, notes, session_uri=stored) == "vvvvvvvvvvv"
    assert (notes.sessions, scene.spent("uploads")) == ([], 0)


def test_a_video_of_another_moment_is_another_slots(scene: Scene) -> None:
    scene.answers(TOKEN, OWN, LISTED, video(status={**STATUS, "publishAt": "2026-06-09T18:00:00Z"}))
    assert scene.youtube.uploader(CHANNEL).find(UPLOAD) is None


@pytest.mark.parametrize(("answer", "found"), [(received(CHUNK), None), (Answer(308), None), (DONE, "vvvvvvvvvvv")])
def test_a_session_is_asked_whether_all_has_arrived(scene: Scene, film: Path, answer: Answer, found: str | None) -> None:
    scene.answers(TOKEN, answer)
    stored = f"{scene.server.url}/upload/youtube/v3/videos?upload_id=S1"
    done = scene.youtube.uploader(CHANNEL).finished(film, UPLOAD, stored)
    assert (done and done.video_id) == found
    assert sent(scene) == [("PUT", f"bytes */{film.stat().st_size}")]


def test_a_picture_that_is_forbidden_says_to_verify_the_channel(scene: Scene, tmp_path: Path) -> None:
    image = tmp_path / "image.png"
    image.write_bytes(b"x")
    scene.answers(TOKEN, google_error(403, "forbidden"))
    with pytest.raises(Forbidden, match="Verify the channel"):
        scene.youtube.uploader(CHANNEL).set_thumbnail(VideoId("vvvvvvvvvvv"), image)


def test_failures_end_and_the_session_stays_usable(scene: Scene, film: Path) -> None:
    scene.answers(TOKEN, SESSION, *[Answer(500)] * 4)
    notes = Notes(scene)
    with pytest.raises(ServiceFailed):
        upload(scene, film, notes)
    assert len(notes.sessions) == 1
    assert scene.spent("uploads") == 1


@pytest.mark.parametrize(("reason", "kind"), [("quotaExceeded", QuotaExhausted), ("uploadLimitExceeded", UploadLimited)])
def test_a_refused_upload_is_not_tried_again(scene: Scene, film: Path, reason: str, kind: type[Exception]) -> None:
    scene.answers(TOKEN, google_error(403, reason))
    with pytest.raises(kind):
        upload(scene, film, Notes(scene))
    assert len(scene.server.asked) == 2
    assert scene.spent("uploads") == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"title": " "}, "empty"),
        ({"title": "x" * 101}, "100 characters"),
        ({"title": "a < b"}, "< or >"),
        ({"description": "é" * 2501}, "5000 bytes"),
        ({"description": "<b>"}, "< or >"),
        ({"tags": ("x" * 501,)}, "500 characters"),
        ({"tags": ("a,b",)}, "comma"),
        ({"title": "\u200b\u2060"}, "empty"),
        ({"title": "\u202e\u200d"}, "empty"),
        ({"category_id": 44}, "Category 44"),
        ({"category_id": 0}, "Category 0"),
        ({"language": "english"}, "'english' is not the code of a language"),
        ({"language": "xx"}, "language"),
        ({"language": "und"}, "language"),
        ({"language": "en_US"}, "language"),
        ({"publish_at": NOW}, "future"),
        ({"publish_at": datetime(2030, 1, 1)}, "zone"),
    ],
)
def test_what_youtube_would_refuse_is_refused_before_it_costs_anything(
    scene: Scene, film: Path, change: dict[str, object], said: str
) -> None:
    with pytest.raises(InvalidInput, match=said):
        upload(scene, film, Notes(scene), wanted=replace(UPLOAD, **change))  # type: ignore[arg-type]
    assert scene.server.asked == []
    assert scene.spent("uploads") == 0


text = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="<>"), max_size=120)


@given(text, text, st.lists(st.text("ab c", min_size=1).filter(str.strip), max_size=60), st.integers(1, 10**6))
def test_whatever_passes_keeps_the_limits(title: str, description: str, tags: list[str], seconds: int) -> None:
    wanted = VideoUpload(title, description * 20, tuple(tags), 1, NOW + timedelta(seconds=seconds))
    try:
        check_upload(wanted, NOW)
    except InvalidInput:
        return
    assert 0 < len(title) <= 100
    assert len(wanted.description.encode()) <= 5000
    assert len(",".join(f'"{tag}"' if " " in tag else tag for tag in tags)) == tags_length(wanted.tags) <= 500


@pytest.mark.parametrize(
    ("given", "sent_as"),
    [
        ("One\ntwo\r\nthree", "One two three"),
        ("\u202eOne\u202c two\u2066 three\u2069", "One two three"),
        ("One\x00 two\x07", "One two"),
        ("One \ud83d two", "One two"),
        ("O\u200bne\ufeff two", "One two"),
        ("Family 👨\u200d👩\u200d👧 ❤\ufe0f", "Family 👨\u200d👩\u200d👧 ❤\ufe0f"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("Cafe\u0301", "Café"),
    ],
)
def test_what_nobody_sees_does_not_go_up(given: str, sent_as: str) -> None:
    wanted = cleaned(replace(UPLOAD, title=given, tags=(given, "\u200b"), description=f"{given}\nSecond line"))
    assert (wanted.title, wanted.tags) == (sent_as, (sent_as,))
    assert wanted.description.endswith("\nSecond line")
    check_upload(wanted, NOW)


@pytest.mark.parametrize("language", ["en", "en-US", "de", "pt-BR", "zh-Hans", "es-419", "hi", "bho", "fil"])
def test_languages_that_people_speak_pass(language: str) -> None:
    check_upload(replace(UPLOAD, language=language), NOW)


@given(st.text(max_size=60))
def test_what_was_cleaned_stays_as_it_is(title: str) -> None:
    once = cleaned(replace(UPLOAD, title=title, description=title, tags=(title,)))
    assert cleaned(once) == once


def test_a_thumbnail_goes_up_whole(scene: Scene, tmp_path: Path) -> None:
    image = tmp_path / "image.png"
    image.write_bytes(b"\x89PNG" + b"x" * 100)
    scene.answers(TOKEN, json_answer({"items": [{}]}))
    scene.youtube.uploader(CHANNEL).set_thumbnail(VideoId("vvvvvvvvvvv"), image)
    asked = scene.server.asked[1]
    assert asked.path.startswith("/upload/youtube/v3/thumbnails/set?videoId=vvvvvvvvvvv")
    assert asked.headers["content-type"] == "image/png"
    assert asked.body == image.read_bytes()
    assert scene.spent() == 50


@pytest.mark.parametrize(("name", "size"), [("image.gif", 10), ("image.png", (2 << 20) + 1)])
def test_thumbnails_that_youtube_does_not_take(scene: Scene, tmp_path: Path, name: str, size: int) -> None:
    image = tmp_path / name
    image.write_bytes(bytes(size))
    with pytest.raises(InvalidInput):
        scene.youtube.uploader(CHANNEL).set_thumbnail(VideoId("vvvvvvvvvvv"), image)
    assert scene.server.asked == []


@pytest.mark.parametrize("told", [True, False])
def test_subscribers_are_told_or_not(scene: Scene, film: Path, told: bool) -> None:
    scene.answers(TOKEN, SESSION, received(CHUNK), received(2 * CHUNK), DONE)
    upload(scene, film, Notes(scene), wanted=replace(UPLOAD, notifies_subscribers=told))
    [opened] = [asked for asked in scene.server.asked if "upload_id" not in asked.path and "uploadType" in asked.path]
    assert f"notifySubscribers={str(told).lower()}" in opened.path
