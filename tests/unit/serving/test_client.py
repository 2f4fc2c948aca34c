"""The client asks in pieces, keeps order, and turns every failure into an error of core."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from core.errors import InvalidInput, RateLimited, Refused, ServiceFailed, Unreachable
from serving.client import ScoringClient, is_ready
from serving.schemas import MAX_DRAFTS, MAX_SCRIPT_CHARACTERS, MAX_VIDEOS

META = {"timestamp": datetime(2026, 6, 8, tzinfo=UTC).isoformat(), "version": "1"}
DRAFT = {
    "channel_id": "UCone",
    "title": "Five songs",
    "duration_seconds": 75.0,
    "category_id": 10,
    "publish_at": datetime(2026, 6, 9, 17, tzinfo=UTC),
}


def success(data: dict[str, Any]) -> httpx.Response:
    return httpx.Response(200, json={"success": True, "data": data, "meta": META})


def failure(status: int, message: str = "video_ids: too many") -> httpx.Response:
    error = {"code": "invalid_input", "message": message, "details": []}
    return httpx.Response(status, json={"success": False, "error": error, "meta": {"request_id": "r1"}})


def client(answer: Any) -> ScoringClient:
    return ScoringClient("http://models.test", transport=httpx.MockTransport(answer))


def test_many_videos_are_asked_in_pieces_and_unknown_ones_left_out() -> None:
    asked: list[int] = []

    def answer(request: httpx.Request) -> httpx.Response:
        ids = json.loads(request.content)["video_ids"]
        asked.append(len(ids))
        results = [
            {"video_id": each, "status": "scored", "p_breakout": int(each[1:]) / 10_000}
            if int(each[1:]) % 2
            else {"video_id": each, "status": "unknown_video", "p_breakout": None}
            for each in ids
        ]
        return success({"model_version": "3-abc", "results": results})

    with client(answer) as models:
        scores = models.trend([f"v{number}" for number in range(MAX_VIDEOS + 10)])
    assert asked == [MAX_VIDEOS, 10]
    assert [score.video_id for score in scores] == [f"v{number}" for number in range(1, MAX_VIDEOS + 10, 2)]
    assert scores[0].p_breakout == 0.0001
    assert scores[0].model_version == "3-abc"


def test_drafts_keep_their_order_and_their_moment() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        items = json.loads(request.content)["items"]
        assert items[0]["publish_at"] == "2026-06-09T17:00:00Z"
        results = [
            {
                "channel_id": item["channel_id"],
                "ctr": len(item["title"]) / 1000,
                "is_channel_known": True,
                "is_thumbnail_used": False,
            }
            for item in items
        ]
        return success({"model_version": "1-a", "results": results})

    drafts = [DRAFT | {"title": "x" * (1 + number % 50), "thumbnail": None} for number in range(MAX_DRAFTS + 1)]
    assert [score.ctr for score in client(answer).ctr(drafts)] == [len(draft["title"]) / 1000 for draft in drafts]


def test_scripts_are_sent_as_far_as_features_read_them() -> None:
    asked: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.extend(item["script"] for item in json.loads(request.content)["items"])
        result = {"channel_id": "UCone", "likelihood": 50.0, "is_channel_known": True}
        return success({"model_version": "1-a", "calibration": "none", "results": [result] * 4})

    scripts = [{}, {"script": None}, {"script": "Said."}, {"script": "x" * (MAX_SCRIPT_CHARACTERS + 5)}]
    assert len(client(answer).quality([DRAFT | script for script in scripts])) == 4
    assert asked == [None, None, "Said.", "x" * MAX_SCRIPT_CHARACTERS]


def test_nothing_asked_is_nothing_sent() -> None:
    models = client(lambda request: pytest.fail("no request was due"))
    assert models.trend([]) == []
    assert models.quality([]) == []


def test_bad_input_is_named_before_it_is_sent() -> None:
    with pytest.raises(InvalidInput, match=r"items\.0\.title"):
        client(lambda request: pytest.fail("no request was due")).quality([DRAFT | {"title": ""}])


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (failure(422), InvalidInput),
        (failure(413), InvalidInput),
        (failure(429), RateLimited),
        (failure(503), ServiceFailed),
        (httpx.Response(502, text="<html>bad gateway</html>"), ServiceFailed),
        (httpx.Response(404, text="nothing here"), Refused),
        (httpx.Response(200, text="<html>some other server</html>"), ServiceFailed),
        (httpx.Response(200, json={"success": True}), ServiceFailed),
    ],
)
def test_failures_become_errors_of_core(response: httpx.Response, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        client(lambda request: response).trend(["v1"])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("broken", [httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError])
def test_no_answer_is_unreachable(broken: type[httpx.TransportError]) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise broken("gone", request=request)

    with pytest.raises(Unreachable, match="make serve"):
        client(answer).models()


def test_a_closed_port_is_not_ready() -> None:
    assert not is_ready("http://127.0.0.1:1")
