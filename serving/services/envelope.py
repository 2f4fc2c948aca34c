"""ASGI middleware that keeps the promises every request is answered under: a request id, JSON bodies of limited size, an answer
in time, and failures in the envelope with nothing of the server's insides."""

from __future__ import annotations

import asyncio
import logging
import re
import uuid
from contextvars import ContextVar
from http import HTTPStatus
from typing import Any

import orjson
from pydantic import ValidationError
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.schemas import MAX_BODY_BYTES, ErrorAnswer, ErrorCode, Failure, FailureMeta

logger = logging.getLogger("ytempire.serving")

TIMEOUT_SECONDS = 20.0
REQUEST_ID_HEADER = "x-request-id"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_INFRASTRUCTURE = frozenset({"/livez", "/readyz", "/healthz", "/metrics"})
"""Read by machines that look at the status alone, or want Prometheus' text."""

_request_id: ContextVar[str] = ContextVar("request_id", default="")

_FAILURES: dict[int, tuple[ErrorCode, str]] = {
    400: (ErrorCode.MALFORMED_BODY, "The body is not JSON."),
    404: (ErrorCode.NOT_FOUND, "There is nothing at this path."),
    405: (ErrorCode.METHOD_NOT_ALLOWED, "This path does not take this method."),
    413: (ErrorCode.BODY_TOO_LARGE, f"The body is larger than {MAX_BODY_BYTES} bytes."),
    415: (ErrorCode.UNSUPPORTED_MEDIA_TYPE, "The body must be application/json."),
    422: (ErrorCode.INVALID_INPUT, "The body does not fit the schema."),
    503: (ErrorCode.UNAVAILABLE, "The feature store does not answer. Try again later."),
    504: (ErrorCode.TIMED_OUT, "The answer was not ready in time. Ask for fewer items."),
}
_INTERNAL = (ErrorCode.INTERNAL, "The server failed. Its log has the reason under this request id.")


def request_id() -> str:
    """Id of the request that is being answered; empty outside of one."""
    return _request_id.get()


class RequestLog(logging.Filter):
    """Gives a logged exception the id of its request, and drops those of refused input: they are the caller's."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        if request_id():
            record.msg = f"request {request_id()}: {record.msg}"
        return not isinstance(error, ValidationError)


class Envelope:
    """Wraps an application, as the class docstring of the module says.

    A caller may give an id in `X-Request-Id` (letters, digits, `._-`, at most 64); else one is made. Answers carry it back."""

    def __init__(self, app: ASGIApp, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._app = app
        self._timeout_seconds = timeout_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in _INFRASTRUCTURE:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get(REQUEST_ID_HEADER, "")
        _request_id.set(given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex)
        body = await _read(receive)
        if body is None:
            await _fail(send, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        elif body and headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            await _fail(send, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        else:
            await self._answer(scope, body, receive, send)

    async def _answer(self, scope: Scope, body: bytes, receive: Receive, send: Send) -> None:
        answer = _Rewritten(send)
        task = asyncio.create_task(self._run(scope, _replay(body, receive), answer))
        # Not asyncio.timeout: a worker thread cannot be cancelled, and waiting for it would be no timeout.
        done, _ = await asyncio.wait({task}, timeout=self._timeout_seconds)
        if not done:
            answer.mute()
            task.cancel()
            logger.warning("request %s to %s was not answered in %.0f s", request_id(), scope["path"], self._timeout_seconds)
            await _fail(send, HTTPStatus.GATEWAY_TIMEOUT)

    async def _run(self, scope: Scope, receive: Receive, answer: _Rewritten) -> None:
        try:
            await self._app(scope, receive, answer)
        except Exception:
            logger.exception("request %s to %s failed", request_id(), scope["path"])
            await answer.fail()


class _Rewritten:
    """A `send` that lets successes through and turns failures into the envelope."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._failure: Message | None = None
        self._body = b""
        self._is_started = False
        self._is_muted = False

    def mute(self) -> None:
        """Send nothing more: the time is up and another answer has been given."""
        self._is_muted = True

    async def fail(self) -> None:
        """Answer 500, unless an answer has begun."""
        if not (self._is_started or self._is_muted):
            await _fail(self._send, HTTPStatus.INTERNAL_SERVER_ERROR)

    async def __call__(self, message: Message) -> None:
        if self._is_muted:
            return
        if message["type"] == "http.response.start" and message["status"] >= 400:
            self._failure = message
        elif self._failure is None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[REQUEST_ID_HEADER] = request_id()
            self._is_started = True
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                self._is_started = True
                allowed = Headers(raw=self._failure["headers"]).get("allow")
                await _fail(self._send, self._failure["status"], self._body, {"allow": allowed} if allowed else {})


async def _read(receive: Receive) -> bytes | None:
    """The whole body; None as soon as it is too large, however its length was announced."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > MAX_BODY_BYTES:
            return None
        if not message.get("more_body", False):
            return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return waiting.pop() if waiting else await receive()

    return replayed


async def _fail(send: Send, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
    problems = _problems(body)
    if status == HTTPStatus.BAD_REQUEST and problems and problems[0].get("type") != "json_invalid":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    code, message = _FAILURES.get(status, _INTERNAL)
    details = [{"field": ".".join(map(str, problem["loc"])), "reason": problem["msg"]} for problem in problems[:20]]
    answer = ErrorAnswer(
        error=Failure(code=code, message=_sentence(message, details), details=details), meta=FailureMeta(request_id=request_id())
    )
    content = answer.model_dump_json().encode()
    fields = {"content-type": "application/json", "content-length": str(len(content)), REQUEST_ID_HEADER: request_id()}
    raw = [(name.encode(), value.encode()) for name, value in {**fields, **(headers or {})}.items()]
    await send({"type": "http.response.start", "status": int(status), "headers": raw})
    await send({"type": "http.response.body", "body": content})


def _sentence(message: str, details: list[dict[str, Any]]) -> str:
    if not details:
        return message
    return f"{details[0]['field']}: {details[0]['reason']}" if details[0]["field"] else str(details[0]["reason"])


def _problems(body: bytes) -> list[dict[str, Any]]:
    """Pydantic's problems, as BentoML reports them in a refusal; empty for any other body."""
    try:
        details = orjson.loads(body)["detail"]
        return [problem for problem in details if {"loc", "msg"} <= problem.keys()]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []
