"""The hosted encoder against the simulator's OpenAI API."""

from __future__ import annotations

import numpy as np
import pytest

from connectors.embeddings.openai import OpenAiEncoder
from connectors.http import RetryPolicy
from connectors.simulator.process import SimulatorControl
from core.clock import FrozenClock, noon
from core.errors import Refused
from core.ledger.cost import CostLedger
from core.ledger.store import MemoryLedgerStore
from tests.contract.connectors.conftest import DAY


def encoder(simulator: SimulatorControl, ledger: CostLedger, key: str = "") -> OpenAiEncoder:
    return OpenAiEncoder(
        key or simulator.credentials().openai_api_key,
        ledger,
        FrozenClock(noon(DAY)),
        cap_usd_micros=1_000_000,
        base_url=f"{simulator.base_url}/openai/v1",
        retry=RetryPolicy(pause_seconds=0.01),
    )


def test_texts_with_common_words_are_near_and_are_charged(simulator: SimulatorControl) -> None:
    ledger = CostLedger(MemoryLedgerStore())
    texts = ["why sky forge is everywhere", "sky forge is everywhere now", "a quiet song", *[f"text {n}" for n in range(60)]]
    vectors = encoder(simulator, ledger).encode(texts)
    assert vectors.shape == (63, 384)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.3
    assert ledger.total(f"embeddings|{DAY}") > 0


def test_a_failure_is_tried_again_and_a_wrong_key_is_not(simulator: SimulatorControl) -> None:
    ledger = CostLedger(MemoryLedgerStore())
    simulator.fail("/openai/v1/embeddings", 503, 1)
    assert encoder(simulator, ledger).encode(["x"]).shape == (1, 384)
    with pytest.raises(Refused):
        encoder(simulator, ledger, "sk-wrong").encode(["x"])
