"""A simulator served over real HTTP, and the official clients pointed at it without any change of theirs."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from connectors.simulator.app import build_app
from connectors.simulator.process import SimulatedChannel, SimulatorControl
from connectors.simulator.simulation import open_simulation

_OPENED: dict[str, list[Any]] = defaultdict(list)
"""Google clients by the world they talk to: they keep their sockets until told to close them."""
NOON = datetime(2026, 6, 8, 12, tzinfo=UTC)


@contextmanager
def served(state: Path, seed: int = 11, **options: Any) -> Iterator[SimulatorControl]:
    """Serve a synthetic world from this process until the block ends; options as of `open_simulation`."""
    simulation = open_simulation(state, None, seed, **options)
    server = uvicorn.Server(uvicorn.Config(build_app(simulation), host="127.0.0.1", port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    control = SimulatorControl(f"http://127.0.0.1:{port}")
    try:
        control.set_clock(NOON)
        yield control
    finally:
        for client in _OPENED.pop(control.base_url, ()):
            client.close()
        control.close()
        server.should_exit = True
        thread.join()
        simulation.state.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorControl]:
    """A world for tests that only read."""
    with served(tmp_path_factory.mktemp("state")) as control:
        yield control


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[SimulatorControl]:
    """A world of the test's own."""
    with served(tmp_path / "state") as control:
        yield control


def channel(control: SimulatorControl, handle: str = "pixel-pulse") -> SimulatedChannel:
    """An own channel by its handle."""
    return next(found for found in control.credentials().channels if found.handle == handle)


def google(control: SimulatorControl, api: str, version: str, handle: str | None = "pixel-pulse") -> Any:
    """An official Google client: with a channel's refresh token, or (no handle) with the API key."""
    from google.oauth2.credentials import Credentials
    from googleapiclient.discovery import build

    known = control.credentials()
    options: dict[str, Any] = {"static_discovery": True, "client_options": {"api_endpoint": control.base_url}}
    if handle is None:
        return _kept(control, build(api, version, developerKey=known.api_key, **options))
    credentials = Credentials(
        token=None,
        refresh_token=known.refresh_tokens[channel(control, handle).channel_id],
        token_uri=known.token_uri,
        client_id=known.client_id,
        client_secret=known.client_secret,
    )
    return _kept(control, build(api, version, credentials=credentials, **options))


def _kept(control: SimulatorControl, client: Any) -> Any:
    _OPENED[control.base_url].append(client)
    return client


@contextmanager
def signed_in(control: SimulatorControl, handle: str = "pixel-pulse") -> Iterator[httpx.Client]:
    """A plain HTTP client that speaks for a channel's owner."""
    known = control.credentials()
    form = {
        "grant_type": "refresh_token",
        "client_id": known.client_id,
        "client_secret": known.client_secret,
        "refresh_token": known.refresh_tokens[channel(control, handle).channel_id],
    }
    with httpx.Client(base_url=control.base_url) as client:
        client.headers["Authorization"] = f"Bearer {client.post('/oauth2/token', data=form).json()['access_token']}"
        yield client


def reason(call: Callable[[], Any]) -> tuple[int, str]:
    """Status and reason of the HttpError that a call raises."""
    from googleapiclient.errors import HttpError

    with pytest.raises(HttpError) as caught:
        call()
    details = caught.value.error_details
    return caught.value.status_code, details[0]["reason"] if isinstance(details, list) and details else str(details)
