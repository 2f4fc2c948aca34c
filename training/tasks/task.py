"""What a prediction task is: what comes in and goes out, from what it is learnt, how it is split and judged.

A task is a value that holds functions; `training.tasks` lists them. The commands, the registry, the gate and the notebooks know
tasks only by this shape. A fitted task is a `Program`: a folder of plain files (no pickle) that predicts from frames.

Examples are one frame: every input column as the command reads it, then
    event_timestamp   when the prediction is asked for (UTC); null where a set has no times
    known_at          when the outcome is known (UTC), likewise
    cluster           rows of one value are never split and are resampled together
    label_…           what came of it"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from training.sources import Source

Columns = Mapping[str, Any]
"""Column names with their polars types, in order."""

Metric = Callable[[pl.DataFrame], float]
"""From judged rows (examples joined with predictions, in order) to a number."""

TRAIN, VALID, TEST = "train", "valid", "test"

TOLERANCE = 1e-5
"""How far an answer may move, relative to itself or to 1 where it is smaller than that, with the other rows of the call, the
threads or the processor: the last bits of a matrix product depend on the shape of what is multiplied and on the machine."""


@dataclass(frozen=True)
class FitOptions:
    """How a program is fitted.

    Attributes:
        seed: of everything that draws.
        threads: cores it may use; on one machine the result does not depend on them.
        params: what a study chose, over the task's own defaults.
        tuned: of an earlier fit (`Program.tuned`): what the validation part decided there, such as rounds. Given, every row is
            learnt from and none is held back.
        report: told of progress, in words.
    """

    seed: int = 7
    threads: int = 2
    params: Mapping[str, Any] = field(default_factory=dict)
    tuned: Mapping[str, Any] | None = None
    report: Callable[[str], None] = lambda _: None


class Program(Protocol):
    """A fitted task."""

    @property
    def tuned(self) -> Mapping[str, Any]:
        """What the validation part decided, as JSON: enough to fit again without one."""
        ...

    @property
    def importance(self) -> Mapping[str, float]:
        """Share of each input in the answer, largest first; adds up to 1. Empty where that has no meaning."""
        ...

    def predict(self, frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
        """Answer every row of the input frames (`Task.inputs`), in order: the columns of `Task.output`.

        Rows are independent of each other, to TOLERANCE, unless the task says otherwise; equal frames give equal answers on one
        machine. Unknown values and categories are answered too."""
        ...

    def save(self, folder: Path) -> None:
        """Write it as plain files into an empty folder."""
        ...


@dataclass(frozen=True)
class Span:
    """Numbers that a study may choose from: a range, on a log scale or not, whole or not."""

    low: float
    high: float
    log: bool = False
    whole: bool = False


@dataclass(frozen=True)
class _OnOneBlasThread:
    """A fit whose matrix products use one thread: BLAS takes as many as it finds and splits its sums among them, so that the
    result would depend on the machine's cores. Forests and networks have threads of their own."""

    fit: Callable[[pl.DataFrame, FitOptions], Program]

    def __call__(self, examples: pl.DataFrame, options: FitOptions) -> Program:
        import scipy.linalg  # noqa: F401 (its BLAS is limited only where it is loaded already)
        from threadpoolctl import threadpool_limits

        with threadpool_limits(limits=1, user_api="blas"):
            return self.fit(examples, options)


@dataclass(frozen=True)
class Task:
    """One prediction task; see the module."""

    name: str
    model: str
    """The model that it belongs to: trend, quality or ctr."""
    question: str
    inputs: tuple[Columns, ...]
    """Columns of each input file, in the order of the files."""
    output: Columns
    read: Callable[[Source], pl.DataFrame]
    """Make the examples from a source's tables. Raises NotReady where a table is absent."""
    split: Callable[[pl.DataFrame], pl.Series]
    """The part of each example: train, valid, test, or null for rows between them. Test is the last by time; what train learns
    from was known before test began."""
    requests: Callable[[pl.DataFrame], tuple[pl.DataFrame, ...]]
    """The input frames of examples: exactly `inputs`, without any label."""
    fit: Callable[[pl.DataFrame, FitOptions], Program]
    """Learn from examples with a column `part` (train and valid; valid decides when to stop)."""
    load: Callable[[Path], Program]
    """Read a saved program. Raises Damaged for anything else."""
    rules: Mapping[str, Callable[[pl.DataFrame, pl.DataFrame], pl.DataFrame]]
    """Baselines by name, the one to beat first: (examples to learn from, examples to answer) → `output`. Simple rules and the
    literature's methods."""
    primary: str
    """Name of the metric that decides."""
    metrics: Mapping[str, Metric]
    """Every metric, the primary one included."""
    lower_is_better: frozenset[str] = frozenset()
    """Names of the metrics that are errors."""
    counted: Mapping[str, Callable[[pl.DataFrame], int]] = field(default_factory=dict)
    """How many of the judged rows a metric counts, by its name, where those are not all."""
    slices: Mapping[str, Callable[[pl.DataFrame], pl.Series]] = field(default_factory=dict)
    """Groups in which the primary metric is shown too: niche, channel size, language, age."""
    space: Mapping[str, Span | tuple[Any, ...]] = field(default_factory=dict)
    """What a study may choose, by name of the parameter."""
    fewest: int = 200
    """Fewest examples of the train part, and a tenth of it of the test part, with which a fit is worth anything."""

    def __post_init__(self) -> None:
        if not isinstance(self.fit, _OnOneBlasThread):
            object.__setattr__(self, "fit", _OnOneBlasThread(self.fit))

    def judged(self, examples: pl.DataFrame, predictions: pl.DataFrame) -> pl.DataFrame:
        """Examples beside their predictions, in order."""
        shared = set(examples.columns) & set(predictions.columns)
        return pl.concat([examples, predictions.drop(shared)], how="horizontal")
