"""Small worlds for tests, without a server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.simulator.calendar import hours
from connectors.simulator.scenario import Scenario, load_scenario
from connectors.simulator.simulation import Simulation, open_simulation

DATA = Path(__file__).parents[5] / "shared" / "data"
NOON = hours(datetime(2026, 6, 8, 12, tzinfo=UTC))


@pytest.fixture(scope="session")
def scenario() -> Scenario:
    return load_scenario()


@pytest.fixture
def synthetic(tmp_path: Path) -> Iterator[Simulation]:
    """A synthetic world with an empty state."""
    simulation = open_simulation(tmp_path / "state", None, 5)
    yield simulation
    simulation.state.close()


@pytest.fixture(scope="session")
def recorded_data() -> Path:
    """The folder of the recorded market, beside the repository."""
    if not DATA.is_dir():
        pytest.skip(f"the recorded market is not there: {DATA}")
    return DATA
