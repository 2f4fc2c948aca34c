"""Faults that can be switched on for the calls under a path, and what they do to an answer.

A fault stands before the imitated API (a call that it refuses never reaches the world and costs no quota) or spoils the answer
behind it. Which call is hit depends on its path and on how many calls came before it, on nothing else.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

KINDS = frozenset({"status", "quota", "rate", "slow", "cut", "truncate", "missing", "garbage"})
MINUTE = 60.0
_GARBAGE = b'\x1f\x8b<html>\xff{"items": [[[\x00'
_DROPPED = {b"if-none-match", b"if-modified-since", b"accept-encoding"}
_LISTS = ("items", "rows", "reports", "jobs", "reportTypes")


@dataclass
class Fault:
    """One fault, over when it has hit `count` calls.

    Attributes:
        kind: `status` an error; `quota` the day's quota is spent; `rate` too many calls a minute; `slow` a pause before the
            answer; `cut` the connection breaks in the middle of the body; `truncate` the JSON ends in the middle of the body,
            which is otherwise good HTTP; `missing` half of a page's items (or of a file's lines) are not there, though the page
            says nothing of it and its successor follows; `garbage` no JSON at all.
        after: calls under the path that pass before the first is hit.
        status: of the error; 429 or 403 for `rate`.
        seconds: the pause of `slow`, or what `Retry-After` says.
        per_minute: for `rate`, refuse only what is more than so many calls within a minute of real time.
    """

    path_prefix: str
    kind: str
    count: int
    after: int = 0
    status: int = 503
    seconds: float = 1.0
    per_minute: int | None = None
    _recent: deque[float] = field(default_factory=deque, repr=False)

    def hits(self, path: str, clock: Callable[[], float] = time.monotonic) -> bool:
        """Whether the next call, to this path, is hit; counts it."""
        if self.count <= 0 or not path.startswith(self.path_prefix):
            return False
        if self.after > 0:
            self.after -= 1
            return False
        if self.per_minute is not None and not self._is_above(self.per_minute, clock()):
            return False
        self.count -= 1
        return True

    def _is_above(self, limit: int, now: float) -> bool:
        while self._recent and now - self._recent[0] >= MINUTE:
            self._recent.popleft()
        if len(self._recent) >= limit:
            return True
        self._recent.append(now)
        return False

    def table(self) -> dict[str, Any]:
        """The fault as JSON tells it."""
        return {name: value for name, value in vars(self).items() if not name.startswith("_") and value is not None}


Refusal = Callable[[str, Fault], Response]
"""Makes the error answer of a `status`, `quota` or `rate` fault, in the shape of the API that the path belongs to."""


class Faults:
    """ASGI middleware: lets the first fault that a call meets do its work. The simulator's own endpoints are never hit."""

    def __init__(self, app: ASGIApp, faults: Callable[[], list[Fault]], refusal: Refusal) -> None:
        self._app = app
        self._faults = faults
        self._refusal = refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        fault = None
        if scope["type"] == "http" and not scope["path"].startswith("/_simulator/"):
            fault = next((fault for fault in self._faults() if fault.hits(scope["path"])), None)
        if fault is None:
            await self._app(scope, receive, send)
        elif fault.kind in {"status", "quota", "rate"}:
            await self._refusal(scope["path"], fault)(scope, receive, send)
        elif fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
            await self._app(scope, receive, send)
        else:
            # Without these headers the call is answered with a plain body, which can be spoilt.
            headers = [(name, value) for name, value in scope["headers"] if name not in _DROPPED]
            start, body = await _whole(self._app, {**scope, "headers": headers}, receive)
            await _send_spoilt(fault.kind, start, body, send)


async def _whole(app: ASGIApp, scope: Scope, receive: Receive) -> tuple[Message, bytes]:
    """The beginning and the whole body of what the application answers."""
    messages: list[Message] = []

    async def keep(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, keep)
    return messages[0], b"".join(message.get("body", b"") for message in messages[1:])


async def _send_spoilt(kind: str, start: Message, body: bytes, send: Send) -> None:
    if kind == "cut":
        await send(start)
        # Ending without the last piece makes the server close the connection short of the announced length.
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        return
    spoilt = _GARBAGE if kind == "garbage" else _halved(body) if kind == "missing" else body[: len(body) // 2]
    headers = [(name, value) for name, value in start["headers"] if name not in {b"content-length", b"etag"}]
    await send({**start, "headers": [*headers, (b"content-length", str(len(spoilt)).encode())]})
    await send({"type": "http.response.body", "body": spoilt})


def _halved(body: bytes) -> bytes:
    """A page without the second half of its items, or a text without the second half of its lines."""
    try:
        page = json.loads(body)
    except ValueError:
        lines = body.splitlines(keepends=True)
        return b"".join(lines[: (len(lines) + 1) // 2])
    for name in _LISTS:
        if isinstance(page, dict) and isinstance(page.get(name), list):
            page[name] = page[name][: len(page[name]) // 2]
    return json.dumps(page, separators=(",", ":"), ensure_ascii=False).encode()
