"""Refresh tokens in the settings: connected once, sealed, and never in the way of a newer consent or of the other channels."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from pydantic import SecretStr

from connectors.youtube.accounts import Health, TokenCheck
from connectors.youtube.credentials import YouTubeCredentials
from connectors.youtube.oauth import SCOPES, GoogleSignIn, Grant, OAuthClient
from core.clock import FrozenClock, noon
from core.ids import ChannelId
from core.settings import Settings
from orchestration.connecting import disconnect_channel
from orchestration.stack import Stack
from tests.integration.accounts.conftest import Scene
from tests.integration.ingestion.conftest import DAY
from tests.simulated import QUICK

pytestmark = pytest.mark.postgres


class Abroad(Stack):
    """A stack of the live market whose Google is the simulator."""

    def __init__(self, scene: Scene, tokens: Mapping[str, str]) -> None:
        settings = scene.stack.settings.model_copy(
            update={"live": True, "youtube_refresh_tokens": {channel: SecretStr(token) for channel, token in tokens.items()}}
        )
        super().__init__(settings, FrozenClock(noon(DAY)))
        given = scene.simulator.credentials()
        secret = SecretStr(given.client_secret)
        client = OAuthClient(given.client_id, secret, given.auth_uri, given.token_uri, given.revoke_uri)
        self._address = scene.simulator.base_url
        self.__dict__.update(
            engine=scene.stack.engine,
            operator=YouTubeCredentials(SecretStr(given.api_key), given.client_id, secret, token_uri=given.token_uri),
            sign_in=GoogleSignIn(client, QUICK),
        )

    @property
    def market_url(self) -> str:
        return self._address


@contextmanager
def abroad(scene: Scene, tokens: Mapping[str, str]) -> Iterator[Abroad]:
    stack = Abroad(scene, tokens)
    yield stack
    stack.forget_youtube()


def held(stack: Stack) -> dict[str, str]:
    return {channel: token.get_secret_value() for channel, token in stack.accounts.tokens().items()}


@pytest.fixture
def tokens(scene: Scene) -> dict[str, str]:
    return dict(list(scene.simulator.credentials().refresh_tokens.items())[:2])


def test_tokens_of_the_settings_are_connected(scene: Scene, tokens: dict[str, str], caplog: pytest.LogCaptureFixture) -> None:
    (one, token), (two, _) = tokens.items()
    wrong = {"UCwrong": "1//s3cret-wrong", two: token}
    with abroad(scene, {one: token, **wrong}) as stack:
        assert held(stack) == {one: token}
        (account,) = stack.accounts.accounts()
    assert account.last_used_at is None
    assert account.niche != ""
    told = " ".join(caplog.messages)
    assert "UCwrong of YTEMPIRE_YOUTUBE_REFRESH_TOKENS is not connected: Google says" in told
    assert f"is of {one}" in told
    assert "1//" not in told


def test_what_is_connected_costs_no_call(scene: Scene, tokens: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    with abroad(scene, tokens) as stack:
        assert held(stack) == tokens
    monkeypatch.setattr(GoogleSignIn, "refresh", lambda *_: pytest.fail("Google was asked"))
    with abroad(scene, tokens) as stack:
        assert held(stack) == tokens


def test_a_newer_consent_is_kept(scene: Scene, tokens: dict[str, str]) -> None:
    (channel, token), *_ = tokens.items()
    with abroad(scene, tokens) as stack:
        account = stack.accounts.account(channel)
        newer = Grant(SecretStr("1//newer"), SCOPES)
        stack.accounts.save(_profile(account), newer, noon(DAY))
    with abroad(scene, tokens) as stack:
        assert held(stack)[channel] == "1//newer"
        ended = TokenCheck(ChannelId(channel), account.handle, Health.REVOKED, "")
        stack.accounts.record([ended], noon(DAY))
    with abroad(scene, tokens) as stack:  # where the newer one has ended, the settings' is tried
        assert held(stack)[channel] == token


def test_an_ended_token_is_not_tried_again_at_each_start(
    scene: Scene, tokens: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (channel, _), *_ = tokens.items()
    with abroad(scene, tokens) as stack:
        stack.accounts.record([TokenCheck(ChannelId(channel), "", Health.EXPIRED, "")], noon(DAY))
    monkeypatch.setattr(GoogleSignIn, "refresh", lambda *_: pytest.fail("Google was asked"))
    with abroad(scene, tokens) as stack:
        assert channel not in held(stack)


def test_a_disconnected_channel_is_not_connected_again(scene: Scene, tokens: dict[str, str]) -> None:
    (channel, _), (other, _) = tokens.items()
    with abroad(scene, tokens) as stack:
        disconnect_channel(stack, scene.console, channel, erases=True, confirms=lambda question: True)
    with abroad(scene, tokens) as stack:
        assert list(held(stack)) == [other]


def test_settings_show_no_token(tokens: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YTEMPIRE_YOUTUBE_REFRESH_TOKENS", json.dumps(tokens))
    shown = repr(Settings()) + Settings().model_dump_json()
    assert not [token for token in tokens.values() if token in shown]


def _profile(account: Any) -> Any:
    from connectors.youtube.accounts import Profile

    return Profile(account.channel_id, account.handle, account.title, account.niche, 20, account.timezone)
