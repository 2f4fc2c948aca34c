"""Which calls a fault hits."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from connectors.simulator.faults import Fault

paths = st.sampled_from(["/v2/reports", "/v1/jobs", "/youtube/v3/videos"])


@given(count=st.integers(0, 6), after=st.integers(0, 6), calls=st.lists(paths, max_size=30))
def test_a_fault_hits_the_calls_it_is_meant_for(count: int, after: int, calls: list[str]) -> None:
    fault = Fault("/v2/", "status", count, after=after)
    hit = [place for place, path in enumerate(calls) if fault.hits(path)]
    below = [place for place, path in enumerate(calls) if path.startswith("/v2/")]
    assert hit == below[after : after + count]


@given(limit=st.integers(1, 5), gaps=st.lists(st.floats(0, 40), min_size=1, max_size=40))
def test_a_rate_limit_lets_so_many_calls_pass_in_any_minute(limit: int, gaps: list[float]) -> None:
    fault = Fault("/", "rate", 1000, per_minute=limit)
    now, passed = 0.0, []
    for gap in gaps:
        now += gap
        if not fault.hits("/x", lambda: now):  # noqa: B023 - called at once
            passed.append(now)
        else:
            assert sum(at > now - 60 for at in passed) >= limit
    for last in passed:
        assert sum(last - 60 < at <= last for at in passed) <= limit
