"""What the steps of a slot are given."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from core.settings import Market
from orchestration.generation import Desk
from tests.unit.generation.fakes import LANE, SLOT


@pytest.mark.parametrize("market", list(Market))
def test_only_a_simulated_markets_lane_publishes_unreviewed(market: Market) -> None:
    desk = Desk.__new__(Desk)
    unreviewed = LANE.model_copy(update={"publishes_unreviewed": True})
    warehouse = SimpleNamespace(lane=lambda _: unreviewed)
    desk.__dict__.update(slot=SLOT, stack=SimpleNamespace(settings=SimpleNamespace(market=market)), warehouse=warehouse)
    assert desk.lane.publishes_unreviewed is (market is not Market.LIVE)
