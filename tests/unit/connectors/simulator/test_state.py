"""What the state keeps across restarts, and tokens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.simulator.audience import ThumbnailTraits
from connectors.simulator.simulation import Simulation, open_simulation
from connectors.simulator.state import Job, State
from core.clock import FrozenClock
from core.errors import Damaged
from tests.unit.connectors.simulator.conftest import NOON


def test_the_clock_begins_at_noon_of_the_first_day_and_is_kept(tmp_path: Path) -> None:
    first = open_simulation(tmp_path, None, 1)
    assert first.now == (datetime(2025, 10, 1, 12, tzinfo=UTC).timestamp()) / 3600
    first.set_clock(NOON)
    first.state.close()
    again = open_simulation(tmp_path, None, 1)
    assert again.now == NOON
    again.state.close()


def test_quota_never_passes_its_limit(tmp_path: Path) -> None:
    state = State(tmp_path)
    assert [state.spend("p", 1, "general", 4, 10) for _ in range(3)] == [True, True, False]
    assert state.spend("p", 1, "general", 2, 10)
    assert state.spent("p", 1) == {"general": 10}
    assert state.spent("p", 2) == {}
    state.close()


def test_a_thumbnail_set_in_the_past_forgets_later_ones(tmp_path: Path) -> None:
    state = State(tmp_path)
    traits = ThumbnailTraits(0.1, 0.2, 0.3)
    state.set_thumbnail("v", 10.0, traits, b"a")
    state.set_thumbnail("v", 20.0, traits, b"b")
    assert [state.picture("v", at) for at in (5.0, 15.0, 25.0)] == [None, b"a", b"b"]
    state.set_thumbnail("v", 5.0, traits, b"c")
    assert [face.since for face in state.faces("v")] == [5.0]
    assert state.picture("v", 25.0) == b"c"
    state.close()


def test_a_channel_has_one_job_of_a_type(tmp_path: Path) -> None:
    state = State(tmp_path)
    assert state.add_job(Job("j1", "c", "reach", "first", 1.0))
    assert not state.add_job(Job("j2", "c", "reach", "second", 2.0))
    assert [job.job_id for job in state.jobs("c")] == ["j1"]
    state.close()


def test_a_damaged_state_is_one_clear_sentence(tmp_path: Path) -> None:
    (tmp_path / "world.sqlite").write_bytes(b"this is no database at all" * 50)
    with pytest.raises(Damaged, match=r"world\.sqlite"):
        State(tmp_path)


def test_access_tokens_expire_and_cannot_be_forged(synthetic: Simulation) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    synthetic.wall = FrozenClock(now)
    channel, other = (synthetic.world.scenario.channels[place].channel_id for place in (0, 1))
    token = synthetic.access_token(channel)
    assert synthetic.channel_of_token(token) == channel
    assert synthetic.channel_of_token(token.replace(channel, other)) is None
    assert synthetic.channel_of_token("ya29.a.b.c") is None
    synthetic.wall = FrozenClock(now + timedelta(hours=1))
    assert synthetic.channel_of_token(token) is None
