"""Google's OAuth 2.0 for one operator: the consent of a channel's owner, access tokens, and their end.

Consent is the installed-app flow with a loopback redirect (RFC 8252): the owner signs in to Google in a browser, which then
comes back to a server that listens on this machine alone, for this one answer. State and PKCE (S256) tie the answer to the
question. Google is asked over our own HTTP client, because the official helper serves a single request, which may be that of a
favicon, and logs addresses that hold the answer.

What a failure means is decided here: only `invalid_grant` ends a consent (`ConsentEnded`); a refused client is `Refused`, and a
silent or failing service is Transient, whatever it says. Where tokens are kept is said in `accounts`."""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import json
import queue
import re
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
from pydantic import SecretStr

from connectors.http import RetryPolicy, error_for_status, open_client
from connectors.youtube.credentials import GOOGLE_TOKEN_URI
from core.errors import NotConfigured, NotReady, Refused, ServiceFailed, Unreachable, YtempireError

GOOGLE_AUTH_URI = "https://accounts.google.com/o/oauth2/v2/auth"
GOOGLE_REVOKE_URI = "https://oauth2.googleapis.com/revoke"
SERVICE = "Google's sign-in"

_AUTH = "https://www.googleapis.com/auth/"
SCOPES = (
    f"{_AUTH}youtube",
    f"{_AUTH}youtube.upload",
    f"{_AUTH}youtube.force-ssl",
    f"{_AUTH}yt-analytics.readonly",
    f"{_AUTH}yt-analytics-monetary.readonly",
)
"""What the platform does: manage the channel, upload to it, read its captions and comments, its analytics and its revenue."""
PARTNER_SCOPE = f"{_AUTH}youtubepartner"
"""Of content owners only: Google refuses it to everybody else."""

CALLBACK = "/connected"
CONSENT_SECONDS = 300.0
_MAX_ANSWER_BYTES = 1 << 16
_SILENT_SECONDS = 10.0
"""Browsers open connections in advance and say nothing on them."""


class EndOfConsent(StrEnum):
    """How Google words the end of a consent. It mostly says both at once."""

    EXPIRED = "expired"
    REVOKED = "revoked"
    UNSAID = "expired or revoked"


class ConsentEnded(Refused):
    """A refresh token is worth nothing any more: expired, or taken back by the owner."""

    is_of_account = True

    def __init__(self, end: EndOfConsent) -> None:
        super().__init__(
            f"Google says that the consent of a channel's owner is {end}.",
            "See whose with `ytempire channels`, and run `ytempire connect` for that channel.",
        )
        self.end = end


@dataclass(frozen=True)
class OAuthClient:
    """The OAuth client ("Desktop app") of the operator's Google Cloud project, and where Google is."""

    client_id: str
    client_secret: SecretStr
    auth_uri: str = GOOGLE_AUTH_URI
    token_uri: str = GOOGLE_TOKEN_URI
    revoke_uri: str = GOOGLE_REVOKE_URI


@dataclass(frozen=True)
class Grant:
    """What an owner's consent gave."""

    refresh_token: SecretStr
    scopes: tuple[str, ...]


class GoogleSignIn:
    """Asks Google for consent, for access tokens, and to forget a consent.

    Args:
        retry: for transient failures of Google's answers; nothing else is tried again.
    """

    def __init__(self, client: OAuthClient, retry: RetryPolicy | None = None) -> None:
        self.client = client
        self._retry = retry or RetryPolicy()

    def consent(
        self,
        show: Callable[[str], None],
        scopes: Sequence[str] = SCOPES,
        hint: str | None = None,
        timeout_seconds: float = CONSENT_SECONDS,
    ) -> Grant:
        """Ask a channel's owner for consent and wait for the answer.

        Args:
            show: brings the owner's browser to an address, or tells the owner the address.
            scopes: all are needed; an owner who unticks one is refused.
            hint: whose consent is wanted, for the page to choose beforehand.

        Raises:
            Refused: the owner said no, left out a scope, or the answer belongs to another question.
            NotReady: no answer in time.
            Transient: Google cannot be reached or fails.
        """
        question = _Question.new()
        with _listening(lambda answer: self._grant(question, answer, scopes)) as (redirect_uri, outcomes):
            question.redirect_uri = redirect_uri
            show(question.address(self.client, scopes, hint))
            try:
                outcome = outcomes.get(timeout=timeout_seconds)
            except queue.Empty:
                raise NotReady(
                    f"Nobody gave consent within {timeout_seconds / 60:.0f} minutes.", "Run the command again when you are ready."
                ) from None
        if isinstance(outcome, Grant):
            return outcome
        raise outcome

    def refresh(self, token: SecretStr) -> tuple[str, ...]:
        """Exchange a refresh token once, to see that it works; return its scopes (none where Google does not say).

        Raises ConsentEnded, Refused for the client, Transient."""
        answer = self._token({"grant_type": "refresh_token", "refresh_token": token.get_secret_value()})
        return tuple(str(answer.get("scope", "")).split())

    def revoke(self, token: SecretStr) -> bool:
        """Take a consent back; returns whether there was still one to take back. Raises Refused or Transient errors."""
        status, answer = self._post(self.client.revoke_uri, {"token": token.get_secret_value()})
        if status == 400 and answer.get("error") in {"invalid_token", "invalid_grant"}:
            return False
        if status >= 300:
            raise error_for_status(SERVICE, urlsplit(self.client.revoke_uri).path, status)
        return True

    def _grant(self, question: _Question, answer: Mapping[str, str], scopes: Sequence[str]) -> Grant:
        """Verify the answer that a browser brought, and exchange its code."""
        if not hmac.compare_digest(answer.get("state", "").encode(), question.state.encode()):
            raise Refused("The answer that came belongs to another question (wrong state).", "Run `ytempire connect` again.")
        if error := answer.get("error"):
            if error == "access_denied":
                raise Refused("Consent was refused on Google's page.", "Run `ytempire connect` again and choose Continue there.")
            said = error if re.fullmatch("[a-z_]{1,60}", error) else "for a reason it does not name"
            raise Refused(f"Google gave no consent: {said}.", "Check the OAuth client and its consent screen.")
        if not answer.get("code"):
            raise Refused("Google's answer holds no code.", "Run `ytempire connect` again.")
        found = self._token(
            {
                "grant_type": "authorization_code",
                "code": answer["code"],
                "code_verifier": question.verifier,
                "redirect_uri": question.redirect_uri,
            }
        )
        granted = tuple(str(found.get("scope", "")).split()) or tuple(scopes)  # RFC 6749 5.1: unsaid where it is all
        if missing := missing_scopes(granted, scopes):
            raise Refused(
                f"The consent leaves out what the platform needs: {', '.join(missing)}.",
                "Run `ytempire connect` again and leave every box ticked.",
            )
        if not found.get("refresh_token"):
            raise Refused(
                "Google gave no refresh token.",
                "Remove the app's access at https://myaccount.google.com/connections, then run `ytempire connect` again.",
            )
        return Grant(SecretStr(str(found["refresh_token"])), granted)

    def _token(self, form: Mapping[str, str]) -> dict[str, Any]:
        """Ask the token endpoint. Raises ConsentEnded, Refused, RateLimited, ServiceFailed, Unreachable."""
        client = {"client_id": self.client.client_id, "client_secret": self.client.client_secret.get_secret_value()}
        status, answer = self._post(self.client.token_uri, {**client, **form})
        if status >= 300:
            is_refresh = form["grant_type"] == "refresh_token"
            raise _refusal(answer, is_refresh) or error_for_status(SERVICE, urlsplit(self.client.token_uri).path, status)
        if not answer.get("access_token"):
            raise ServiceFailed(f"{SERVICE} answered something that holds no token.", "Run it again later.")
        return answer

    def _post(self, uri: str, form: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        return self._retry.call(lambda: self._post_once(uri, form))

    def _post_once(self, uri: str, form: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        """Status and JSON object (empty where it is none) of an answer that is neither 429 nor a redirect nor 5xx."""
        path = urlsplit(uri).path
        content = bytearray()
        try:
            with open_client(uri) as client, client.stream("POST", uri, data=dict(form)) as response:
                if response.status_code >= 500 or response.status_code in {408, 429}:
                    raise error_for_status(SERVICE, path, response.status_code, response.headers.get("retry-after"))
                if 300 <= response.status_code < 400:  # as of a hotel's own sign-in
                    raise Unreachable(f"Somebody else answers for {SERVICE} ({response.status_code}).", "Check the network.")
                for piece in response.iter_bytes():
                    content += piece
                    if len(content) > _MAX_ANSWER_BYTES:
                        raise ServiceFailed(f"{SERVICE} answered far too much to {path}.", "Run it again later.")
                status = response.status_code
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise Unreachable(f"{SERVICE} cannot be reached ({type(error).__name__} at {path}).", "Check the network.") from None
        try:
            answer = json.loads(content)
        except (ValueError, RecursionError):
            answer = {}
        return status, answer if isinstance(answer, dict) else {}


def refresh_failure(answer: Any, is_transient: bool) -> YtempireError:
    """What the failed refresh of an access token means, told by the token endpoint's answer (JSON object or anything else)."""
    if is_transient:
        return ServiceFailed(f"{SERVICE} failed.", "Run it again later.")
    if not isinstance(answer, dict) or "error" not in answer:
        return ServiceFailed(f"{SERVICE} answered something that is no token.", "Run it again later.")
    return _refusal(answer, is_refresh=True) or Refused(f"{SERVICE} renews no token.", "Check the OAuth client.")


def _refusal(answer: Mapping[str, Any], is_refresh: bool) -> YtempireError | None:
    """The error that a token endpoint's JSON means; None where it names none that is known."""
    error, description = str(answer.get("error", "")), str(answer.get("error_description", "")).lower()
    if error == "invalid_grant" and is_refresh:
        said = {end for end in (EndOfConsent.EXPIRED, EndOfConsent.REVOKED) if end in description}
        return ConsentEnded(said.pop() if len(said) == 1 else EndOfConsent.UNSAID)
    if error == "invalid_grant":
        return Refused("Google does not take the code any more.", "Run `ytempire connect` again.")
    if error in {"invalid_client", "unauthorized_client", "deleted_client", "disabled_client"}:
        return Refused(f"Google refuses the OAuth client ({error}).", "Check YOUTUBE_CLIENT_ID and YOUTUBE_CLIENT_SECRET.")
    if error == "redirect_uri_mismatch":
        return Refused("Google does not send this OAuth client to a loopback address.", "Make one of the kind 'Desktop app'.")
    if error in {"temporarily_unavailable", "internal_failure", "server_error", "rate_limit_exceeded"}:
        return ServiceFailed(f"{SERVICE} failed ({error}).", "Run it again later.")
    return None


def missing_scopes(granted: Sequence[str], needed: Sequence[str] = SCOPES) -> tuple[str, ...]:
    """Names of the needed scopes that were not granted."""
    return tuple(scope.removeprefix(_AUTH) for scope in needed if scope not in granted)


@dataclass
class _Question:
    """One request for consent: what its answer must match."""

    state: str = field(repr=False)
    verifier: str = field(repr=False)
    redirect_uri: str = ""

    @classmethod
    def new(cls) -> _Question:
        return cls(secrets.token_urlsafe(32), secrets.token_urlsafe(64))

    def address(self, client: OAuthClient, scopes: Sequence[str], hint: str | None) -> str:
        """Google's consent page for this question."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "client_id": client.client_id,
            "redirect_uri": self.redirect_uri,
            "response_type": "code",
            "scope": " ".join(scopes),
            "state": self.state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "access_type": "offline",
            "prompt": "consent",  # without it, Google gives a refresh token only the first time
            "include_granted_scopes": "true",
            **({"login_hint": hint} if hint else {}),
        }
        return f"{client.auth_uri}?{urlencode(query)}"


@contextmanager
def _listening(
    complete: Callable[[Mapping[str, str]], Grant],
) -> Iterator[tuple[str, queue.Queue[Grant | Exception]]]:
    """Listen on a free loopback port for one answer.

    Yields the redirect address and a queue for the outcome. The browser is shown how it ended; whatever else is asked for, such
    as a favicon, is not found, and a second answer is told that the first one counts."""
    outcomes: queue.Queue[Grant | Exception] = queue.Queue(1)
    first = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        timeout = _SILENT_SECONDS
        server_version, sys_version = "ytempire", ""

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path != CALLBACK:
                self._show(404, "Nothing here", "Go back to Google's page.")
            elif not first.acquire(blocking=False):
                self._show(409, "Already answered", "The terminal tells how it went.")
            else:
                self._answer(dict(parse_qsl(parts.query)))

        def _answer(self, answer: Mapping[str, str]) -> None:
            outcome: Grant | Exception
            try:
                outcome = complete(answer)
            except Exception as error:  # noqa: BLE001 (raised again by the one who waits)
                outcome = error
            try:
                if isinstance(outcome, Grant):
                    self._show(200, "Consent received", "You may close this window; the terminal goes on.")
                else:
                    known = isinstance(outcome, YtempireError)
                    self._show(400, "Not connected", str(outcome) if known else "The terminal tells why.")
            finally:
                outcomes.put(outcome)

        def _show(self, status: int, title: str, text: str) -> None:
            page = _PAGE.format(title=html.escape(title), text=html.escape(text)).encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(page)))
            self.send_header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
            self.send_header("Referrer-Policy", "no-referrer")  # the address holds the code
            self.send_header("Cache-Control", "no-store")
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: the request line holds the code."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Nothing: a browser that hangs up has its answer or wants none."""

    try:
        server = Server(("127.0.0.1", 0), Handler)
    except OSError as error:
        raise NotConfigured(f"No loopback port can be opened: {error.strerror}.", "Allow connections to 127.0.0.1.") from None
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{CALLBACK}", outcomes
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title} · YTEMPIRE</title>
<style>
  :root {{ color-scheme: light dark; font: 1.1rem/1.5 system-ui, sans-serif }}
  body {{ display: grid; place-content: center; min-height: 90vh; margin: 0 1.5rem; text-align: center }}
  h1 {{ font-size: 1.6rem; margin: 0 }}
  p {{ max-width: 34rem; opacity: .75 }}
</style>
<h1>{title}</h1>
<p>{text}</p>
</html>
"""
