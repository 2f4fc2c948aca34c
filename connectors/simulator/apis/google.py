"""What Google's APIs have in common: who calls, quota, errors, paging, field masks, ETags."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from connectors.simulator.apis.fieldmask import InvalidMask, apply_mask, parse_mask
from connectors.simulator.calendar import pacific_ordinal
from connectors.simulator.simulation import API_KEY, PROJECT, Simulation

GENERAL = "general"
INSERTS = "videos.insert"
SEARCHES = "search.list"
DAILY_LIMITS = {GENERAL: 10_000, INSERTS: 100, SEARCHES: 100}
"""The project quota in force since June 2026: units a day of the common bucket, calls a day of the two others."""

_STATUS = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND", 409: "ALREADY_EXISTS"}


class GoogleError(Exception):
    """An error in the shape that Google's APIs give it."""

    def __init__(
        self, code: int, reason: str, message: str, *, domain: str = "youtube.common", parameter: str = "", status: str = ""
    ) -> None:
        super().__init__(message)
        self.code = code
        detail: dict[str, str] = {"message": message, "domain": domain, "reason": reason}
        if parameter:
            detail |= {"location": parameter, "locationType": "parameter"}
        self.body: dict[str, Any] = {"error": {"code": code, "message": message, "errors": [detail]}}
        if status or code == 401:
            self.body["error"]["status"] = status or _STATUS[code]

    def response(self) -> Response:
        """The HTTP answer."""
        return JSONResponse(self.body, self.code)


def plain_error(code: int, message: str) -> GoogleError:
    """An error of the newer APIs (Reporting), which name a status instead of a reason."""
    error = GoogleError(code, "", message)
    error.body = {"error": {"code": code, "message": message, "status": _STATUS[code]}}
    return error


def quota_exceeded() -> GoogleError:
    message = (
        'The request cannot be completed because you have exceeded your <a href="/youtube/v3/getting-started#quota">quota</a>.'
    )
    return GoogleError(403, "quotaExceeded", message, domain="youtube.quota")


def invalid_parameter(name: str, message: str) -> GoogleError:
    return GoogleError(400, "invalidParameter", message, domain="youtube.parameter", parameter=name)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the project that pays, and the channel whose owner consented (None with an API key alone)."""

    project: str
    channel_id: str | None


def simulation(request: Request) -> Simulation:
    """The running simulation."""
    found: Simulation = request.app.state.simulation
    return found


def caller(request: Request) -> Caller:
    """Read the access token or API key of a request. Raises GoogleError 400, 401 or 403."""
    scheme, _, access_token = request.headers.get("authorization", "").partition(" ")
    access_token = access_token if scheme.lower() == "bearer" else request.query_params.get("access_token", "")
    if access_token:
        channel_id = simulation(request).channel_of_token(access_token)
        if channel_id is None:
            message = (
                "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid "
                "authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project."
            )
            raise GoogleError(401, "authError", message, domain="global")
        return Caller(PROJECT, channel_id)
    key = request.query_params.get("key") or request.headers.get("x-goog-api-key")
    if key is None:
        message = (
            "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other "
            "form of API consumer identity to call this API."
        )
        raise GoogleError(403, "forbidden", message, domain="global", status="PERMISSION_DENIED")
    if key != API_KEY:
        message = "API key not valid. Please pass a valid API key."
        raise GoogleError(400, "badRequest", message, domain="global", status="INVALID_ARGUMENT")
    return Caller(PROJECT, None)


def owner(request: Request) -> str:
    """The channel that the caller speaks for. Raises GoogleError 401 for an API key alone."""
    channel_id = caller(request).channel_id
    if channel_id is None:
        message = (
            "API keys are not supported by this API. Expected OAuth2 access token or other authentication credentials that "
            "assert a principal. See https://cloud.google.com/docs/authentication"
        )
        raise GoogleError(401, "required", message, domain="global")
    return channel_id


def charge(request: Request, project: str, cost: int, bucket: str = GENERAL) -> None:
    """Take the cost of a call from the project's Pacific day, before it is served: failed calls cost too."""
    running = simulation(request)
    if not running.state.spend(project, pacific_ordinal(running.now), bucket, cost, DAILY_LIMITS[bucket]):
        raise quota_exceeded()


def parts(request: Request, known: frozenset[str]) -> frozenset[str]:
    """The `part` parameter. Raises GoogleError for none or an unknown one."""
    asked = [part.strip() for text in request.query_params.getlist("part") for part in text.split(",") if part.strip()]
    if not asked:
        message = "Required parameter: part"
        raise GoogleError(400, "missingRequiredParameter", message, domain="youtube.parameter", parameter="part")
    for part in asked:
        if part not in known:
            raise GoogleError(400, "unknownPart", part, domain="youtube.part", parameter="part")
    return frozenset(asked)


def listed(request: Request, name: str, limit: int = 50) -> list[str]:
    """A comma-separated parameter. Raises GoogleError for too many values."""
    values = [value.strip() for text in request.query_params.getlist(name) for value in text.split(",") if value.strip()]
    if len(values) > limit:
        raise GoogleError(
            400,
            "invalidFilters",
            "The request specifies an invalid filter parameter.",
            domain="youtube.parameter",
            parameter=name,
        )
    return values


def whole(request: Request, name: str, default: int, low: int, high: int) -> int:
    """An integer parameter within bounds. Raises GoogleError."""
    text = request.query_params.get(name)
    if text is None:
        return default
    if not text.lstrip("-").isdecimal():
        raise invalid_parameter(name, f"Invalid value at '{name}' (TYPE_UINT32), \"{text}\"")
    value = int(text)
    if not low <= value <= high:
        raise invalid_parameter(name, f"Invalid value '{value}'. Values must be within the range: [{low}, {high}]")
    return value


def page_token(offset: int) -> str:
    """Write a page's beginning as YouTube does, for example `CDIQAA` for 50."""
    digits = bytearray()
    while offset > 0x7F:
        digits.append(offset & 0x7F | 0x80)
        offset >>= 7
    return base64.urlsafe_b64encode(b"\x08" + bytes(digits) + bytes((offset,)) + b"\x10\x00").rstrip(b"=").decode()


def page_offset(request: Request) -> int:
    """Read `pageToken`. Raises GoogleError 400 for one that was not made here."""
    text = request.query_params.get("pageToken")
    if not text:
        return 0
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        if raw[:1] != b"\x08" or raw[-2:] not in (b"\x10\x00", b"\x10\x01") or not raw[1:-2]:
            raise ValueError
        return sum((byte & 0x7F) << 7 * place for place, byte in enumerate(raw[1:-2]))
    except ValueError:
        message = "The request specifies an invalid page token."
        raise GoogleError(400, "invalidPageToken", message, domain="youtube.parameter", parameter="pageToken") from None


def etag(value: Any) -> str:
    """A short hash of a JSON value."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(hashlib.sha1(text, usedforsecurity=False).digest()).decode()[:27]


def resource(kind: str, body: dict[str, Any]) -> dict[str, Any]:
    """A resource with its kind and ETag before its body."""
    return {"kind": kind, "etag": etag(body), **body}


def answer(request: Request, body: dict[str, Any]) -> Response:
    """Send JSON: masked by `fields`, with an ETag, or 304 when the caller has this version already."""
    tag = f'"{body.get("etag") or etag(body)}"'
    fields = request.query_params.get("fields")
    if fields:
        try:
            body = apply_mask(body, parse_mask(fields))
        except InvalidMask:
            message = f"Request contains an invalid argument. Invalid field selection {fields}"
            raise GoogleError(400, "invalidParameter", message, domain="global", parameter="fields") from None
    headers = {"ETag": tag, "Cache-Control": "private", "Vary": "Origin, X-Origin, Referer"}
    if tag in (value.strip() for value in request.headers.get("if-none-match", "").split(",")):
        return Response(status_code=304, headers=headers)
    return JSONResponse(body, headers=headers)


def page(kind: str, item_list: list[dict[str, Any]], total: int, offset: int, size: int) -> dict[str, Any]:
    """A page of a list response."""
    body: dict[str, Any] = {}
    if offset + size < total:
        body["nextPageToken"] = page_token(offset + size)
    if offset:
        body["prevPageToken"] = page_token(max(0, offset - size))
    return resource(kind, {**body, "items": item_list, "pageInfo": {"totalResults": total, "resultsPerPage": size}})
