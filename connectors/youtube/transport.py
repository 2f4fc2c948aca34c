"""How a request of the official client is carried out: at which address, with which credentials, under the quota gate, retried
after transient failures only, and with every failure told as one of `core.errors`.

Errors of the official client are never chained: their text holds the request's URL, and with it the API key."""

from __future__ import annotations

import json
import select
import socket
import threading
import zlib
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException, HTTPResponse
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from connectors.http import RetryPolicy, error_for_status, is_loopback
from connectors.youtube.credentials import YouTubeCredentials
from connectors.youtube.oauth import refresh_failure
from connectors.youtube.quota import QuotaGate
from core.errors import (
    AccountRefused,
    Damaged,
    Forbidden,
    NotFound,
    QuotaExhausted,
    RateLimited,
    Refused,
    ServiceFailed,
    Transient,
    Unreachable,
    UploadLimited,
    YtempireError,
)
from core.ids import ChannelId

if TYPE_CHECKING:
    import httplib2
    from googleapiclient.errors import HttpError
    from googleapiclient.http import HttpRequest

Result = TypeVar("Result")

SERVICE = "YouTube"
VERSIONS = {"youtube": "v3", "youtubeAnalytics": "v2", "youtubereporting": "v1"}
CACHED_ANSWERS = 128
MOST_BYTES = 64 << 20
"""Longest body that is read: a page of fifty resources has some 300 kB."""

QUOTA_REASONS = {"quotaExceeded", "dailyLimitExceeded"}
UPLOAD_LIMIT_REASONS = {"uploadLimitExceeded"}
RATE_REASONS = {"rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED"}
ACCOUNT_REASONS = {
    *("insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT", "youtubeSignupRequired", "channelClosed"),
    *("channelSuspended", "accountClosed", "accountSuspended", "authenticatedUserAccountClosed"),
    *("authenticatedUserAccountSuspended", "accountDelegationForbidden"),
}
"""What is wrong with the account that a call acts for, whatever is asked."""
REMEDIES = {
    **dict.fromkeys(
        ("insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"),
        "Run `ytempire connect` for the channel again, and allow all that Google's page asks for.",
    ),
    **dict.fromkeys(
        ("accessNotConfigured", "SERVICE_DISABLED"),
        "Enable the API in Google Cloud's console, in the project of the OAuth client.",
    ),
}
"""The way out, where the reason of a refusal tells it."""
MISSING_REASONS = {"playlistNotFound", "videoNotFound", "channelNotFound", "commentThreadNotFound", "commentNotFound"}
DISABLED_REASONS = {"commentsDisabled"}
"""What an owner switched off: a 403 in which nothing is wrong with the credential."""


class SwitchedOff(NotFound):
    """The owner switched something off (comments): there is none, and nothing is wrong."""


class Transport:
    """Google's services at one address for one operator. Safe to share among threads.

    Args:
        base_url: where the services are; None means Google.
        retry: for reading calls; uploads have a rule of their own.
    """

    def __init__(
        self,
        base_url: str | None,
        credentials: YouTubeCredentials,
        retry: RetryPolicy | None = None,
        timeout_seconds: float = 30.0,
    ) -> None:
        self.base_url = base_url
        self.credentials = credentials
        self.retry = retry or RetryPolicy()
        self._timeout_seconds = timeout_seconds
        self._lock = threading.RLock()
        self._services: dict[tuple[str, bool], Any] = {}
        self._oauth: dict[ChannelId, Any] = {}
        self._idle: dict[ChannelId | None, list[Any]] = defaultdict(list)
        self._answers: OrderedDict[tuple[ChannelId | None, str], tuple[str, Any]] = OrderedDict()

    def service(self, name: str, channel_id: ChannelId | None = None) -> Any:
        """The official client of a service; without a channel its requests carry the API key. Reads no network."""
        import httplib2
        from googleapiclient.discovery import build

        key = (name, channel_id is None)
        with self._lock:
            if key not in self._services:
                self._services[key] = build(
                    name,
                    VERSIONS[name],
                    http=httplib2.Http(),  # never used: each call brings its own
                    developerKey=self.credentials.key() if channel_id is None else None,
                    client_options={"api_endpoint": self.base_url} if self.base_url else None,
                    static_discovery=True,
                    cache_discovery=False,
                )
            return self._services[key]

    @contextmanager
    def http(self, channel_id: ChannelId | None) -> Iterator[Any]:
        """Lend a connection that acts for a channel, or for nobody. One caller at a time has it: httplib2 shares nothing."""
        with self._lock:
            idle = self._idle[channel_id]
            http = idle.pop() if idle else self._connect(channel_id)
        try:
            yield http
        finally:
            with self._lock:
                self._idle[channel_id].append(http)

    def close(self) -> None:
        """Close the connections that are kept open for the next call."""
        with self._lock:
            for http in (http for idle in self._idle.values() for http in idle):
                http.close()
            self._idle.clear()

    def _connect(self, channel_id: ChannelId | None) -> httplib2.Http:
        import httplib2
        from google_auth_httplib2 import AuthorizedHttp

        proxy = {"proxy_info": None} if self.base_url and is_loopback(self.base_url) else {}
        http = httplib2.Http(timeout=self._timeout_seconds, **proxy)
        http.follow_redirects = False  # a token goes nowhere else; and to an upload 308 means "go on"
        http._conn_request = _exchange
        if channel_id is None:
            return http
        if channel_id not in self._oauth:
            self._oauth[channel_id] = self.credentials.for_channel(channel_id)
        return AuthorizedHttp(self._oauth[channel_id], http=http)

    def execute(self, gate: QuotaGate, method: str, request: HttpRequest, channel_id: ChannelId | None = None) -> Any:
        """Carry out a reading request and return its JSON.

        Every attempt is reserved and charged. An answer whose ETag still holds is taken from memory (304 costs the same quota,
        but no transfer). Raises QuotaExhausted, RateLimited, Refused, NotFound, ServiceFailed, Unreachable.
        """
        key = (channel_id, request.uri)
        with self._lock:
            known = self._answers.get(key)
        if known is not None:
            request.headers["if-none-match"] = known[0]
        tags: list[str] = []
        request.add_response_callback(lambda response: tags.append(response.get("etag", "")))

        def attempt() -> Any:
            with self.http(channel_id) as http, gate.call(method):
                answer = classified(method, lambda: request.execute(http=http), unchanged=known and known[1])
            if not isinstance(answer, dict):  # the client hands a body on that it cannot read
                raise ServiceFailed(f"{SERVICE} answered {method} with something that is no JSON.", "Run it again later.")
            return answer

        answer = self.retry.call(attempt)
        if request.method == "GET" and tags and tags[-1]:
            with self._lock:
                self._answers[key] = (tags[-1], answer)
                self._answers.move_to_end(key)
                if len(self._answers) > CACHED_ANSWERS:
                    self._answers.popitem(last=False)
        return answer

    def local_address(self, uri: str) -> str:
        """A media address as it must be called.

        The official client builds upload addresses with https whatever the endpoint says, and a stored session may name
        the port that a local server had before; with a base URL, scheme and host are always the base URL's."""
        if self.base_url is None:
            return uri
        base = urlsplit(self.base_url)
        return urlsplit(uri)._replace(scheme=base.scheme, netloc=base.netloc).geturl()


class _BoundedResponse(HTTPResponse):
    """A response whose body is refused where it is longer than anything that the services send."""

    def read(self, amt: int | None = None) -> bytes:
        if amt is not None:
            return super().read(amt)
        # Only a read to the end notices a body that was cut off, so that one is used wherever the length is told.
        return _bounded(super().read() if (self.length or MOST_BYTES + 1) <= MOST_BYTES else super().read(MOST_BYTES + 1))


def _bounded(content: bytes) -> bytes:
    if len(content) > MOST_BYTES:
        raise Damaged(f"{SERVICE} answered with more than {MOST_BYTES >> 20} MiB.", "Run it again later.")
    return content


def _exchange(connection: Any, uri: str, method: str, body: Any, headers: Any) -> tuple[Any, bytes]:
    """Send a request over a connection of httplib2 and read its answer, once.

    What httplib2 does in its place sends a request again after a break, and such a call would not be charged."""
    import httplib2

    connection.response_class = _BoundedResponse
    try:
        if connection.sock is not None and _was_closed(connection.sock):
            connection.close()
        if connection.sock is None:
            connection.connect()
        connection.request(method, uri, body, headers)
        raw = connection.getresponse()
        content = raw.read()
    except BaseException:
        connection.close()
        raise
    response = httplib2.Response(raw)
    if response.pop("content-encoding", "") in {"gzip", "deflate"}:
        content = _bounded(_unpacked(content))
        response["content-length"] = str(len(content))
    return response, content


def _was_closed(sock: socket.socket) -> bool:
    """Whether the service ended a connection while it was idle: then there is something to read where nothing was asked."""
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))


def _unpacked(content: bytes) -> bytes:
    """The first bytes of a packed body, at most one more than is allowed. Raises ServiceFailed for a damaged one."""
    unpacking = zlib.decompressobj(zlib.MAX_WBITS | 32)
    try:
        unpacked = unpacking.decompress(content, MOST_BYTES + 1)
    except zlib.error:
        unpacked = b""
    if not unpacking.eof and len(unpacked) <= MOST_BYTES:
        raise ServiceFailed(f"{SERVICE} answered with a packed body that is damaged.", "Run it again later.")
    return unpacked


def classified(method: str, call: Callable[[], Result], unchanged: Result | None = None) -> Result:
    """Call, and tell any failure of the official client as one of `core.errors`; a 304 gives `unchanged`."""
    import httplib2
    from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError
    from googleapiclient.errors import HttpError

    try:
        return call()
    except HttpError as error:
        if error.status_code == 304 and unchanged is not None:
            return unchanged
        raise _told(method, error) from None
    except RefreshError as error:
        raise refresh_failure(error.args[1] if len(error.args) > 1 else None, error.retryable) from None
    except TransportError as error:
        raise Unreachable(f"Google's sign-in cannot be reached ({type(error).__name__}).", "Check the network.") from None
    except GoogleAuthError as error:
        raise Refused(f"Google refuses the credentials ({type(error).__name__}).", "Check the OAuth client.") from None
    except (httplib2.HttpLib2Error, HTTPException, OSError) as error:
        raise Unreachable(f"{SERVICE} cannot be reached ({type(error).__name__} at {method}).", "Check the network.") from None
    except ValueError:  # text in another encoding
        raise ServiceFailed(f"{SERVICE} answered {method} with something that is no JSON.", "Run it again later.") from None


def _told(method: str, error: HttpError) -> YtempireError:
    reason = _reason(error.content)
    if reason in QUOTA_REASONS:
        return QuotaExhausted(
            f"{SERVICE} says that the day's quota is spent (at {method}).", "It begins anew at midnight Pacific time."
        )
    if reason in UPLOAD_LIMIT_REASONS:
        limited = UploadLimited(f"The channel has uploaded as many videos as {SERVICE} allows.", "Try again in 24 hours.")
        return _with_reason(limited, reason)
    if reason in RATE_REASONS:
        return RateLimited(f"{SERVICE} limits the rate of {method}.", "Wait a little and run it again.")
    if reason in DISABLED_REASONS:
        return SwitchedOff(f"{SERVICE} shows no such resource ({reason} at {method}).")
    if reason in MISSING_REASONS:
        return _with_reason(NotFound(f"{SERVICE} has no such resource ({reason} at {method})."), reason)
    told = error_for_status(SERVICE, method, error.status_code, error.resp.get("retry-after"))
    if error.status_code == 403 or (reason in ACCOUNT_REASONS and not isinstance(told, Transient)):
        kind = AccountRefused if reason in ACCOUNT_REASONS else Forbidden
        told = kind(told.message, REMEDIES.get(reason, f"See what the credentials given for {SERVICE} allow."))
    if reason:
        told.message = f"{told.message.rstrip('.')}: {reason}."
    return _with_reason(told, reason)


def _with_reason(error: YtempireError, reason: str) -> YtempireError:
    error.reason = reason
    return error


def _reason(content: bytes) -> str:
    """The machine-readable reason in a Google error body, which has one of two forms; empty where it has none."""
    try:
        error = json.loads(content)["error"]
        told = (each.get("reason") for each in (*(error.get("errors") or ()), *(error.get("details") or ())))
        return str(next(filter(None, told), None) or error.get("status") or "")
    except (ValueError, TypeError, KeyError, IndexError, AttributeError):
        return ""
