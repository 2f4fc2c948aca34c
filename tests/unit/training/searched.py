"""A task small enough to be searched in a second. Its functions are named, so that workers of other processes find them."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from core.errors import NotReady
from training.tasks.task import TRAIN, VALID, FitOptions, Span, Task

BEST = 0.3
MEETING = "TEST_MEETING"
"""Environment variable: a folder in which fits wait for each other until two processes are there."""


@dataclass(frozen=True)
class Toy:
    """Says how far a parameter is from the best one."""

    distance: float
    tuned: Mapping[str, Any] = field(default_factory=dict)
    importance: Mapping[str, float] = field(default_factory=dict)

    def predict(self, frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
        return frames[0].select("row_id", score=pl.lit(self.distance))

    def save(self, folder: Path) -> None:
        raise NotImplementedError


def examples(rows: int = 60) -> pl.DataFrame:
    part = np.where(np.arange(rows) < rows * 2 // 3, TRAIN, VALID)
    return pl.DataFrame(
        {"row_id": np.arange(rows), "cluster": [f"c{row // 2}" for row in range(rows)], "label_x": np.zeros(rows), "part": part}
    )


def _fit(rows: pl.DataFrame, options: FitOptions) -> Toy:
    if options.params.get("mode") == "broken":
        raise NotReady("This mode cannot be fitted.", "Take another.")
    if options.params.get("mode") == "nan":
        return Toy(float("nan"))
    return Toy(abs(float(options.params.get("x", 0.9)) - BEST) + (0.0 if options.params.get("sizes", (1,)) == (1,) else 0.2))


def fit_together(rows: pl.DataFrame, options: FitOptions) -> Toy:
    """Fit once another process fits too, or after a minute without one."""
    meeting = Path(os.environ[MEETING])
    (meeting / str(os.getpid())).touch()
    until = time.monotonic() + 60
    while len(list(meeting.iterdir())) < 2 and time.monotonic() < until:
        time.sleep(0.01)
    return _fit(rows, options)


def _read(_: Any) -> pl.DataFrame:
    return examples()


def _split(rows: pl.DataFrame) -> pl.Series:
    return examples(rows.height)["part"]


def _requests(rows: pl.DataFrame) -> tuple[pl.DataFrame, ...]:
    return (rows.select("row_id"),)


def _load(_: Path) -> Toy:
    raise NotImplementedError


def _mean(judged: pl.DataFrame) -> float:
    return float(np.mean(judged["score"].to_numpy()))


TOY = Task(
    name="toy",
    model="trend",
    question="How far?",
    inputs=({"row_id": pl.Int64},),
    output={"row_id": pl.Int64, "score": pl.Float64},
    read=_read,
    split=_split,
    requests=_requests,
    fit=_fit,
    load=_load,
    rules={},
    primary="distance",
    metrics={"distance": _mean},
    lower_is_better=frozenset({"distance"}),
    space={"x": Span(0.0, 1.0), "mode": ("plain", "broken", "nan"), "sizes": ((1,), (2, 3)), "steps": Span(1, 9, whole=True)},
    fewest=5,
)
