"""The hosted encoder: money is set aside before each request, and given back or charged after it."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import numpy as np
import pytest

from connectors.embeddings.openai import OpenAiEncoder
from connectors.http import RetryPolicy
from core.clock import FrozenClock
from core.errors import BudgetExceeded, Damaged, Refused
from core.ledger.cost import CostLedger
from core.ledger.store import MemoryLedgerStore
from tests.unit.connectors.scripted import Answer, ScriptedServer, json_answer

CLOCK = FrozenClock(datetime(2026, 6, 8, 12, tzinfo=UTC))
ACCOUNT = "embeddings|2026-06-08"


@pytest.fixture
def ledger() -> CostLedger:
    return CostLedger(MemoryLedgerStore())


def made(server: ScriptedServer, ledger: CostLedger, cap: int = 1_000_000) -> OpenAiEncoder:
    quiet = RetryPolicy(attempts=2, sleep=lambda seconds: None)
    return OpenAiEncoder("sk-test", ledger, CLOCK, cap_usd_micros=cap, base_url=f"{server.url}/v1", retry=quiet)


def answer(*vectors: list[float], tokens: int = 1000) -> Answer:
    data = [
        {"object": "embedding", "index": index, "embedding": base64.b64encode(np.array(vector, dtype="<f4").tobytes()).decode()}
        for index, vector in enumerate(vectors)
    ]
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return json_answer({"object": "list", "data": data[::-1], "model": "text-embedding-3-small", "usage": usage})


def axis(place: int, length: float = 2.0) -> list[float]:
    return [length if number == place else 0.0 for number in range(384)]


def test_vectors_come_in_the_order_of_the_texts_and_are_charged(server: ScriptedServer, ledger: CostLedger) -> None:
    server.answers(answer(axis(0), axis(1)))
    vectors = made(server, ledger).encode(["a  b", ""])
    assert np.array_equal(vectors, np.array([axis(0, 1), axis(1, 1)], dtype=np.float32))
    sent = json.loads(server.asked[0].body)
    assert (sent["model"], sent["dimensions"], sent["encoding_format"]) == ("text-embedding-3-small", 384, "base64")
    assert sent["input"] == ["a b", "-"]
    assert ledger.total(ACCOUNT) == 20


def test_the_same_texts_asked_anew_are_paid_anew(server: ScriptedServer, ledger: CostLedger) -> None:
    server.answers(answer(axis(0)), answer(axis(0)))
    for _ in range(2):
        made(server, ledger).encode(["a"])
    assert ledger.total(ACCOUNT) == 40


def test_nothing_is_sent_beyond_the_cap(server: ScriptedServer, ledger: CostLedger) -> None:
    with pytest.raises(BudgetExceeded, match="YTEMPIRE_EMBEDDINGS_CAP_PER_DAY_USD"):
        made(server, ledger, cap=3).encode(["word " * 200])
    assert server.asked == []


def test_a_refusal_costs_nothing(server: ScriptedServer, ledger: CostLedger) -> None:
    server.answers(json_answer({"error": {"message": "no", "code": "invalid_api_key"}}, 401))
    with pytest.raises(Refused):
        made(server, ledger).encode(["a"])
    assert ledger.total(ACCOUNT) == 0


@pytest.mark.parametrize(
    "wrong", [answer(), answer([1.0] * 3), answer(axis(0, 0.0)), answer(axis(0, float("nan"))), answer(axis(0), axis(1))]
)
def test_an_unusable_answer_is_charged_as_estimated(server: ScriptedServer, ledger: CostLedger, wrong: Answer) -> None:
    server.answers(wrong)
    with pytest.raises(Damaged, match="vectors of 384"):
        made(server, ledger).encode(["a" * 100])
    assert ledger.total(ACCOUNT) == 2


def test_long_texts_are_cut_at_a_whole_character(server: ScriptedServer, ledger: CostLedger) -> None:
    server.answers(answer(axis(0)))
    made(server, ledger).encode(["é" * 9_000])
    (text,) = json.loads(server.asked[0].body)["input"]
    assert text == "é" * 4_000


def test_each_call_that_may_be_billed_is_booked_and_made_again(server: ScriptedServer, ledger: CostLedger) -> None:
    server.answers(Answer(drop=True), answer(axis(0), tokens=1000))
    made(server, ledger).encode(["a"])
    assert len(server.asked) == 2
    assert ledger.total(ACCOUNT) == 20 + 1
