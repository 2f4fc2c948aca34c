"""Keeps what the models answered, and from which inputs, in `ops.model_observations`, for later comparison with the truth.

Written behind the answer: a request never waits for the database, and never fails because of it."""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import Engine

logger = logging.getLogger("ytempire.serving")

_BATCH = 1_000
_END: tuple[Observation, ...] = ()
"""Ends the thread."""
_STATEMENT = (
    "insert into ops.model_observations (request_id, observed_at, model, model_version, entity_key, inputs, outputs)"
    " values (:request_id, :observed_at, :model, :model_version, :entity_key, cast(:inputs as jsonb), cast(:outputs as jsonb))"
)


@dataclass(frozen=True)
class Observation:
    """One scored item. `entity_key` is the video of a trend score, the channel of a draft's."""

    request_id: str
    observed_at: datetime
    model: str
    model_version: str
    entity_key: str
    inputs: Mapping[str, float | None]
    outputs: Mapping[str, float]


class ObservationLog:
    """A bounded queue and one thread that empties it into the database, a thousand rows at a time if so many wait.

    When the queue is full, or the database fails, observations are lost and counted in `lost`; a warning is logged at the first
    loss after each success.

    Args:
        engine: of the platform's database.
        capacity: requests that may wait.
    """

    def __init__(self, engine: Engine, capacity: int = 1_000) -> None:
        self._engine = engine
        self._waiting: queue.Queue[Sequence[Observation]] = queue.Queue(capacity)
        self._thread = threading.Thread(target=self._run, name="observations", daemon=True)
        self._is_losing = False
        self.lost = 0
        self._thread.start()

    def record(self, observations: Sequence[Observation]) -> None:
        """Hand over rows to be written soon. Never blocks, never raises."""
        try:
            if observations:
                self._waiting.put_nowait(observations)
        except queue.Full:
            self._lose(len(observations), "the queue is full")

    def close(self, timeout_seconds: float = 5.0) -> None:
        """Write what waits, then end the thread and the connections; after the timeout, leave the rest."""
        try:
            self._waiting.put(_END, timeout=timeout_seconds)
        except queue.Full:
            return
        self._thread.join(timeout_seconds)
        self._engine.dispose()

    def _run(self) -> None:
        while rows := list(self._waiting.get()):
            with contextlib.suppress(queue.Empty):
                while len(rows) < _BATCH:
                    more = self._waiting.get_nowait()
                    if not more:
                        self._waiting.put(_END)
                        break
                    rows += more
            self._write(rows)

    def _write(self, rows: Sequence[Observation]) -> None:
        import orjson
        from sqlalchemy import text
        from sqlalchemy.exc import SQLAlchemyError

        values: list[dict[str, Any]] = [
            {
                "request_id": row.request_id,
                "observed_at": row.observed_at,
                "model": row.model,
                "model_version": row.model_version,
                "entity_key": row.entity_key,
                # orjson writes NaN as null, which is what an unknown input is.
                "inputs": orjson.dumps(dict(row.inputs)).decode(),
                "outputs": orjson.dumps(dict(row.outputs)).decode(),
            }
            for row in rows
        ]
        try:
            with self._engine.begin() as connection:
                connection.execute(text(_STATEMENT), values)
            self._is_losing = False
        except SQLAlchemyError as error:
            self._lose(len(rows), type(error).__name__)

    def _lose(self, count: int, reason: str) -> None:
        self.lost += count
        if not self._is_losing:
            logger.warning("model observations are being lost: %s", reason)
        self._is_losing = True
