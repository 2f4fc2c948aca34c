"""Own channels beyond those that the scenario names."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.simulator.scenario import Scenario, load_scenario
from connectors.simulator.simulation import open_simulation
from tests.unit.connectors.simulator.conftest import NOON


def test_the_files_channels_come_first_and_stay_as_they_are(scenario: Scenario) -> None:
    assert load_scenario(channels=40).channels[:6] == scenario.channels == load_scenario(channels=6).channels
    assert load_scenario(channels=2).channels == scenario.channels[:2]
    assert load_scenario(channels=120).channels[:40] == load_scenario(channels=40).channels


def test_made_up_channels_are_different_and_plausible() -> None:
    channels = load_scenario(channels=1000).channels
    for what in (
        {channel.handle for channel in channels},
        {channel.title for channel in channels},
        {channel.channel_id for channel in channels},
    ):
        assert len(what) == 1000
    made_up = channels[6:]
    assert {channel.niche for channel in made_up} == {"gaming", "music", "entertainment", "film"}
    assert len({channel.timezone for channel in made_up}) == 10
    assert max(channel.subscribers for channel in made_up) > 100 * min(channel.subscribers for channel in made_up)
    assert not any(channel.is_active for channel in made_up)
    for channel in made_up:
        assert channel.zone is not None
        assert 0.02 < channel.base_ctr < 0.1
        assert 90 <= channel.typical_seconds <= 1500


@pytest.mark.parametrize("channels", [1, 30])
def test_more_channels_change_nothing_about_the_others(tmp_path: Path, channels: int) -> None:
    six, other = (open_simulation(tmp_path / str(count), None, 5, channels=count) for count in (None, channels))
    own = six.world.scenario.channels[0].channel_id
    assert six.world.channel(own, NOON) == other.world.channel(own, NOON)
    assert six.world.uploads(own, NOON, None, slice(30)) == other.world.uploads(own, NOON, None, slice(30))
    assert six.world.chart("US", 0, NOON) == other.world.chart("US", 0, NOON)
    for simulation in (six, other):
        simulation.state.close()
