"""A running simulator for contract and integration tests, and clients made for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import SecretStr

from connectors.http import RetryPolicy
from connectors.simulator.process import SimulatorControl, simulator_process
from connectors.youtube.client import YouTube
from connectors.youtube.credentials import YouTubeCredentials
from connectors.youtube.quota import QuotaGate, limits_of, price_table
from core.clock import Clock
from core.ids import ChannelId
from core.ledger.quota import QuotaLedger
from core.ledger.store import LedgerStore
from core.settings import Settings

PROFILE = "2026-06"
QUICK = RetryPolicy(pause_seconds=0.01)


@contextmanager
def running_simulator(folder: Path, seed: int = 7) -> Iterator[SimulatorControl]:
    """A simulator of the synthetic market in a process of its own, stopped at the end."""
    process = simulator_process(Settings(home=folder, data=None, seed=seed))
    control = SimulatorControl(f"http://127.0.0.1:{process.ensure()}")
    try:
        yield control
    finally:
        control.close()
        process.stop()


def quota_ledger(store: LedgerStore, **limits: int) -> QuotaLedger:
    """A ledger with the present price table's limits, some of them changed."""
    return QuotaLedger(store, {**limits_of(PROFILE), **limits})


def youtube_of(control: SimulatorControl, ledger: QuotaLedger, clock: Clock, channels: int | None = None) -> YouTube:
    """The YouTube of a simulator, with its operator's credentials for all channels or the first few."""
    given = control.credentials()
    tokens = list(given.refresh_tokens.items())[:channels]
    credentials = YouTubeCredentials(
        api_key=SecretStr(given.api_key),
        client_id=given.client_id,
        client_secret=SecretStr(given.client_secret),
        refresh_tokens={ChannelId(name): SecretStr(token) for name, token in tokens},
        token_uri=given.token_uri,
    )
    return YouTube(control.base_url, credentials, QuotaGate(ledger, price_table(PROFILE), clock), QUICK)
