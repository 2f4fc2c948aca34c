"""Benches: fresh databases joined with one running simulator."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from connectors.feeds import FEEDS
from connectors.simulator.process import SimulatorControl
from core.clock import noon
from tests.conftest import fresh_database
from tests.contract.sources.harness import DAY, Bench, NewBench, Reads
from tests.simulated import running_simulator


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorControl]:
    with running_simulator(tmp_path_factory.mktemp("simulator")) as control:
        control.set_clock(noon(DAY))
        yield control


@contextmanager
def benches(postgres_url: str, simulator: SimulatorControl, folder: Path) -> Iterator[NewBench]:
    """What makes benches; all go at the end."""
    with ExitStack() as opened:

        def make(**options: Any) -> Bench:
            own = folder / uuid.uuid4().hex
            own.mkdir()
            return opened.enter_context(
                closing(Bench(opened.enter_context(fresh_database(postgres_url)), simulator, own, **options))
            )

        yield make


@pytest.fixture
def new(postgres_url: str, simulator: SimulatorControl, tmp_path: Path) -> Iterator[NewBench]:
    with benches(postgres_url, simulator, tmp_path) as make:
        yield make


@pytest.fixture(scope="module")
def every_source(postgres_url: str, simulator: SimulatorControl, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reads]:
    """Reads of all sources together, made once."""
    with benches(postgres_url, simulator, tmp_path_factory.mktemp("benches")) as make:
        yield Reads(make, FEEDS)
