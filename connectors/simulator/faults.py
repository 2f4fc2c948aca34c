"""Faults that can be switched on for the calls under a path, and what they do to an answer.

A fault stands before the imitated API (a call that it refuses never reaches the world and costs no quota) or spoils the answer
behind it. Which call is hit depends on its path, on whom it is about, and on how many such calls came before it, on nothing else.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

KINDS = frozenset(
    {
        *("status", "quota", "rate", "slow", "cut", "truncate", "missing", "empty", "garbage", "sever"),
        *("corrected", "looped", "doubtful", "mistimed"),
    }
)
REFUSALS = frozenset({"status", "quota", "rate"})
MINUTE = 60.0
_GARBAGE = b'\x1f\x8b<html>\xff{"items": [[[\x00'
_DROPPED = {b"if-none-match", b"if-modified-since", b"accept-encoding"}
_SEPARATORS = re.compile(r"[,;]|==")
_LISTS = ("items", "rows", "reports", "jobs", "reportTypes")


@dataclass
class Fault:
    """One fault, over when it has hit `count` calls.

    Attributes:
        kind: `status` an error; `quota` the day's quota is spent; `rate` too many calls a minute; `slow` a pause before the
            answer; `cut` the connection breaks in the middle of the body; `truncate` the JSON ends in the middle of the body,
            which is otherwise good HTTP; `missing` half of a page's items (or of a file's lines) are not there, though the page
            says nothing of it and its successor follows; `empty` a page without its list, as of a channel that was terminated;
            `garbage` no JSON at all. Of a table of figures, in JSON or CSV, the first row is unusual: `corrected` YouTube takes
            back more views than came; `looped` a Short was watched to fourteen times its length; `doubtful` likes are no number.
            `sever` the line breaks after `bytes` of the request's body: what came before counts, and nothing is answered.
            `mistimed` the times of a speech's characters stand still after its first fifth.
        member: hit only calls about this channel, video, playlist, region, subreddit, country, article, item or feed: the channel
            that the token acts for, a part of the path (with or without its ending), or one of the values of the query.
        after: calls under the path that pass before the first is hit.
        status: of the error; 429 or 403 for `rate`.
        reason: Google's word for it, for example `playlistItemsNotAccessible`.
        bytes: of the request's body that arrive before `sever` breaks the line.
        seconds: the pause of `slow`, or what `Retry-After` says.
        per_minute: for `rate`, refuse only what is more than so many calls within a minute of real time.
    """

    path_prefix: str
    kind: str
    count: int
    after: int = 0
    status: int = 503
    seconds: float = 1.0
    bytes: int = 0
    per_minute: int | None = None
    member: str | None = None
    reason: str | None = None
    _recent: deque[float] = field(default_factory=deque, repr=False)

    def hits(
        self, path: str, clock: Callable[[], float] = time.monotonic, named: Callable[[], Collection[str]] = frozenset
    ) -> bool:
        """Whether the next call, to this path and about those `named`, is hit; counts it."""
        if self.count <= 0 or not path.startswith(self.path_prefix):
            return False
        if self.member is not None and self.member not in named():
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
    """ASGI middleware: lets the faults that a call meets do their work. The simulator's own endpoints are never hit.

    Of several, each pause is made, the first refusal answers, and an answer that is not refused is spoilt by every other one.

    Args:
        acting: the channel that an access token acts for.
    """

    def __init__(
        self, app: ASGIApp, faults: Callable[[], list[Fault]], refusal: Refusal, acting: Callable[[str], str | None]
    ) -> None:
        self._app = app
        self._faults = faults
        self._refusal = refusal
        self._acting = acting

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        met = self._met(scope) if scope["type"] == "http" and not scope["path"].startswith("/_simulator/") else []
        for fault in met:
            if fault.kind == "slow":
                await asyncio.sleep(fault.seconds)
        refused = next((fault for fault in met if fault.kind in REFUSALS), None)
        spoilt = [fault.kind for fault in met if fault.kind not in REFUSALS | {"slow"}]
        if refused is not None:
            await self._refusal(scope["path"], refused)(scope, receive, send)
        elif severed := next((fault for fault in met if fault.kind == "sever"), None):
            await _whole(self._app, scope, _broken_after(severed.bytes, receive))
            # An answer that is shorter than announced makes the server close the connection.
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})
            await send({"type": "http.response.body", "body": b"", "more_body": True})
        elif spoilt:
            # Without these headers the call is answered with a plain body, which can be spoilt.
            headers = [(name, value) for name, value in scope["headers"] if name not in _DROPPED]
            start, body = await _whole(self._app, {**scope, "headers": headers}, receive)
            await _send_spoilt(spoilt, start, body, send)
        else:
            await self._app(scope, receive, send)

    def _met(self, scope: Scope) -> list[Fault]:
        """The faults that a call meets; none is used up that a refusal before it makes pointless."""
        met: list[Fault] = []
        for fault in self._faults():
            is_refused = any(other.kind in REFUSALS for other in met)
            if (fault.kind == "slow" or not is_refused) and fault.hits(scope["path"], named=lambda: self._named(scope)):
                met.append(fault)
        return met

    def _named(self, scope: Scope) -> Collection[str]:
        """Whom a call is about."""
        segments = [unquote(part) for part in scope.get("raw_path", scope["path"].encode()).decode().partition("?")[0].split("/")]
        values = [value for _, value in parse_qsl(scope["query_string"].decode())]
        parts = [part for value in values for part in _SEPARATORS.split(value)]
        authorization = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
        acting = self._acting(authorization.partition(" ")[2])
        stems = [part.rpartition(".")[0] for part in segments]
        return {*segments, *stems, *values, *parts, *([acting] if acting else [])} - {""}


def _broken_after(count: int, receive: Receive) -> Receive:
    """A request whose body ends after so many bytes, as when the line breaks."""
    left = count

    async def broken() -> Message:
        nonlocal left
        if left <= 0:
            return {"type": "http.disconnect"}
        message = await receive()
        if message["type"] == "http.request":
            message = {**message, "body": message.get("body", b"")[:left], "more_body": True}
            left -= len(message["body"]) or left
        return message

    return broken


async def _whole(app: ASGIApp, scope: Scope, receive: Receive) -> tuple[Message, bytes]:
    """The beginning and the whole body of what the application answers."""
    messages: list[Message] = []

    async def keep(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, keep)
    return messages[0], b"".join(message.get("body", b"") for message in messages[1:])


async def _send_spoilt(kinds: Sequence[str], start: Message, body: bytes, send: Send) -> None:
    for kind in kinds:
        if kind != "cut":
            body = _SPOILT[kind](body)
    is_cut = "cut" in kinds
    headers = [(name, value) for name, value in start["headers"] if name not in {b"content-length", b"etag"}]
    await send({**start, "headers": [*headers, (b"content-length", str(len(body)).encode())]})
    # Ending without the last piece makes the server close the connection short of the announced length.
    await send({"type": "http.response.body", "body": body[: len(body) // 2] if is_cut else body, "more_body": is_cut})


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


def _emptied(body: bytes) -> bytes:
    """A page without its list, as Google sends it where nothing answers."""
    try:
        page = json.loads(body)
    except ValueError:
        return b""
    if not isinstance(page, dict):
        return json.dumps(None).encode()
    left = {name: value for name, value in page.items() if name not in {*_LISTS, "nextPageToken"}}
    if "pageInfo" in left:
        left["pageInfo"] = {**left["pageInfo"], "totalResults": 0}
    return json.dumps(left, separators=(",", ":"), ensure_ascii=False).encode()


_TAKEN_BACK = {
    **{"views": -100, "engagedViews": -94, "estimatedMinutesWatched": -120, "likes": -3, "subscribersGained": -1},
    **{"engaged_views": -94, "watch_time_minutes": -120.5, "subscribers_gained": -1},
}
_LOOPED = {"averageViewPercentage": 1450.5, "average_view_duration_percentage": 1450.5}
_DOUBTFUL = {"likes": "unknown"}


def _with_first_row(values: Mapping[str, Any]) -> Callable[[bytes], bytes]:
    """Gives a table other values in its first row, in the columns that it has."""

    def altered(body: bytes) -> bytes:
        try:
            table = json.loads(body)
        except ValueError:
            return _altered_lines(body, values)
        if isinstance(table, dict) and table.get("rows") and "columnHeaders" in table:
            names = [header["name"] for header in table["columnHeaders"]]
            table["rows"][0] = [values.get(name, value) for name, value in zip(names, table["rows"][0], strict=True)]
        return json.dumps(table, separators=(",", ":"), ensure_ascii=False).encode()

    return altered


def _altered_lines(body: bytes, values: Mapping[str, Any]) -> bytes:
    names, *lines = body.decode().splitlines(keepends=True)
    if lines:
        end = lines[0][len(lines[0].rstrip("\r\n")) :]
        cells = zip(names.strip().split(","), lines[0].strip().split(","), strict=False)
        lines[0] = ",".join(str(values.get(name, cell)) for name, cell in cells) + end
    return "".join([names, *lines]).encode()


def _standing_still(body: bytes) -> bytes:
    """A speech whose character times collapse, as ElevenLabs' have been seen to."""
    table = json.loads(body)
    for alignment in (table.get("alignment"), table.get("normalized_alignment")):
        for name in ("character_start_times_seconds", "character_end_times_seconds"):
            if alignment:
                alignment[name] = [min(second, alignment["character_end_times_seconds"][-1] / 5) for second in alignment[name]]
    return json.dumps(table).encode()


_SPOILT: dict[str, Callable[[bytes], bytes]] = {
    "corrected": _with_first_row(_TAKEN_BACK),
    "looped": _with_first_row(_LOOPED),
    "doubtful": _with_first_row(_DOUBTFUL),
    "mistimed": _standing_still,
    "garbage": lambda body: _GARBAGE,
    "missing": _halved,
    "empty": _emptied,
    "truncate": lambda body: body[: len(body) // 2],
}
