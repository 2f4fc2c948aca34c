"""A simulated world and a fresh database, joined as the sources of a day's ingestion."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date

import pytest
from sqlalchemy import Engine

from connectors.ingest import Sources
from connectors.simulator.process import SimulatorControl
from connectors.trends.hackernews import HackerNews
from connectors.trends.wikipedia import Wikipedia
from connectors.youtube.client import YouTube
from core.clock import Clock, FrozenClock, noon
from core.ledger.quota import QuotaLedger
from core.ledger.store import PostgresLedgerStore
from tests.simulated import quota_ledger, running_simulator, youtube_of

DAY = date(2026, 6, 8)


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorControl]:
    with running_simulator(tmp_path_factory.mktemp("simulator")) as control:
        yield control


@dataclass(frozen=True)
class World:
    """What ingestion needs of a stack: the same attributes as `orchestration.stack.Stack` has."""

    engine: Engine
    youtube: YouTube
    hackernews: HackerNews
    wikipedia: Wikipedia
    simulator: SimulatorControl
    ledger: QuotaLedger

    @property
    def sources(self) -> Sources:
        return Sources(self.engine, self.youtube, self.hackernews, self.wikipedia)

    def clock_for(self, day: date) -> Clock:
        self.simulator.set_clock(noon(day))
        return FrozenClock(noon(day))


def make_world(database: Engine, simulator: SimulatorControl, **limits: int) -> World:
    ledger = quota_ledger(PostgresLedgerStore(database), **limits)
    return World(
        database,
        youtube_of(simulator, ledger, FrozenClock(noon(DAY)), channels=2),
        HackerNews(simulator.base_url),
        Wikipedia(simulator.base_url),
        simulator,
        ledger,
    )


@pytest.fixture
def world(database: Engine, simulator: SimulatorControl) -> Iterator[World]:
    made = make_world(database, simulator)
    with closing(made.youtube), closing(made.hackernews), closing(made.wikipedia):
        yield made
