"""A YouTube whose services are the scripted server, with a quota ledger in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from connectors.http import RetryPolicy
from connectors.youtube.client import YouTube
from connectors.youtube.credentials import YouTubeCredentials
from connectors.youtube.quota import QuotaGate, price_table
from core.clock import FrozenClock, pacific_day
from core.ids import ChannelId
from core.ledger.quota import QuotaLedger
from core.ledger.store import MemoryLedgerStore
from tests.unit.connectors.scripted import Answer, ScriptedServer, json_answer

NOW = datetime(2026, 6, 8, 12, tzinfo=UTC)
CHANNEL = ChannelId("UCchannel")
TOKEN = json_answer({"access_token": "ACCESS", "expires_in": 3600, "token_type": "Bearer"})


@dataclass
class Scene:
    """A YouTube over a script; the first answer to a channel's client must be TOKEN."""

    server: ScriptedServer
    youtube: YouTube
    ledger: QuotaLedger
    pauses: list[float] = field(default_factory=list)

    def answers(self, *answers: Answer) -> None:
        self.server.answers(*answers)

    def spent(self, bucket: str = "data") -> int:
        return self.ledger.spent("default", bucket, pacific_day(NOW))


def make_scene(server: ScriptedServer, limits: dict[str, int] | None = None) -> Scene:
    prices = price_table("2026-06")
    ledger = QuotaLedger(MemoryLedgerStore(), {**prices.limits, **(limits or {})})
    credentials = YouTubeCredentials(
        api_key=SecretStr("APIKEY"),
        client_id="client",
        client_secret=SecretStr("CLIENTSECRET"),
        refresh_tokens={CHANNEL: SecretStr("REFRESH")},
        token_uri=f"{server.url}/oauth2/token",
    )
    pauses: list[float] = []
    retry = RetryPolicy(sleep=pauses.append, jitter=lambda seconds: seconds)
    return Scene(server, YouTube(server.url, credentials, QuotaGate(ledger, prices, FrozenClock(NOW)), retry), ledger, pauses)


@pytest.fixture
def scene(server: ScriptedServer) -> Iterator[Scene]:
    made = make_scene(server)
    with closing(made.youtube):
        yield made
