"""The simulator as a process of its own: started once, replaced when it must be, honest when it can't start."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.simulator.process import SimulatorControl, SimulatorProcess, simulator_process
from core.errors import Damaged, InvalidInput, OutsideMarket, Unreachable
from core.settings import ROOT, Settings
from tests.contract.simulator.conftest import NOON


@pytest.fixture
def process(tmp_path: Path) -> Iterator[SimulatorProcess]:
    process = simulator_process(Settings(home=tmp_path, data=None, seed=3))
    yield process
    process.stop()


def test_it_starts_once_survives_a_kill_and_keeps_its_clock(process: SimulatorProcess, tmp_path: Path) -> None:
    port = process.ensure()
    control = SimulatorControl(f"http://127.0.0.1:{port}")
    control.set_clock(NOON)
    assert process.ensure() == port
    pid = process.status().pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    again = SimulatorControl(f"http://127.0.0.1:{process.ensure()}")
    assert again.now() == NOON
    assert process.status().pid != pid
    control.close()
    again.close()


def test_control_tells_range_credentials_and_refusals(process: SimulatorProcess) -> None:
    control = SimulatorControl(f"http://127.0.0.1:{process.ensure()}")
    first, last = control.range()
    assert (first.isoformat(), last) == ("2025-10-01", None)
    with pytest.raises(OutsideMarket, match="2025-10-01"):
        control.set_clock(datetime(2024, 1, 1, tzinfo=UTC))
    known = control.credentials()
    assert {channel.handle for channel in known.channels} == {
        "pixel-pulse", "chart-compass", "spotlight-daily", "reel-signal", "quest-ledger", "beat-atlas",
    }  # fmt: skip
    lanes = {f"{channel.handle}.{slot.slot}" for channel in known.channels for slot in channel.slots if slot.is_active}
    assert lanes == {"pixel-pulse.evening", "chart-compass.morning"}
    assert set(known.refresh_tokens) == {channel.channel_id for channel in known.channels}
    control.close()
    process.stop()
    gone = SimulatorControl(control.base_url)
    with pytest.raises(Unreachable):
        gone.now()
    gone.close()


def test_a_hundred_channels_can_be_asked_for(tmp_path: Path) -> None:
    process = simulator_process(Settings(home=tmp_path, data=None, seed=3), channels=100, quota_profile="2025-12")
    control = SimulatorControl(f"http://127.0.0.1:{process.ensure()}")
    try:
        known = control.credentials()
        assert len(known.channels) == len(known.refresh_tokens) == 100
        assert len({channel.channel_id for channel in known.channels}) == 100
    finally:
        control.close()
        process.stop()


def test_data_that_cannot_be_used_is_said_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="doesn't exist"):
        simulator_process(Settings(home=tmp_path, data=tmp_path / "nowhere")).ensure()
    data = tmp_path / "data" / "trending_2026"
    data.mkdir(parents=True)
    (data / "trending_US.csv.gz").write_bytes(b"broken")
    with pytest.raises(Damaged, match=r"trending_US.csv.gz is damaged"):
        simulator_process(Settings(home=tmp_path, data=tmp_path / "data")).ensure()
    command = [sys.executable, "-m", "connectors.simulator", "--port", "1", "--state", str(tmp_path / "s"), "--market", "replay"]
    ended = subprocess.run([*command, "--data", str(tmp_path / "data")], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert len(ended.stderr.strip().splitlines()) == 1
