"""Consent by the loopback flow, and what Google's answers to it mean: over real HTTP, with a script in Google's place."""

from __future__ import annotations

import base64
import hashlib
import socket
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import httpx
import pytest
from pydantic import SecretStr

from connectors.http import RetryPolicy
from connectors.youtube.credentials import GOOGLE_TOKEN_URI, YouTubeCredentials
from connectors.youtube.oauth import (
    SCOPES,
    ConsentEnded,
    EndOfConsent,
    GoogleSignIn,
    Grant,
    OAuthClient,
    missing_scopes,
    refresh_failure,
)
from core.errors import NotReady, RateLimited, Refused, ServiceFailed, Transient, Unreachable, YtempireError
from core.ids import ChannelId
from tests.unit.connectors.scripted import Answer, ScriptedServer, json_answer
from tests.unit.connectors.youtube.conftest import CHANNEL, Scene

GRANTED = json_answer(
    {"access_token": "ya29.ACCESS", "refresh_token": "1//REFRESH", "expires_in": 3599, "scope": " ".join(SCOPES)}
)
TOKEN = SecretStr("1//REFRESH")


def sign_in_at(url: str, attempts: int = 1) -> GoogleSignIn:
    client = OAuthClient("client", SecretStr("CLIENTSECRET"), f"{url}/auth", f"{url}/oauth2/token", f"{url}/oauth2/revoke")
    return GoogleSignIn(client, RetryPolicy(attempts=attempts, sleep=lambda seconds: None))


class Browser:
    """An owner's browser: sees the address of Google's page, and comes back with what the owner chose there."""

    def __init__(self, answer: Callable[[dict[str, str]], dict[str, str]]) -> None:
        self.answer = answer
        self.asked: dict[str, str] = {}
        self.pages: list[httpx.Response] = []
        self._thread: threading.Thread | None = None

    def show(self, address: str) -> None:
        self.asked = dict(parse_qsl(urlsplit(address).query))
        self._thread = threading.Thread(target=self._come_back)
        self._thread.start()

    def _come_back(self) -> None:
        with httpx.Client(trust_env=False) as client:
            redirect = self.asked["redirect_uri"]
            self.pages.append(client.get(httpx.URL(redirect).copy_with(path="/favicon.ico")))
            self.pages.append(client.get(f"{redirect}?{urlencode(self.answer(self.asked))}"))

    def join(self) -> None:
        assert self._thread is not None
        self._thread.join()


def consent(server: ScriptedServer, browser: Browser) -> Grant:
    try:
        return sign_in_at(server.url).consent(browser.show, timeout_seconds=20)
    finally:
        browser.join()


def agrees(asked: dict[str, str]) -> dict[str, str]:
    return {"state": asked["state"], "code": "4/CODE", "scope": asked["scope"]}


def test_consent_is_asked_for_verified_and_exchanged(server: ScriptedServer) -> None:
    server.answers(GRANTED)
    browser = Browser(agrees)
    grant = consent(server, browser)
    assert grant == Grant(TOKEN, SCOPES)

    redirect = urlsplit(browser.asked["redirect_uri"])
    assert (redirect.scheme, redirect.hostname) == ("http", "127.0.0.1")
    assert browser.asked["scope"].split() == list(SCOPES)
    wanted = {"access_type": "offline", "prompt": "consent", "include_granted_scopes": "true", "response_type": "code"}
    assert wanted.items() <= browser.asked.items()

    (exchange,) = server.asked
    form = {name: values[0] for name, values in parse_qs(exchange.body.decode()).items()}
    assert (form["code"], form["redirect_uri"]) == ("4/CODE", browser.asked["redirect_uri"])
    challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
    assert (browser.asked["code_challenge"], browser.asked["code_challenge_method"]) == (challenge, "S256")

    favicon, page = browser.pages
    assert (favicon.status_code, page.status_code) == (404, 200)
    assert "Consent received" in page.text
    assert page.headers["referrer-policy"] == "no-referrer"


def test_each_question_has_its_own_secrets(server: ScriptedServer) -> None:
    server.answers(GRANTED, GRANTED)
    first, second = Browser(agrees), Browser(agrees)
    consent(server, first)
    consent(server, second)
    assert first.asked["state"] != second.asked["state"]
    assert first.asked["code_challenge"] != second.asked["code_challenge"]


@pytest.mark.parametrize(
    ("chosen", "says"),
    [
        ({"error": "access_denied"}, "Consent was refused on Google's page"),
        ({"error": "org_internal"}, "Google gave no consent: org_internal"),
        ({"error": "<script>alert(1)</script>"}, "for a reason it does not name"),
        ({"code": "4/CODE", "state": "forged"}, "wrong state"),
        ({"code": "4/CODE", "state": "förged"}, "wrong state"),
        ({"code": ""}, "holds no code"),
    ],
)
def test_an_answer_without_consent(server: ScriptedServer, chosen: dict[str, str], says: str) -> None:
    browser = Browser(lambda asked: {"state": asked["state"], **chosen})
    with pytest.raises(Refused, match=says):
        consent(server, browser)
    assert server.asked == []  # no code was tried
    page = browser.pages[-1]
    assert page.status_code == 400
    assert "<script>" not in page.text
    assert "Not connected" in page.text


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        (
            json_answer({"access_token": "A", "refresh_token": "R", "scope": " ".join(SCOPES[:2])}),
            Refused,
            "leaves out .*: youtube.force-ssl, yt-analytics.readonly, yt-analytics-monetary.readonly",
        ),
        (json_answer({"access_token": "A", "scope": " ".join(SCOPES)}), Refused, "no refresh token"),
        (json_answer({"error": "invalid_grant"}, 400), Refused, "does not take the code"),
        (json_answer({"error": "redirect_uri_mismatch"}, 400), Refused, "'Desktop app'"),
        (json_answer({"error": "invalid_client"}, 401), Refused, "YOUTUBE_CLIENT_ID"),
        (Answer(200, b"<html>"), ServiceFailed, "holds no token"),
        (Answer(200, b"[" * 60_000), ServiceFailed, "holds no token"),
        (Answer(200, b"x" * 70_000), ServiceFailed, "far too much"),
        (Answer(503, b"{}"), ServiceFailed, "503"),
        (Answer(302, b"", {"Location": "http://hotel.example/"}), Unreachable, "Somebody else answers"),
        (Answer(drop=True), Unreachable, "cannot be reached"),
    ],
)
def test_an_exchange_that_fails(server: ScriptedServer, answer: Answer, error: type[YtempireError], says: str) -> None:
    server.answers(answer)
    browser = Browser(agrees)
    with pytest.raises(error, match=says) as raised:
        consent(server, browser)
    shown = f"{raised.value!r} {raised.value} {browser.pages[-1].text}"
    assert not any(secret in shown for secret in ("4/CODE", "CLIENTSECRET", browser.asked["state"]))
    assert raised.value.__suppress_context__ or raised.value.__context__ is None


def test_scopes_that_google_does_not_name_are_all_that_were_asked_for(server: ScriptedServer) -> None:
    server.answers(json_answer({"access_token": "A", "refresh_token": "1//REFRESH"}))
    assert consent(server, Browser(agrees)).scopes == SCOPES


def test_nobody_answers(server: ScriptedServer) -> None:
    addresses: list[str] = []
    with pytest.raises(NotReady, match="Nobody gave consent"):
        sign_in_at(server.url).consent(addresses.append, timeout_seconds=0.01)
    redirect = urlsplit(dict(parse_qsl(urlsplit(addresses[0]).query))["redirect_uri"])
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", redirect.port)) != 0  # nothing listens any more


def test_a_silent_connection_does_not_hold_up_the_answer(server: ScriptedServer) -> None:
    server.answers(GRANTED)
    browser = Browser(agrees)
    held: list[socket.socket] = []

    def show(address: str) -> None:
        redirect = urlsplit(dict(parse_qsl(urlsplit(address).query))["redirect_uri"])
        held.append(socket.create_connection(("127.0.0.1", redirect.port or 0)))  # as browsers open them in advance
        browser.show(address)

    try:
        assert sign_in_at(server.url).consent(show, timeout_seconds=20).refresh_token == TOKEN
    finally:
        browser.join()
        held[0].close()


def test_a_second_answer_is_not_taken(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.answers(GRANTED)
    browser, second = Browser(agrees), []
    sign_in = sign_in_at(server.url)
    exchange = sign_in._grant

    def while_another_comes(*arguments: Any) -> Grant:
        forged = {"state": browser.asked["state"], "code": "4/OTHER"}
        second.append(httpx.get(f"{browser.asked['redirect_uri']}?{urlencode(forged)}", trust_env=False))
        return exchange(*arguments)

    monkeypatch.setattr(sign_in, "_grant", while_another_comes)
    assert sign_in.consent(browser.show, timeout_seconds=20).refresh_token == TOKEN
    browser.join()
    assert second[0].status_code == 409
    assert b"OTHER" not in server.asked[0].body


@pytest.mark.parametrize(
    ("description", "end"),
    [
        ("Token has been expired or revoked.", EndOfConsent.UNSAID),
        ("Token has been revoked.", EndOfConsent.REVOKED),
        ("Token has expired.", EndOfConsent.EXPIRED),
        ("Bad Request", EndOfConsent.UNSAID),
        (None, EndOfConsent.UNSAID),
    ],
)
def test_an_ended_consent_is_told_how_it_ended(server: ScriptedServer, description: str | None, end: EndOfConsent) -> None:
    body = {"error": "invalid_grant", **({"error_description": description} if description else {})}
    server.answers(json_answer(body, 400))
    with pytest.raises(ConsentEnded) as ended:
        sign_in_at(server.url, attempts=3).refresh(TOKEN)
    assert ended.value.end is end
    assert len(server.asked) == 1  # never tried again


@pytest.mark.parametrize(
    "answer",
    [
        Answer(500, b'{"error": "invalid_grant"}'),
        Answer(503, b"<html>"),
        Answer(429, b"{}"),
        Answer(408),
        Answer(200, b""),
        Answer(307, b"", {"Location": "/elsewhere"}),
        Answer(drop=True),
        json_answer({"error": "temporarily_unavailable"}, 400),
        json_answer({"error": "internal_failure"}, 400),
    ],
)
def test_a_passing_failure_never_ends_a_consent(server: ScriptedServer, answer: Answer) -> None:
    server.answers(answer)
    with pytest.raises(Transient) as failed:
        sign_in_at(server.url).refresh(TOKEN)
    assert "onnect" not in failed.value.remedy


def test_a_passing_failure_is_tried_again(server: ScriptedServer) -> None:
    server.answers(Answer(503), Answer(drop=True), json_answer({"access_token": "A", "scope": "a b"}))
    assert sign_in_at(server.url, attempts=3).refresh(TOKEN) == ("a", "b")


def test_a_pause_that_google_asks_for_is_told(server: ScriptedServer) -> None:
    server.answers(Answer(429, b"{}", {"Retry-After": "90"}))
    with pytest.raises(RateLimited) as limited:
        sign_in_at(server.url).refresh(TOKEN)
    assert limited.value.retry_after_seconds == 90


def test_a_refused_client_is_no_ended_consent(server: ScriptedServer) -> None:
    server.answers(
        json_answer({"error": "invalid_client"}, 401), json_answer({"error": "invalid_request"}, 400), Answer(400, b"?")
    )
    for says in ("Google refuses the OAuth client", "400", "400"):
        with pytest.raises(Refused, match=says) as refused:
            sign_in_at(server.url).refresh(TOKEN)
        assert not isinstance(refused.value, ConsentEnded)


def test_a_consent_is_taken_back(server: ScriptedServer) -> None:
    server.answers(Answer(200, b"{}"), json_answer({"error": "invalid_token"}, 400), Answer(500), Answer(403, b"{}"))
    sign_in = sign_in_at(server.url)
    assert sign_in.revoke(TOKEN) is True
    assert sign_in.revoke(TOKEN) is False
    with pytest.raises(ServiceFailed):
        sign_in.revoke(TOKEN)
    with pytest.raises(Refused):
        sign_in.revoke(TOKEN)
    assert server.asked[0].body == b"token=1%2F%2FREFRESH"  # in the body: addresses are logged on the way


def test_a_refresh_within_a_call_is_told_apart_too(scene: Scene) -> None:
    scene.answers(json_answer({"error": "invalid_grant", "error_description": "Token has been expired or revoked."}, 400))
    with pytest.raises(ConsentEnded):
        scene.youtube.data(CHANNEL).own_channel()


@pytest.mark.parametrize(
    ("answer", "is_transient", "kind"),
    [
        ({"error": "invalid_grant"}, False, ConsentEnded),
        ({"error": "invalid_grant"}, True, ServiceFailed),
        ({"error": "invalid_client"}, False, Refused),
        ({"error": "what"}, False, Refused),
        ({}, False, ServiceFailed),
        ("<html>", False, ServiceFailed),
        (None, False, ServiceFailed),
    ],
)
def test_what_a_failed_refresh_means(answer: object, is_transient: bool, kind: type[YtempireError]) -> None:
    assert type(refresh_failure(answer, is_transient)) is kind


def test_secrets_show_in_no_repr() -> None:
    client = OAuthClient("client", SecretStr("CLIENTSECRET"))
    assert client.token_uri == GOOGLE_TOKEN_URI
    credentials = YouTubeCredentials(client_secret=SecretStr("CLIENTSECRET"), refresh_tokens={ChannelId("UC1"): TOKEN})
    shown = repr([client, Grant(TOKEN, SCOPES), GoogleSignIn(client), credentials])
    assert "CLIENTSECRET" not in shown
    assert "REFRESH" not in shown


def test_missing_scopes_are_named_in_short() -> None:
    assert missing_scopes(SCOPES[1:]) == ("youtube",)
    assert missing_scopes((*SCOPES, "openid")) == ()
