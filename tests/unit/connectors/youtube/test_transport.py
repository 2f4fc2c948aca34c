"""How answers become errors, what is tried again, what is charged, and that no secret is told."""

from __future__ import annotations

import gzip
import traceback
from contextlib import closing
from types import SimpleNamespace

import pytest

from connectors.youtube import transport
from core.errors import (
    Damaged,
    Forbidden,
    NotConfigured,
    NotFound,
    Permanent,
    QuotaExhausted,
    RateLimited,
    Refused,
    ServiceFailed,
    Unreachable,
)
from core.ids import ChannelId, VideoId
from tests.unit.connectors.scripted import Answer, ScriptedServer, google_error, json_answer
from tests.unit.connectors.youtube.conftest import CHANNEL, TOKEN, Scene, make_scene

VIDEO = VideoId("vvvvvvvvvvv")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (google_error(403, "quotaExceeded"), QuotaExhausted),
        (google_error(400, "badRequest"), Refused),
        (google_error(401, "authError"), Refused),
        (google_error(403, "forbidden"), Forbidden),
        (google_error(403, "commentsDisabled"), NotFound),
        (Answer(302, b"", {"Location": "http://127.0.0.1:1/"}), Refused),
        (google_error(404, "videoNotFound"), NotFound),
        (Answer(404, b"<html>"), NotFound),
        (Answer(400, b'{"error": "text"}'), Refused),
    ],
)
def test_permanent_answers_end_at_once(scene: Scene, answer: Answer, kind: type[Permanent]) -> None:
    scene.answers(answer)
    with pytest.raises(kind):
        scene.youtube.data().videos([VIDEO])
    assert len(scene.server.asked) == scene.spent() == 1
    assert scene.pauses == []


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (google_error(403, "rateLimitExceeded"), RateLimited),
        (google_error(429, "rateLimitExceeded"), RateLimited),
        (google_error(503, "backendError"), ServiceFailed),
        (Answer(500, b""), ServiceFailed),
        (Answer(200, b'{"items": [{"id"'), ServiceFailed),
        (Answer(200, b"\x1f\x8b\xff<html>"), ServiceFailed),
        (Answer(200, b"", drop=True), Unreachable),
    ],
)
def test_transient_answers_are_tried_again_and_each_try_is_charged(scene: Scene, answer: Answer, kind: type[Exception]) -> None:
    scene.answers(answer, answer, json_answer({"items": [{"id": VIDEO}]}))
    assert scene.youtube.data().videos([VIDEO]) == [{"id": VIDEO}]
    assert scene.spent() == 3
    scene.answers(*[answer] * 4)
    with pytest.raises(kind):
        scene.youtube.data().videos([VIDEO])
    assert scene.spent() == 7


def test_a_spent_day_makes_no_call(server: ScriptedServer) -> None:
    scene = make_scene(server, limits={"data": 0})
    with closing(scene.youtube), pytest.raises(QuotaExhausted, match="0 of 0 units left"):
        scene.youtube.data().videos([VIDEO])
    assert server.asked == []


def test_a_refused_refresh_token_says_what_to_do(scene: Scene) -> None:
    scene.answers(json_answer({"error": "invalid_grant"}, 400))
    with pytest.raises(Refused, match="ytempire connect"):
        scene.youtube.data(CHANNEL).own_channel()
    assert len(scene.server.asked) == 1


def test_a_sign_in_that_fails_for_the_moment_is_tried_again(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("google.auth._exponential_backoff.time", SimpleNamespace(sleep=scene.pauses.append))
    scene.answers(*[json_answer({"error": "internal_failure"}, 500)] * 3, TOKEN, json_answer({"items": [{"id": CHANNEL}]}))
    assert scene.youtube.data(CHANNEL).own_channel() == {"id": CHANNEL}


PACKED = {"Content-Encoding": "gzip"}


def test_a_packed_page_is_read(scene: Scene) -> None:
    whole = gzip.compress(b'{"items": [{"id": "v"}]}')
    scene.answers(Answer(200, whole[:-9], PACKED), Answer(200, b"no gzip", PACKED), Answer(200, whole, PACKED))
    assert scene.youtube.data().videos([VIDEO]) == [{"id": "v"}]
    assert scene.spent() == 3


@pytest.mark.parametrize(
    "answer", [json_answer({"items": [{"id": "x" * 2000}]}), Answer(200, gzip.compress(b'{"items": "' + b"x" * 2000), PACKED)]
)
def test_an_oversized_page_is_refused(scene: Scene, monkeypatch: pytest.MonkeyPatch, answer: Answer) -> None:
    monkeypatch.setattr(transport, "MOST_BYTES", 100)
    scene.answers(answer, json_answer({"items": [{"id": VIDEO}]}))
    with pytest.raises(Damaged, match="more than"):
        scene.youtube.data().videos([VIDEO])
    assert scene.youtube.data().videos([VIDEO]) == [{"id": VIDEO}]


def test_an_unknown_channel_is_not_configured(scene: Scene) -> None:
    with pytest.raises(NotConfigured, match="UCother"):
        scene.youtube.data(ChannelId("UCother")).own_channel()
    assert scene.spent() == 0


def test_a_silent_server_is_unreachable(server: ScriptedServer) -> None:
    with ScriptedServer() as gone:
        scene = make_scene(gone)
    with closing(scene.youtube), pytest.raises(Unreachable):
        scene.youtube.data().videos([VIDEO])
    assert len(scene.pauses) == 3


@pytest.mark.parametrize(
    "answer", [google_error(403, "forbidden"), google_error(500, "backendError"), google_error(403, "quotaExceeded")]
)
def test_no_trace_of_an_error_holds_a_secret(scene: Scene, answer: Answer) -> None:
    scene.answers(*[answer] * 4)
    with pytest.raises(Exception) as public:  # noqa: PT011 (any of them)
        scene.youtube.data().videos([VIDEO])
    scene.server.script.clear()
    scene.answers(TOKEN, *[answer] * 4)
    with pytest.raises(Exception) as own:  # noqa: PT011
        scene.youtube.data(CHANNEL).own_channel()
    for caught in (public, own):
        told = "".join(traceback.format_exception(caught.value))
        assert not any(secret in told for secret in ("APIKEY", "ACCESS", "REFRESH", "CLIENTSECRET"))


def test_reprs_hold_no_secret(scene: Scene) -> None:
    told = repr(scene.youtube._transport.credentials)
    assert not any(secret in told for secret in ("APIKEY", "REFRESH", "CLIENTSECRET"))


def test_an_unchanged_answer_is_taken_from_memory(scene: Scene) -> None:
    scene.answers(json_answer({"items": [{"id": VIDEO}]}, ETag='"one"'), Answer(304, b"", {"ETag": '"one"'}))
    first = scene.youtube.data().videos([VIDEO])
    again = scene.youtube.data().videos([VIDEO])
    assert first == again == [{"id": VIDEO}]
    assert [asked.headers.get("if-none-match") for asked in scene.server.asked] == [None, '"one"']
    assert scene.spent() == 2


def test_a_changed_answer_replaces_the_remembered_one(scene: Scene) -> None:
    scene.answers(
        json_answer({"items": [{"id": "1"}]}, ETag='"one"'), json_answer({"items": [{"id": "2"}]}, ETag='"two"'), Answer(304)
    )
    assert [scene.youtube.data().videos([VIDEO])[0]["id"] for _ in range(3)] == ["1", "2", "2"]
    assert scene.server.asked[-1].headers["if-none-match"] == '"two"'


def test_videos_are_asked_for_fifty_at_a_time(scene: Scene) -> None:
    scene.answers(*[json_answer({"items": []})] * 3)
    scene.youtube.data().videos([VideoId(f"video-{n:05}") for n in range(101)])
    assert [asked.path.count("video-") for asked in scene.server.asked] == [50, 50, 1]


def test_each_page_is_a_call(scene: Scene) -> None:
    scene.answers(json_answer({"items": [{"id": 1}], "nextPageToken": "T"}), json_answer({"items": [{"id": 2}]}))
    assert scene.youtube.data().chart("US") == [{"id": 1}, {"id": 2}]
    assert "pageToken=T" in scene.server.asked[1].path
    assert scene.spent() == 2
