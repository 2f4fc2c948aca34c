"""Every request is answered in the envelope, in time, and without the server's insides."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Route

from serving.schemas import MAX_BODY_BYTES, ErrorAnswer
from serving.services.envelope import Envelope, request_id


async def echo(request: Request) -> JSONResponse:
    return JSONResponse({"body": (await request.body()).decode(), "request_id": request_id()})


async def stream(_: Request) -> StreamingResponse:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"one "
        yield b"two"

    return StreamingResponse(pieces())


async def crash(_: Request) -> None:
    raise RuntimeError("secret of the server")


async def refuse(_: Request) -> JSONResponse:
    detail = [{"type": "missing", "loc": ["items", 0, "title"], "msg": "Field required"}]
    return JSONResponse({"error": "1 validation error", "detail": detail}, status_code=400)


async def linger(_: Request) -> None:
    await asyncio.Event().wait()


async def livez(_: Request) -> PlainTextResponse:
    return PlainTextResponse("down", status_code=503)


ROUTES = [
    Route("/echo", echo, methods=["POST"]),
    Route("/stream", stream),
    Route("/crash", crash),
    Route("/refuse", refuse, methods=["POST"]),
    Route("/linger", linger),
    Route("/livez", livez),
]


def ask(method: str, path: str, timeout_seconds: float = 20.0, **arguments: Any) -> httpx.Response:
    async def call() -> httpx.Response:
        app = Envelope(Starlette(routes=ROUTES), timeout_seconds)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            return await client.request(method, path, **arguments)

    return asyncio.run(call())


def error_of(response: httpx.Response) -> ErrorAnswer:
    answer = ErrorAnswer.model_validate_json(response.content)
    assert response.headers["x-request-id"] == answer.meta.request_id
    return answer


def test_successes_pass_unchanged() -> None:
    response = ask("POST", "/echo", json={"a": 1})
    assert response.json()["body"] == '{"a":1}'
    assert response.headers["x-request-id"] == response.json()["request_id"] != ""
    assert ask("GET", "/stream").text == "one two"


def test_a_caller_may_name_its_request() -> None:
    assert ask("POST", "/echo", headers={"X-Request-Id": "run-7"}).json()["request_id"] == "run-7"


@pytest.mark.parametrize("name", ["", "x" * 65, 'a"b', "a b"])
def test_a_bad_name_is_replaced(name: str) -> None:
    assert ask("POST", "/echo", headers={"X-Request-Id": name}).json()["request_id"] not in ("", name)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"), [("GET", "/none", 404, "not_found"), ("GET", "/echo", 405, "method_not_allowed")]
)
def test_wrong_addresses(method: str, path: str, status: int, code: str) -> None:
    response = ask(method, path)
    assert (response.status_code, error_of(response).error.code) == (status, code)


def test_a_crash_shows_nothing_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    response = ask("GET", "/crash")
    assert response.status_code == 500
    assert "secret" not in response.text
    assert error_of(response).meta.request_id in caplog.text
    assert "secret of the server" in caplog.text


def test_refused_fields_are_named() -> None:
    response = ask("POST", "/refuse", json={})
    error = error_of(response).error
    assert (response.status_code, error.code, error.message) == (422, "invalid_input", "items.0.title: Field required")
    assert error.details == [{"field": "items.0.title", "reason": "Field required"}]


@pytest.mark.parametrize("is_announced", [True, False])
def test_large_bodies_are_refused(is_announced: bool) -> None:
    body = b'"' + b"x" * MAX_BODY_BYTES + b'"'

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 65_536):
            yield body[start : start + 65_536]

    headers = {"content-type": "application/json"}
    response = ask("POST", "/echo", content=body if is_announced else pieces(), headers=headers)
    assert (response.status_code, error_of(response).error.code) == (413, "body_too_large")


@pytest.mark.parametrize("kind", ["text/plain", "application/vnd.bentoml+pickle", "multipart/form-data; boundary=x", ""])
def test_only_json_is_read(kind: str) -> None:
    response = ask("POST", "/echo", content=b"{}", headers={"content-type": kind})
    assert (response.status_code, error_of(response).error.code) == (415, "unsupported_media_type")


def test_json_with_a_charset_is_json() -> None:
    assert ask("POST", "/echo", content=b"{}", headers={"content-type": "Application/JSON; charset=utf-8"}).is_success


def test_a_late_answer_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    response = ask("GET", "/linger", timeout_seconds=0.01)
    assert (response.status_code, error_of(response).error.code) == (504, "timed_out")
    assert "/linger" in caplog.text


def test_probes_are_left_alone() -> None:
    assert ask("GET", "/livez").text == "down"


def test_errors_are_json_for_any_caller() -> None:
    assert json.loads(ask("GET", "/none", headers={"accept": "text/html"}).text)["success"] is False
