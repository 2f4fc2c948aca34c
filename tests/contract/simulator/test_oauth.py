"""The consent page, the token endpoint and revocation, as a desktop client and a browser meet them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from connectors.simulator.process import SimulatorControl
from core.errors import Refused
from tests.contract.simulator.conftest import NOON, channel, served

SCOPE = "https://www.googleapis.com/auth/"
READ, ANALYTICS, UPLOAD = f"{SCOPE}youtube.readonly", f"{SCOPE}yt-analytics.readonly", f"{SCOPE}youtube.upload"
BACK = "http://127.0.0.1:45123/connected"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


class Form(HTMLParser):
    """The one form of a page: where it goes, and what is chosen in it beforehand."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action, self.chosen, self.channels = "", [], []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = found["action"]
        elif tag == "input":
            if found["name"] == "channel":
                self.channels.append(found["value"])
            if "checked" in found:
                self.chosen.append((found["name"], found["value"]))


@dataclass
class MovingClock:
    """A clock that the test moves."""

    moment: datetime = NOON

    def now(self) -> datetime:
        return self.moment


@pytest.fixture
def browser(fresh: SimulatorControl) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=fresh.base_url) as client:
        yield client


def question(control: SimulatorControl, **changes: str | None) -> str:
    """Where a client sends its owner's browser."""
    known = control.credentials()
    asked = {
        "client_id": known.client_id,
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": f"{READ} {ANALYTICS}",
        "state": "a state & more",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "access_type": "offline",
        "prompt": "consent",
        **changes,
    }
    return f"{known.auth_uri}?{urlencode({name: value for name, value in asked.items() if value is not None})}"


def code_of(location: str) -> str:
    return parse_qs(urlsplit(location).query)["code"][0]


def exchange(control: SimulatorControl, code: str | None, **changes: str | None) -> httpx.Response:
    known = control.credentials()
    form = {
        "grant_type": "authorization_code",
        "client_id": known.client_id,
        "client_secret": known.client_secret,
        "code": code,
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
        **changes,
    }
    return httpx.post(known.token_uri, data={name: value for name, value in form.items() if value is not None})


def refresh(control: SimulatorControl, token: str) -> httpx.Response:
    return exchange(control, None, grant_type="refresh_token", refresh_token=token, redirect_uri=None, code_verifier=None)


def connected(control: SimulatorControl, handle: str = "reel-signal", **changes: str | None) -> dict[str, Any]:
    """The tokens of a consent to all that is asked for."""
    back = control.consent(question(control, **changes), channel(control, handle).channel_id)
    answer = exchange(control, code_of(back))
    assert answer.status_code == 200, answer.text
    tokens: dict[str, Any] = answer.json()
    return tokens


def read(control: SimulatorControl, path: str, token: str, **query: str) -> httpx.Response:
    return httpx.get(f"{control.base_url}{path}", params=query, headers={"Authorization": f"Bearer {token}"})


def test_a_browser_chooses_a_channel_on_the_page(fresh: SimulatorControl, browser: httpx.Client) -> None:
    page = browser.get(question(fresh, login_hint="@quest-ledger"))
    form = Form(page.text)
    assert form.channels == [own.channel_id for own in fresh.credentials().channels]
    own = channel(fresh, "quest-ledger")
    assert dict(form.chosen)["channel"] == own.channel_id
    assert {value for name, value in form.chosen if name == "scope"} == {READ, ANALYTICS}
    sent = {"channel": own.channel_id, "scope": [READ, ANALYTICS], "decision": "allow"}
    answer = browser.post(form.action, data=sent)
    assert answer.status_code == 303
    back = urlsplit(answer.headers["location"])
    assert f"{back.scheme}://{back.netloc}{back.path}" == BACK
    assert parse_qs(back.query)["state"] == ["a state & more"]
    tokens = exchange(fresh, code_of(answer.headers["location"])).json()
    assert (tokens["token_type"], set(tokens["scope"].split())) == ("Bearer", {READ, ANALYTICS})
    mine = read(fresh, "/youtube/v3/channels", tokens["access_token"], part="id", mine="true").json()
    assert [item["id"] for item in mine["items"]] == [own.channel_id]
    again = refresh(fresh, tokens["refresh_token"])
    assert again.status_code == 200
    assert "refresh_token" not in again.json()


def test_googles_own_library_completes_the_flow(fresh: SimulatorControl, monkeypatch: pytest.MonkeyPatch) -> None:
    from google_auth_oauthlib.flow import InstalledAppFlow

    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # it asks for https, which loopback has no use for
    known = fresh.credentials()
    client = {
        "client_id": known.client_id,
        "client_secret": known.client_secret,
        "auth_uri": known.auth_uri,
        "token_uri": known.token_uri,
    }
    flow = InstalledAppFlow.from_client_config({"installed": client}, [READ, ANALYTICS], redirect_uri=BACK)
    address, state = flow.authorization_url(access_type="offline", prompt="consent")
    back = fresh.consent(address, channel(fresh).channel_id)
    assert parse_qs(urlsplit(back).query)["state"] == [state]
    flow.fetch_token(authorization_response=back)
    assert flow.credentials.refresh_token
    assert set(flow.credentials.granted_scopes) == {READ, ANALYTICS}
    flow.oauth2session.close()


@pytest.mark.parametrize("header", ["Basic !", "Basic " + base64.b64encode(b"somebody:x").decode(), "Bearer x", ""])
def test_a_client_must_say_who_it_is(fresh: SimulatorControl, header: str) -> None:
    known = fresh.credentials()
    answer = httpx.post(known.token_uri, data={"grant_type": "refresh_token"}, headers={"Authorization": header})
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_an_owner_can_refuse(fresh: SimulatorControl) -> None:
    location = fresh.consent(question(fresh), channel(fresh).channel_id, scopes=())
    assert parse_qs(urlsplit(location).query) == {"state": ["a state & more"], "error": ["access_denied"]}


def test_a_code_is_worth_one_exchange_by_the_client_that_asked(fresh: SimulatorControl) -> None:
    own = channel(fresh).channel_id

    def code() -> str:
        return code_of(fresh.consent(question(fresh), own))

    used = code()
    assert exchange(fresh, used).status_code == 200
    assert exchange(fresh, used).json()["error"] == "invalid_grant"
    assert exchange(fresh, "4/0nobody").json()["error"] == "invalid_grant"
    assert exchange(fresh, code(), code_verifier=None).json()["error_description"] == "Missing code verifier."
    assert exchange(fresh, code(), code_verifier="w" * 64).json()["error"] == "invalid_grant"
    assert exchange(fresh, code(), redirect_uri=f"{BACK}/").json()["error"] == "redirect_uri_mismatch"
    assert exchange(fresh, code(), client_secret="no").status_code == 401
    # Without a challenge no verifier is asked for.
    plain = fresh.consent(question(fresh, code_challenge=None, code_challenge_method=None), own)
    assert exchange(fresh, code_of(plain), code_verifier=None).status_code == 200


def test_a_code_lives_ten_minutes(tmp_path: Path) -> None:
    wall = MovingClock()
    with served(tmp_path, wall=wall) as control:
        codes = [code_of(control.consent(question(control), channel(control).channel_id)) for _ in range(2)]
        wall.moment += timedelta(minutes=9)
        assert exchange(control, codes[0]).status_code == 200
        wall.moment += timedelta(minutes=2)
        assert exchange(control, codes[1]).json()["error"] == "invalid_grant"


@pytest.mark.parametrize("changes", [{"access_type": None}, {"prompt": None}, {"prompt": "select_account"}])
def test_a_refresh_token_needs_offline_access_and_consent(fresh: SimulatorControl, changes: dict[str, str | None]) -> None:
    tokens = connected(fresh, **changes)
    assert "refresh_token" not in tokens
    assert read(fresh, "/youtube/v3/channels", tokens["access_token"], part="id", mine="true").status_code == 200


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_id": "somebody"}, 401, "invalid_client"),
        ({"redirect_uri": "https://evil.example/"}, 400, "redirect_uri_mismatch"),
        ({"redirect_uri": "http://127.0.0.1.evil.example:80/"}, 400, "redirect_uri_mismatch"),
        ({"redirect_uri": "http://[::1"}, 400, "redirect_uri_mismatch"),
        ({"response_type": "token"}, 400, "unsupported_response_type"),
        ({"code_challenge_method": "plain"}, 400, "invalid_request"),
        ({"code_challenge": None}, 400, "invalid_request"),
        ({"scope": "https://www.googleapis.com/auth/drive"}, 400, "invalid_scope"),
        ({"scope": None}, 400, "invalid_scope"),
    ],
)
def test_a_wrong_question_is_answered_on_the_page(
    fresh: SimulatorControl, browser: httpx.Client, changes: dict[str, str | None], status: int, error: str
) -> None:
    for answer in (browser.get(question(fresh, **changes)), browser.post(question(fresh, **changes), data={"decision": "allow"})):
        assert (answer.status_code, answer.headers.get("location")) == (status, None)
        assert error in answer.text


def test_nothing_of_a_question_becomes_markup(fresh: SimulatorControl, browser: httpx.Client) -> None:
    page = browser.get(question(fresh, state='"><script>alert(1)</script>', login_hint="<b>")).text
    assert "<script>" not in page
    assert "<b>" not in page


def test_a_choice_that_is_not_on_the_page_is_refused(fresh: SimulatorControl) -> None:
    with pytest.raises(Refused, match="400"):
        fresh.consent(question(fresh), "UCnobody")
    location = fresh.consent(question(fresh), channel(fresh).channel_id, scopes=[UPLOAD])  # not asked for
    assert "error=access_denied" in location


def test_calls_need_the_scope_that_was_consented_to(fresh: SimulatorControl) -> None:
    own = channel(fresh, "reel-signal")
    tokens = connected(fresh, scope=READ)
    token = tokens["access_token"]
    report = {"ids": "channel==MINE", "startDate": "2026-06-01", "endDate": "2026-06-02", "metrics": "views"}

    def reason(answer: httpx.Response) -> tuple[int, str]:
        error = answer.json()["error"]
        assert error["details"][0]["reason"] == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"
        return answer.status_code, error["errors"][0]["reason"]

    missing = (403, "insufficientPermissions")
    assert read(fresh, "/youtube/v3/channels", token, part="id", mine="true").status_code == 200
    assert reason(read(fresh, "/v2/reports", token, **report)) == missing
    assert reason(read(fresh, "/v1/jobs", token)) == missing
    assert reason(read(fresh, "/youtube/v3/captions", token, part="id", videoId="x")) == missing
    assert reason(read(fresh, "/youtube/v3/commentThreads", token, part="id", videoId="x")) == missing
    upload = httpx.post(
        f"{fresh.base_url}/upload/youtube/v3/videos",
        params={"uploadType": "resumable", "part": "snippet"},
        headers={"Authorization": f"Bearer {token}"},
        json={"snippet": {"title": "x"}},
    )
    assert reason(upload) == missing
    assert read(fresh, "/v2/reports", connected(fresh, scope=ANALYTICS)["access_token"], **report).status_code == 200
    # An owner can take a scope back of tokens that were given before.
    given = fresh.credentials().refresh_tokens[own.channel_id]
    access = refresh(fresh, given).json()["access_token"]
    assert read(fresh, "/v2/reports", access, **report).status_code == 200
    fresh.set_token(own.channel_id, withheld=[ANALYTICS, f"{SCOPE}yt-analytics-monetary.readonly"])
    assert reason(read(fresh, "/v2/reports", access, **report)) == missing
    assert ANALYTICS not in refresh(fresh, given).json()["scope"].split()
    fresh.set_token(own.channel_id)
    assert read(fresh, "/v2/reports", access, **report).status_code == 200


@pytest.mark.parametrize("state", ["expired", "revoked", "idle"])
def test_a_token_that_ended_is_an_invalid_grant_for_its_channel_alone(fresh: SimulatorControl, state: Any) -> None:
    mine, other = channel(fresh, "reel-signal"), channel(fresh, "beat-atlas")
    tokens = fresh.credentials().refresh_tokens
    flow = connected(fresh)
    access = refresh(fresh, tokens[mine.channel_id]).json()["access_token"]
    fresh.set_token(mine.channel_id, state)
    for token in (tokens[mine.channel_id], flow["refresh_token"]):
        answer = refresh(fresh, token)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert read(fresh, "/youtube/v3/channels", access, part="id", mine="true").status_code == 401
    assert refresh(fresh, tokens[other.channel_id]).status_code == 200
    # A new consent works at once, while the old token stays dead.
    assert refresh(fresh, connected(fresh)["refresh_token"]).status_code == 200
    assert refresh(fresh, tokens[mine.channel_id]).status_code == 400
    fresh.set_token(mine.channel_id, "healthy")
    assert refresh(fresh, tokens[mine.channel_id]).status_code == 200


@pytest.mark.parametrize("which", ["refresh_token", "access_token"])
def test_revoking_ends_one_consent(fresh: SimulatorControl, which: str) -> None:
    known, tokens, other = fresh.credentials(), connected(fresh), connected(fresh)
    assert httpx.post(known.revoke_uri, data={"token": tokens[which]}).status_code == 200
    again = httpx.post(known.revoke_uri, data={"token": tokens[which]})
    assert (again.status_code, again.json()["error"]) == (400, "invalid_token")
    assert refresh(fresh, tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert read(fresh, "/youtube/v3/channels", tokens["access_token"], part="id", mine="true").status_code == 401
    assert refresh(fresh, other["refresh_token"]).status_code == 200
    assert httpx.post(known.revoke_uri, data={"token": "1//nobody"}).status_code == 400


def test_a_refresh_token_goes_idle_after_half_a_year_without_use(fresh: SimulatorControl) -> None:
    used, left = connected(fresh)["refresh_token"], connected(fresh)["refresh_token"]
    handed_out = fresh.credentials().refresh_tokens[channel(fresh).channel_id]
    fresh.set_clock(NOON + timedelta(days=150))
    assert refresh(fresh, used).status_code == 200
    fresh.set_clock(NOON + timedelta(days=200))
    assert refresh(fresh, used).status_code == 200
    assert refresh(fresh, left).json()["error"] == "invalid_grant"
    assert refresh(fresh, handed_out).status_code == 200


def test_consents_outlive_the_server(tmp_path: Path) -> None:
    with served(tmp_path) as control:
        token = connected(control)["refresh_token"]
    with served(tmp_path) as control:
        assert refresh(control, token).status_code == 200
        control.set_token(channel(control, "reel-signal").channel_id, "revoked")
    with served(tmp_path) as control:
        assert refresh(control, token).status_code == 400


def test_control_refuses_what_it_does_not_know(fresh: SimulatorControl) -> None:
    for call in (
        lambda: fresh.set_token("UCnobody"),
        lambda: fresh.set_token(channel(fresh).channel_id, "tired"),  # type: ignore[arg-type]
        lambda: fresh.set_token(channel(fresh).channel_id, withheld=["drive"]),
    ):
        with pytest.raises(Refused):
            call()
