"""Observations are written behind the answer, and losing them harms nobody."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

from serving.observations import Observation, ObservationLog


def observation(number: int) -> Observation:
    moment = datetime(2026, 6, 8, tzinfo=UTC)
    return Observation("r1", moment, "trend", "1-a", f"v{number}", {"views": float(number), "likes": None}, {"score": 0.5})


class FakeEngine:
    """Keeps what is executed; waits for `gate`, and fails while `is_down`."""

    def __init__(self) -> None:
        self.written: list[dict[str, Any]] = []
        self.gate = threading.Event()
        self.entered = threading.Event()
        self.is_down = False
        self.is_disposed = False

    def begin(self) -> FakeEngine:
        return self

    def __enter__(self) -> FakeEngine:
        self.entered.set()
        assert self.gate.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def execute(self, _: object, values: dict[str, str]) -> None:
        if self.is_down:
            raise OperationalError("insert", {}, Exception("gone"))
        self.written += json.loads(values["rows"])

    def dispose(self) -> None:
        self.is_disposed = True


def test_everything_is_written_in_order_before_closing() -> None:
    engine = FakeEngine()
    log = ObservationLog(engine)  # type: ignore[arg-type]
    for start in range(0, 300, 3):
        log.record([observation(start + offset) for offset in range(3)])
    log.record([])
    engine.gate.set()
    log.close()
    assert [row["entity_key"] for row in engine.written] == [f"v{number}" for number in range(300)]
    assert engine.written[7]["inputs"] == {"views": 7.0, "likes": None}
    assert engine.is_disposed
    assert log.lost == 0


def test_a_full_queue_loses_rows_and_never_blocks(caplog: pytest.LogCaptureFixture) -> None:
    engine = FakeEngine()
    log = ObservationLog(engine, capacity=2)  # type: ignore[arg-type]
    log.record([observation(0)])
    assert engine.entered.wait(10)  # the thread holds the first; two more may wait
    for number in range(1, 6):
        log.record([observation(number)])
    assert log.lost == 3
    assert caplog.text.count("being lost") == 1
    engine.gate.set()
    log.close()
    assert [row["entity_key"] for row in engine.written] == ["v0", "v1", "v2"]


def test_a_database_that_is_away_costs_only_the_rows_of_that_time() -> None:
    engine = FakeEngine()
    engine.is_down = True
    log = ObservationLog(engine)  # type: ignore[arg-type]
    log.record([observation(0)])
    assert engine.entered.wait(10)
    engine.gate.set()
    log.close()
    assert log.lost == 1
    assert engine.written == []


def test_a_missing_table_is_survived(tmp_path: Any) -> None:
    log = ObservationLog(create_engine(f"sqlite:///{tmp_path}/empty.db"))
    log.record([observation(0)])
    log.close()
    assert log.lost == 1
