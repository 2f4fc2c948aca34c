"""How connectors speak HTTP: one httpx client factory, one retry rule, one mapping of answers to `core.errors`, and a guard for
addresses that a user gave.

Messages name the service and the path, never the query, headers or user info: keys travel in those.
What a service's answers mean lives in that service's folder."""

from __future__ import annotations

import ipaddress
import json
import secrets
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
import tenacity

from core.errors import (
    Damaged,
    InvalidInput,
    NotFound,
    RateLimited,
    Refused,
    ServiceFailed,
    Transient,
    Unreachable,
    YtempireError,
)

USER_AGENT = "ytempire/0.1 (open-source YouTube data platform)"
"""Wikimedia refuses clients that do not name themselves."""

Item = TypeVar("Item")
Result = TypeVar("Result")


def spread(seconds: float) -> float:
    """Jitter: between half and the whole of `seconds`, so that clients that failed together do not return together."""
    return seconds * (0.5 + secrets.randbelow(1001) / 2000)


@dataclass(frozen=True)
class RetryPolicy:
    """Tries a call again after Transient errors only.

    Attributes:
        attempts: calls in all, the first included.
        pause_seconds: pause after the first failure; it doubles with each further one.
        longest_pause_seconds: a service that asks for a longer pause than this gets no further call.
        jitter: changes a computed pause; a pause that the service asked for (`Retry-After`) is kept as it is.
        sleep: waits.
    """

    attempts: int = 4
    pause_seconds: float = 0.5
    longest_pause_seconds: float = 30.0
    jitter: Callable[[float], float] = spread
    sleep: Callable[[float], None] = time.sleep

    def call(self, function: Callable[[], Result]) -> Result:
        """Call until it succeeds, fails permanently, or the attempts are used up; then its last error is raised."""
        return self._retrying(self._is_worth_another_try)(function)

    def call_paid(self, function: Callable[[], Result]) -> Result:
        """As `call`, but a call that may be billed is not made again: its error is raised at once."""
        return self._retrying(lambda error: not getattr(error, "is_billed", False) and self._is_worth_another_try(error))(
            function
        )

    def _retrying(self, is_worth_another_try: Callable[[BaseException], bool]) -> tenacity.Retrying:
        return tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self.attempts),
            wait=self._wait,
            retry=tenacity.retry_if_exception(is_worth_another_try),
            sleep=self.sleep,
            reraise=True,
        )

    def pause_after(self, failures: int, error: BaseException | None) -> float:
        """Seconds to wait after so many failures in a row, the last of which is `error`."""
        if isinstance(error, RateLimited) and error.retry_after_seconds is not None:
            return error.retry_after_seconds
        return self.jitter(min(self.pause_seconds * 2 ** (failures - 1), self.longest_pause_seconds))

    def _wait(self, state: tenacity.RetryCallState) -> float:
        return self.pause_after(state.attempt_number, state.outcome.exception() if state.outcome else None)

    def _is_worth_another_try(self, error: BaseException) -> bool:
        asked = error.retry_after_seconds if isinstance(error, RateLimited) else None
        return isinstance(error, Transient) and (asked is None or asked <= self.longest_pause_seconds)


def error_for_status(service: str, path: str, status: int, retry_after: str | None = None) -> YtempireError:
    """The error that an HTTP status of 400 or more means."""
    said = f"{service} answered {status} to {path}."
    if status in {401, 403}:
        return Refused(said, f"Check the credentials given for {service}.")
    if status in {404, 410}:
        return NotFound(said)
    if status == 408:
        return Unreachable(said)
    if status == 429:
        return RateLimited(said, "Wait a little and run it again.", retry_after_seconds=_seconds(retry_after))
    if status >= 500:
        return ServiceFailed(said, "Run it again later.")
    return Refused(said)


def _seconds(retry_after: str | None) -> float | None:
    """Seconds of a `Retry-After` header; its date form is left to our own pause."""
    if retry_after is None or not retry_after.strip().isdecimal():
        return None
    return float(retry_after)


def is_loopback(url: str) -> bool:
    """Whether a URL names this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@cache
def _certificates(*, trust_env: bool) -> ssl.SSLContext:
    """The authorities that are trusted. Reading them takes tens of milliseconds, so all clients of a process share them."""
    return httpx.create_ssl_context(trust_env=trust_env)


def open_client(
    base_url: str = "",
    *,
    timeout_seconds: float = 20.0,
    headers: Mapping[str, str] | None = None,
    public_only: bool = False,
) -> httpx.Client:
    """Make an HTTP client: the only place where one is made.

    With `public_only` it refuses, with InvalidInput, every address that is not on the public Internet, at each redirect too:
    for URLs that a user or a document gave. Proxies of the environment are used, except for loopback and `public_only`.
    """
    trust_env = not public_only and not is_loopback(base_url)
    return httpx.Client(
        base_url=base_url,
        timeout=httpx.Timeout(timeout_seconds, connect=5.0),
        headers={"User-Agent": USER_AGENT, **(headers or {})},
        follow_redirects=public_only,
        max_redirects=5,
        trust_env=trust_env,
        verify=_certificates(trust_env=trust_env),
        transport=PublicTransport() if public_only else None,
    )


@dataclass(frozen=True)
class Answer:
    """A document as a service gave it.

    Attributes:
        content: its bytes, decompressed; empty where `is_unchanged`.
        headers: by lower-case name.
        is_unchanged: the service says (304) that the version which the call's validators name is still the present one.
    """

    content: bytes
    headers: Mapping[str, str]
    is_unchanged: bool = False


class HttpClient:
    """Reads JSON and bytes of one service, with retries and a limit on the size of answers. Safe to share among threads."""

    def __init__(
        self,
        service: str,
        base_url: str,
        *,
        retry: RetryPolicy | None = None,
        client: httpx.Client | None = None,
        max_bytes: int = 16 << 20,
    ) -> None:
        self._service = service
        self._retry = retry or RetryPolicy()
        self._client = client or open_client(base_url)
        self._max_bytes = max_bytes

    def get_json(self, path: str, params: Mapping[str, str] | None = None) -> Any:
        """Read a JSON document. Raises Transient or Permanent errors; Damaged for an answer that is no JSON."""
        return self._json(self.get_bytes(path, params), path)

    def get_bytes(self, path: str, params: Mapping[str, str] | None = None) -> bytes:
        """Read a document of at most `max_bytes` after decompression; a larger one raises Damaged."""
        return self.get(path, params).content

    def get(self, path: str, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None) -> Answer:
        """Read a document with its headers. `headers` may hold validators (`If-None-Match`, `If-Modified-Since`)."""
        return self._retry.call(lambda: self._call("GET", path, params=params, headers=headers))

    def post_form(self, path: str, form: Mapping[str, str], *, user: tuple[str, str] | None = None) -> Any:
        """Send a form, with the name and password of `user`, and read the JSON answer. Tried again as `get` is."""
        answer = self._retry.call(lambda: self._call("POST", path, data=form, auth=user))
        return self._json(answer.content, path)

    def close(self) -> None:
        """Close the connections that are kept open for the next call."""
        self._client.close()

    def _json(self, content: bytes, path: str) -> Any:
        try:
            return json.loads(content)
        except (ValueError, RecursionError):
            raise Damaged(f"{self._service} answered something that is not JSON to {path}.", "Run it again later.") from None

    def _call(self, method: str, path: str, **given: Any) -> Answer:
        place = path.partition("?")[0]
        try:
            with self._client.stream(method, path, **given) as response:
                if response.status_code == 304:
                    return Answer(b"", dict(response.headers), is_unchanged=True)
                if response.status_code >= 300:
                    raise error_for_status(self._service, place, response.status_code, response.headers.get("retry-after"))
                return Answer(self._read(response, place), dict(response.headers))
        except httpx.TooManyRedirects:
            raise Refused(f"{self._service} redirects without end at {place}.") from None
        except (httpx.TransportError, httpx.DecodingError) as error:
            # `from None`: the text of httpx errors holds the whole URL, and a query may hold a key.
            reason = type(error).__name__
            raise Unreachable(f"{self._service} cannot be reached ({reason} at {place}).", "Check the network.") from None

    def _read(self, response: httpx.Response, path: str) -> bytes:
        content = bytearray()
        for piece in response.iter_bytes():
            content += piece
            if len(content) > self._max_bytes:
                raise Damaged(f"{self._service} answered more than {self._max_bytes >> 20} MiB to {path}.")
        return bytes(content)


Resolver = Callable[[str, int], Sequence[str]]
"""Host and port → the addresses that it stands for; raises OSError where there are none."""


def resolve_host(host: str, port: int) -> list[str]:
    """Ask the system's resolver. It also reads the old spellings of IPv4 (`127.1`, `0x7f000001`, `2130706433`)."""
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def is_public(address: str) -> bool:
    """Whether an IP address lies on the public Internet, looked at through every wrapping of IPv4 in IPv6."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.scope_id is not None or ip.is_site_local:
            return False
        packed = ip.packed
        wrapped = [ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())]
        if packed[:12] in {bytes(12), bytes.fromhex("0064ff9b0000000000000000")}:  # IPv4-compatible; NAT64
            wrapped.append(ipaddress.IPv4Address(packed[12:]))
        if any(inner is not None and not is_public(str(inner)) for inner in wrapped):
            return False
    return ip.is_global and not ip.is_multicast


class PublicTransport(httpx.BaseTransport):
    """Connects to public addresses only.

    The name is resolved here and the connection goes to the very address that was checked, so a name that resolves
    differently the second time gains nothing; every redirect comes through here again."""

    def __init__(self, resolve: Resolver = resolve_host, inner: httpx.BaseTransport | None = None) -> None:
        self._resolve = resolve
        self._inner = inner or httpx.HTTPTransport(verify=_certificates(trust_env=False), trust_env=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        address = public_address(request.url, self._resolve)
        pinned = httpx.Request(
            request.method,
            request.url.copy_with(host=address),
            headers=request.headers,  # `Host` still names the host that was asked for
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": host},
        )
        return self._inner.handle_request(pinned)

    def close(self) -> None:
        self._inner.close()


def public_address(url: httpx.URL | str, resolve: Resolver = resolve_host) -> str:
    """The address that a user-given URL may be fetched from.

    Raises InvalidInput for another scheme than http and https, for user info, and for a host with any address that is not
    public; Unreachable for a host without an address."""
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, TypeError, ValueError):
        raise InvalidInput("The address given is not a URL.", "Write it as https://host/path.") from None
    if parsed.scheme not in {"http", "https"} or not parsed.host or parsed.userinfo:
        raise InvalidInput("The address given is not a plain http or https URL.", "Write it as https://host/path.")
    try:
        addresses = resolve(parsed.host, parsed.port or (443 if parsed.scheme == "https" else 80))
    except (OSError, UnicodeError):
        raise Unreachable(f"{parsed.host} has no address.", "Check the spelling and the network.") from None
    if not addresses or not all(is_public(address) for address in addresses):
        raise InvalidInput(f"{parsed.host} is not on the public Internet.", "Give the address of a public web site.")
    return addresses[0]


def in_parallel(function: Callable[[Item], Result], items: Iterable[Item], workers: int = 4) -> list[Result]:
    """Call a function that mostly waits for the network once per item; results keep the order of the items."""
    with ThreadPoolExecutor(max_workers=workers) as pool:
        return list(pool.map(function, items))
