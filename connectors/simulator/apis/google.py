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
STATS = "videos.batchGetStats"
DAILY_LIMITS = {GENERAL: 10_000, INSERTS: 100, STATS: 10_000}
"""Units a Pacific day and project: of the common bucket, and of the two methods that got one of their own in June 2026."""
PRICES: dict[str, dict[str, tuple[str, int]]] = {
    "2025-01": {INSERTS: (GENERAL, 1600)},
    "2025-12": {INSERTS: (GENERAL, 100)},
    "2026-06": {INSERTS: (INSERTS, 1), STATS: (STATS, 1)},
}
"""What changed from profile to profile: method to bucket and units."""
_ALWAYS = {
    **dict.fromkeys(("captions.list", "thumbnails.set"), (GENERAL, 50)),
    **dict.fromkeys(
        ("channels.list", "commentThreads.list", "comments.list", "playlistItems.list", "playlists.list", "videos.list"),
        (GENERAL, 1),
    ),
}

_SCOPE = "https://www.googleapis.com/auth/"
_MANAGE = frozenset(_SCOPE + name for name in ("youtube", "youtube.force-ssl", "youtubepartner"))
MONETARY_SCOPE = _SCOPE + "yt-analytics-monetary.readonly"
_ANALYTICS = frozenset({_SCOPE + "yt-analytics.readonly", MONETARY_SCOPE})
_SUFFICIENT = (
    ("/youtube/v3/comment", frozenset({_SCOPE + "youtube.force-ssl"})),
    ("/youtube/v3/captions", frozenset({_SCOPE + "youtube.force-ssl", _SCOPE + "youtubepartner"})),
    ("/youtube/v3/thumbnails", _MANAGE | {_SCOPE + "youtube.upload"}),
    ("/youtube/v3/", _MANAGE | {_SCOPE + "youtube.readonly"}),
    ("/upload/", _MANAGE | {_SCOPE + "youtube.upload"}),
    ("/v1/", _ANALYTICS),
    ("/v2/", _ANALYTICS),
)
"""Beginning of a path to the scopes of which an access token needs one."""

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


def rate_limited(status: int) -> GoogleError:
    """Too many calls in a minute: 403 as the Data API used to say it, 429 as it does now."""
    if status == 403:
        return GoogleError(403, "rateLimitExceeded", "Rate Limit Exceeded", domain="usageLimits")
    message = (
        "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute' of service 'youtube.googleapis.com' for "
        "consumer 'project_number:1'."
    )
    error = GoogleError(429, "rateLimitExceeded", message, domain="global", status="RESOURCE_EXHAUSTED")
    error.body["error"]["details"] = [_error_info("RATE_LIMIT_EXCEEDED")]
    return error


def insufficient_scopes() -> GoogleError:
    """The access token is good, but its owner did not consent to this."""
    message = "Request had insufficient authentication scopes."
    error = GoogleError(403, "insufficientPermissions", message, domain="global", status="PERMISSION_DENIED")
    error.body["error"]["errors"][0]["message"] = "Insufficient Permission"
    error.body["error"]["details"] = [_error_info("ACCESS_TOKEN_SCOPE_INSUFFICIENT")]
    return error


def _error_info(reason: str) -> dict[str, str]:
    return {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "googleapis.com"}


FAILURES: dict[str, tuple[int, str, str]] = {
    "playlistNotFound": (
        404,
        "The playlist identified with the request's <code>playlistId</code> parameter cannot be found.",
        "youtube.playlistItem",
    ),
    "playlistItemsNotAccessible": (
        403,
        "The request is not properly authorized to retrieve the specified playlist.",
        "youtube.playlistItem",
    ),
    "channelNotFound": (404, "Channel not found.", "youtube.channel"),
    "videoNotFound": (
        404,
        "The video identified by the <code>videoId</code> parameter could not be found.",
        "youtube.commentThread",
    ),
    "videoChartNotFound": (400, "The requested video chart is not supported or is not available.", "youtube.video"),
    "processingFailure": (
        400,
        "The API server failed to successfully process the request. While this can be a transient error, it usually indicates "
        "that the requests input is invalid.",
        "youtube.commentThread",
    ),
    "forbidden": (403, "Forbidden", "youtube.common"),
    "badRequest": (
        400,
        "The query is not supported. Check the documentation at "
        "https://developers.google.com/youtube/analytics/v2/available_reports for supported queries.",
        "global",
    ),
    "channelClosed": (403, "The channel specified in the request has been closed.", "youtube.common"),
    "channelSuspended": (403, "The channel specified in the request has been suspended.", "youtube.common"),
    "youtubeSignupRequired": (401, "Unauthorized", "youtube.header"),
    "accessNotConfigured": (
        403,
        "YouTube Analytics API has not been used in project 1 before or it is disabled. Enable it by visiting "
        "https://console.developers.google.com/apis/api/youtubeanalytics.googleapis.com/overview?project=1 then retry.",
        "usageLimits",
    ),
}
"""Errors that one channel, video or playlist of many may give: reason to status, message and domain."""


def failure(path: str, status: int, reason: str | None) -> GoogleError:
    """An error as the API under a path words it; without a reason one that is nobody's fault."""
    if path.startswith("/v1/") and reason is not None and status in _STATUS:
        return plain_error(status, "The caller does not have permission" if status == 403 else "Requested entity was not found.")
    if reason == "insufficientPermissions":
        return insufficient_scopes()
    if reason is None:
        return GoogleError(status, "backendError", "Backend Error", domain="global")
    _, message, domain = FAILURES.get(reason, (status, reason, "youtube.common"))
    return GoogleError(status, reason, message, domain="global" if path.startswith("/v2/") else domain)


def invalid_parameter(name: str, message: str) -> GoogleError:
    return GoogleError(400, "invalidParameter", message, domain="youtube.parameter", parameter=name)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the project that pays, and the channel whose owner consented to what (None with an API key alone)."""

    project: str
    channel_id: str | None
    scopes: frozenset[str] = frozenset()


def simulation(request: Request) -> Simulation:
    """The running simulation."""
    found: Simulation = request.app.state.simulation
    return found


def caller(request: Request) -> Caller:
    """Read the access token or API key of a request. Raises GoogleError 400, 401 or 403."""
    scheme, _, access_token = request.headers.get("authorization", "").partition(" ")
    access_token = access_token if scheme.lower() == "bearer" else request.query_params.get("access_token", "")
    if access_token:
        bearer = simulation(request).bearer(access_token)
        if bearer is None:
            message = (
                "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid "
                "authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project."
            )
            raise GoogleError(401, "authError", message, domain="global")
        sufficient = next((scopes for prefix, scopes in _SUFFICIENT if request.url.path.startswith(prefix)), bearer.scopes)
        if not sufficient & bearer.scopes:
            raise insufficient_scopes()
        return Caller(PROJECT, bearer.channel_id, bearer.scopes)
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


def charge(request: Request, project: str, method: str) -> None:
    """Take the price of a call from the project's Pacific day, before it is served: failed calls cost too.

    Raises GoogleError 403 when the day's quota is spent, 404 for a method that the quota profile does not know yet.
    """
    running = simulation(request)
    price = PRICES[running.quota_profile].get(method) or _ALWAYS.get(method)
    if price is None:
        raise GoogleError(404, "notFound", "Method not found.", domain="global", status="NOT_FOUND")
    bucket, units = price
    if not running.state.spend(project, pacific_ordinal(running.now), bucket, units, DAILY_LIMITS[bucket]):
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
