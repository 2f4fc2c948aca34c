"""A simulated world and a fresh database, joined as the sources of a day's ingestion."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from connectors.feeds.feed import Sources
from connectors.ingest import Ingested, ingest_day
from connectors.simulator.process import SimulatorControl
from connectors.trends.source import TrendSource
from connectors.trends.sources import open_sources
from connectors.youtube.client import YouTube
from core.clock import Clock, FrozenClock, noon
from core.ledger.quota import QuotaLedger
from core.ledger.store import PostgresLedgerStore
from core.settings import Settings
from orchestration.stack import hours_before
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
    trends: dict[str, TrendSource]
    simulator: SimulatorControl
    ledger: QuotaLedger
    archive: Path

    @property
    def sources(self) -> Sources:
        return Sources(self.engine, self.youtube, self.trends, self.archive, lambda: self.simulator.competitors(3))

    def clock_at(self, moment: datetime) -> Clock:
        self.simulator.set_clock(moment)
        return FrozenClock(moment)

    def close(self) -> None:
        self.youtube.close()
        for source in self.trends.values():
            source.close()

    def ingest(self, table: str, day: date) -> Ingested:
        clock = self.clock_at(noon(day))
        return ingest_day(self.sources, table, day, clock, hours_before(clock.now()), self.clock_at)


def make_world(database: Engine, simulator: SimulatorControl, archive: Path, channels: int | None = 2, **limits: int) -> World:
    ledger = quota_ledger(PostgresLedgerStore(database), **limits)
    return World(
        database,
        youtube_of(simulator, ledger, FrozenClock(noon(DAY)), channels),
        open_sources(Settings(home=archive), database, simulator.base_url),
        simulator,
        ledger,
        archive,
    )


@pytest.fixture
def world(database: Engine, simulator: SimulatorControl, tmp_path: Path) -> Iterator[World]:
    made = make_world(database, simulator, tmp_path)
    with closing(made):
        yield made
