"""How answers become errors, what is tried again, what is charged, and that no secret is told."""

from __future__ import annotations

import traceback
from contextlib import closing

import pytest

from core.errors import NotConfigured, NotFound, Permanent, QuotaExhausted, RateLimited, Refused, ServiceFailed, Unreachable
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
        (google_error(403, "forbidden"), Refused),
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
    with pytest.raises(Refused, match="Connect the channel again"):
        scene.youtube.data(CHANNEL).own_channel()


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
    scene.answers(json_answer({"items": [1]}, ETag='"one"'), json_answer({"items": [2]}, ETag='"two"'), Answer(304))
    assert [scene.youtube.data().videos([VIDEO]) for _ in range(3)] == [[1], [2], [2]]
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
