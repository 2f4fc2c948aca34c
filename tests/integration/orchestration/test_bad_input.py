"""Bad input that only a running server can tell, given to the command as a user gives it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from connectors.simulator.process import simulator_process
from core.settings import ROOT, Settings

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A state folder that the database's account may enter; pytest's own is closed to others."""
    path = Path(tempfile.mkdtemp(prefix="yt-bad-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def command(home: Path) -> Iterator[Command]:
    """`ytempire` on that folder; its servers are stopped at the end."""
    ours = ("YTEMPIRE_", "OPENAI_", "ELEVENLABS_", "DATABASE_", "REDIS_")
    bare = {name: value for name, value in os.environ.items() if not name.startswith(ours)}

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "-c", "from orchestration.cli import main; main()", *arguments]
        environment = {**bare, "YTEMPIRE_HOME": str(home), "COLUMNS": "200", **variables}
        return subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120)

    yield run
    run("down")


@pytest.fixture
def empty(command: Command, home: Path) -> Iterator[Path]:
    """A folder for one test alone: servers of others may run on `home`."""
    path = Path(tempfile.mkdtemp(dir=home))
    path.chmod(0o755)
    yield path
    command("down", YTEMPIRE_HOME=str(path))


def refused(result: subprocess.CompletedProcess[str], says: str) -> None:
    assert result.returncode == 1
    assert says in result.stderr
    assert "Traceback" not in result.stderr
    assert "s3cret" not in result.stderr + result.stdout


def test_a_day_outside_the_market_makes_no_database(command: Command, empty: Path) -> None:
    at = {"YTEMPIRE_HOME": str(empty)}
    refused(command("run", "--day", "1999-01-01", **at), "outside the synthetic market")
    # The world knows this day, the calendar does not.
    refused(command("run", "--day", "2025-11-01", **at), "outside the synthetic market")
    refused(command("video", "pixel-pulse", "--day", "9999-12-31", **at), "outside the synthetic market")
    assert not (empty / "synthetic" / "pg").exists()


def test_addresses_that_do_not_answer(command: Command, empty: Path) -> None:
    at = {"YTEMPIRE_HOME": str(empty)}
    refused(command("run", DATABASE_URL="postgresql://me:s3cret@127.0.0.1:9/x", **at), "127.0.0.1:9/x does not answer")
    refused(command("run", REDIS_URL="redis://:s3cret@127.0.0.1:9/0", **at), "The Redis at 127.0.0.1:9 does not answer")
    assert not (empty / "synthetic" / "pg").exists()


def test_data_folders_that_cannot_be_played(command: Command, empty: Path, tmp_path: Path) -> None:
    at = {"YTEMPIRE_HOME": str(empty)}
    refused(command("run", "--data", str(tmp_path), **at), "trending_US.csv.gz is missing")
    charts = tmp_path / "trending_2026"
    charts.mkdir()
    (charts / "trending_US.csv.gz").write_bytes(b"\x1f\x8b\x08\x00cut off")
    refused(command("run", "--data", str(tmp_path), **at), "trending_US.csv.gz is damaged")
    assert not (empty / "replay" / "pg").exists()


def test_names_and_days_that_are_not_there(command: Command) -> None:
    refused(command("video", "no-such"), "There is no channel 'no-such'")
    refused(command("train", "trend"), "The warehouse holds no data up to 2026-06-08 yet")
    refused(command("train", "trend", "--day", "2020-01-01"), "2020-01-01 is outside the calendar")


def test_the_doctor_finds_refused_keys(command: Command, home: Path) -> None:
    root = f"http://127.0.0.1:{simulator_process(Settings(_env_file=None, home=home, data=None)).ensure()}"
    hosted = {"OPENAI_BASE_URL": f"{root}/openai/v1", "ELEVENLABS_BASE_URL": f"{root}/elevenlabs"}
    wrong = command("doctor", OPENAI_API_KEY="sk-s3cret", ELEVENLABS_API_KEY="s3cret", **hosted)
    assert wrong.returncode == 2
    assert "OpenAI refused the key" in wrong.stdout
    assert "ElevenLabs refused the key" in wrong.stdout
    assert "s3cret" not in wrong.stdout + wrong.stderr
    right = command("doctor", OPENAI_API_KEY="sk-simulator", ELEVENLABS_API_KEY="simulator", **hosted)
    assert right.returncode == 0, right.stdout
