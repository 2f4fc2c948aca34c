"""Three simulated days from an empty folder, run by the command that users run; the journey and the browser share them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import pytest

FIRST = date(2026, 6, 8)


@dataclass
class Journey:
    """A folder of state and the command on it."""

    home: Path
    outputs: dict[date, str] = field(default_factory=dict)

    def command(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run `ytempire` on this state; short history and two trials, so that days stay minutes."""
        return subprocess.run(
            [Path(sys.executable).with_name("ytempire"), *arguments],
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=1500,
        )

    @property
    def environment(self) -> dict[str, str]:
        ours = {"YTEMPIRE_HOME": str(self.home), "YTEMPIRE_TRIALS": "2", "COLUMNS": "200"}
        return {name: value for name, value in os.environ.items() if not name.startswith("YTEMPIRE_")} | ours

    def run(self, day: date) -> None:
        result = self.command("run", "--day", day.isoformat())
        assert result.returncode == 0, result.stderr[-4000:]
        self.outputs[day] = result.stdout


@pytest.fixture(scope="session")
def journey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journey]:
    journey = Journey(tmp_path_factory.mktemp("journey"))
    try:
        for ahead in range(3):
            journey.run(FIRST + timedelta(days=ahead))
        yield journey
    finally:
        journey.command("down")


@pytest.fixture(scope="session")
def database(journey: Journey) -> Iterator[object]:
    """Engine on the journey's database."""
    from core.postgres.cluster import resolve_database
    from core.postgres.engine import create_engine
    from core.settings import Settings

    engine = create_engine(resolve_database(Settings(_env_file=None, home=journey.home)).url())
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def summaries(database: object) -> dict[date, dict[str, object]]:
    """The stored summary of each day."""
    from sqlalchemy import text

    with database.connect() as connection:  # type: ignore[attr-defined]
        rows = connection.execute(text("select day, summary from ops.day_runs")).all()
    return {row.day: row.summary if isinstance(row.summary, dict) else json.loads(row.summary) for row in rows}
