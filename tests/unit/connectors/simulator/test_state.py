"""What the state keeps across restarts, and tokens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.simulator.audience import ThumbnailTraits
from connectors.simulator.simulation import SCOPES, Simulation, open_simulation
from connectors.simulator.state import Code, Grant, Job, Mark, State
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


def granted(simulation: Simulation, place: int) -> Grant:
    known = simulation.grant_of(simulation.refresh_token(simulation.world.scenario.channels[place].channel_id))
    assert known is not None
    return known


def test_access_tokens_expire_and_cannot_be_forged(synthetic: Simulation) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    synthetic.wall = FrozenClock(now)
    mine, other = granted(synthetic, 0), granted(synthetic, 1)
    token = synthetic.access_token(mine)
    bearer = synthetic.bearer(token)
    assert bearer is not None
    assert (bearer.channel_id, bearer.scopes) == (mine.channel_id, SCOPES)
    assert synthetic.bearer(token.replace(f".{mine.grant_id}.", f".{other.grant_id}.")) is None
    assert synthetic.bearer("ya29.a.b.c") is None
    synthetic.wall = FrozenClock(now + timedelta(hours=1))
    assert synthetic.bearer(token) is None


def test_consents_and_marks_outlive_a_restart(tmp_path: Path) -> None:
    first = State(tmp_path)
    grant = first.add_grant("1//x", "UC1", frozenset({"a", "b"}), 5.0)
    first.use_grant(grant.grant_id, 9.0)
    first.set_grants("UC1", "expired", frozenset({"b"}))
    first.add_code(Code("4/0", "UC1", frozenset({"a"}), "http://127.0.0.1/", "", is_offline=True, issued=1.0))
    first.mark("v", Mark("deleted", 3.0, has_hidden_likes=True))
    first.close()
    again = State(tmp_path)
    kept = again.grant_of("1//x")
    assert kept == Grant(grant.grant_id, "1//x", "UC1", frozenset({"a", "b"}), frozenset({"b"}), "expired", 9.0)
    assert kept.scopes == {"a"}
    assert again.marks() == {"v": Mark("deleted", 3.0, has_hidden_likes=True)}
    assert again.take_code("4/0") is not None
    assert again.take_code("4/0") is None
    again.close()


def test_spending_quota_is_no_change_of_the_world(tmp_path: Path) -> None:
    state = State(tmp_path)
    before = state.changes
    state.spend("p", 1, "general", 4, 10)
    assert state.changes == before
    state.mark("v", Mark())
    assert state.changes > before
    state.close()
