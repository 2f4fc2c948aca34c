"""The simulated world at noon of one day, and clients that talk to it over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine

from connectors.simulator.process import SimulatorControl
from connectors.youtube.client import YouTube
from core.clock import FrozenClock, noon
from core.ids import ChannelId
from core.ledger.store import MemoryLedgerStore
from tests.contract.connectors.report_scene import Scene
from tests.contract.connectors.reporting_service import ReportingService
from tests.simulated import quota_ledger, running_simulator, youtube_of

DAY = date(2026, 6, 8)


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorControl]:
    with running_simulator(tmp_path_factory.mktemp("simulator")) as control:
        control.set_clock(noon(DAY))
        yield control


@pytest.fixture
def youtube(simulator: SimulatorControl) -> Iterator[YouTube]:
    """With a quota ledger of its own; the simulator counts for itself."""
    with closing(youtube_of(simulator, quota_ledger(MemoryLedgerStore()), FrozenClock(noon(DAY)))) as made:
        yield made


@pytest.fixture
def channel_id(youtube: YouTube) -> ChannelId:
    return youtube.channel_ids[0]


@pytest.fixture
def scene(database: Engine, tmp_path: Path) -> Iterator[Scene]:
    with ReportingService() as service:
        yield Scene(service, database, tmp_path / "archive")
