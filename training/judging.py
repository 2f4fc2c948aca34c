"""Judges answers to a task's test part: every metric with its interval, differences between two on the same draws, and slices.

Intervals are of 95 %, from a bootstrap that draws whole clusters (`evaluation.cluster_draws`). The draws are the same for
everybody who answers, so a difference is paired. No model and no registry: frames in, numbers out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl

from core.errors import Damaged
from training.evaluation import BOOTSTRAPS, cluster_draws, interval
from training.tasks.task import Metric, Task
from training.values import Comparison

FEWEST_OF_SLICE = 200
"""Rows below which a slice's figure is mostly noise, and none is made."""
SLICE_DRAWS = 100
"""Draws that slices are judged on: there are dozens of them, and their intervals go by the spread, which needs fewer."""
MOST_OF_SLICES = 12
"""Largest groups that are shown of one slicing."""

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Figure:
    """A metric on the test part with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Slice:
    """A group of rows: `name` of the slicing, `group` in it."""

    name: str
    group: str
    rows: int


class Exam:
    """A task's test part and everybody's answers to it."""

    def __init__(self, task: Task, test: pl.DataFrame, seed: int = 0, bootstraps: int = BOOTSTRAPS) -> None:
        """Take the rows to be answered; raises nothing. An exam without rows has no figures."""
        self.task = task
        self.test = test
        self._seed, self._bootstraps = seed, bootstraps
        self.answers: dict[str, pl.DataFrame] = {}
        self._values: dict[tuple[str, str, Slice | None], float] = {}
        self._spreads: dict[tuple[str, str, Slice | None], Array] = {}
        self.slices: list[Slice] = []
        self._rows_of: dict[Slice, Array] = {}

    def enter(
        self,
        name: str,
        predictions: pl.DataFrame,
        *,
        in_full: bool = False,
        in_slices: bool = True,
        report: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Judge answers under a name: every metric, and the primary one with an interval, in all and in each slice.

        `in_full` gives every metric an interval; without `in_slices` slices are left out. Raises Damaged for answers that are not
        one finite row per row asked."""
        require_answers(self.task, name, predictions, self.test.height)
        report(f"judging {name} on {self.test.height:,} rows")
        self.answers[name] = predictions
        judged = self.task.judged(self.test, predictions)
        if not self.slices:
            self._cut(judged)
        primary = self.task.primary
        drawn_again = self.task.metrics if in_full else {primary: self.task.metrics[primary]}
        for metric_name, metric in self.task.metrics.items():
            self._values[name, metric_name, None] = float(metric(judged))
        slices = self.slices if in_slices else []
        for part in slices:
            self._values[name, primary, part] = self._primary(judged.filter(self._rows_of[part]))
        for key in [(name, metric_name, None) for metric_name in drawn_again] + [(name, primary, part) for part in slices]:
            self._spreads[key] = np.full(self._bootstraps, np.nan)
        rows = _Resampled(judged, list(drawn_again.values()), self.task)
        for number, drawn in enumerate(cluster_draws(rows.cluster, self._seed, self._bootstraps)):
            sample, place = rows.draw(drawn)
            for metric_name, metric in drawn_again.items():
                self._spreads[name, metric_name, None][number] = metric(sample)
            for part in slices if number < SLICE_DRAWS else []:
                found = sample.filter(self._rows_of[part][place])
                if found.height:
                    self._spreads[name, primary, part][number] = self._primary(found)

    def has(self, name: str) -> bool:
        """Whether answers were entered under a name."""
        return (name, self.task.primary, None) in self._values

    def figure(self, name: str, metric: str | None = None, part: Slice | None = None) -> Figure:
        """A metric (the primary one by default) of somebody's answers, in all or in a slice; its ends are NaN without draws."""
        key = (name, metric or self.task.primary, part)
        return Figure(self._values[key], *interval(self._spreads.get(key, np.empty(0))))

    def difference(self, name: str, other: str, part: Slice | None = None) -> Comparison:
        """How much better one is than another by the primary metric: above zero is better, whichever way the metric points."""
        sign = -1.0 if self.task.primary in self.task.lower_is_better else 1.0
        ours, theirs = (name, self.task.primary, part), (other, self.task.primary, part)
        point = sign * (self._values[ours] - self._values[theirs])
        return Comparison(point, *interval(sign * (self._spreads[ours] - self._spreads[theirs])))

    def spread(self, name: str, other: str, part: Slice | None = None) -> Array:
        """The differences of all draws, above zero where `name` is better; NaN where a draw has no value."""
        sign = -1.0 if self.task.primary in self.task.lower_is_better else 1.0
        return sign * (self._spreads[name, self.task.primary, part] - self._spreads[other, self.task.primary, part])

    def metrics(self, name: str) -> dict[str, Figure]:
        """Every metric that somebody's answers were judged by."""
        return {metric: self.figure(name, metric) for who, metric, part in self._values if who == name and part is None}

    def _primary(self, judged: pl.DataFrame) -> float:
        return float(self.task.metrics[self.task.primary](judged))

    def _cut(self, judged: pl.DataFrame) -> None:
        for name, group_of in self.task.slices.items():
            groups = group_of(judged).cast(pl.String).fill_null("unknown")
            sizes = groups.value_counts(sort=True, name="rows").filter(pl.col("rows") >= FEWEST_OF_SLICE)
            for group, rows in sizes.head(MOST_OF_SLICES).rows():
                found = Slice(name, group, rows)
                self.slices.append(found)
                self._rows_of[found] = (groups == group).to_numpy()


class _Resampled:
    """Judged rows, narrowed to what the metrics read, so that drawing them again is cheap.

    A cluster that is drawn twice counts as two: names that occur in one cluster alone (of a group, a test, the cluster itself)
    are told apart by copy, or a metric that compares rows of one group would see one group of doubled rows."""

    def __init__(self, judged: pl.DataFrame, metrics: Sequence[Metric], task: Task) -> None:
        likely = [name for name in judged.columns if name.startswith("label_") or name == "cluster" or name in task.output]

        def ask(frame: pl.DataFrame) -> list[float]:
            return [float(metric(frame)) for metric in metrics]

        kept = judged.select(*dict.fromkeys([*columns_needed(ask, judged, likely), "cluster"]))
        cluster = kept["cluster"].rank("dense").fill_null(0)
        self.cluster: Array = cluster.to_numpy()
        self._rows, self._names = kept, [name for name, kind in kept.schema.items() if kind == pl.String]
        self._names = [name for name in {*self._names, "cluster"} if _is_within(kept[name], cluster)]
        coded = kept.with_columns(kept[name].rank("dense").cast(pl.Int64).alias(name) for name in self._names)
        if np.array_equal(ask(coded), ask(kept), equal_nan=True):
            self._rows = coded
        else:  # a metric reads a name as text
            self._names = []

    def draw(self, drawn: Array) -> tuple[pl.DataFrame, Array]:
        """The rows of a draw, in order, and which row each of them is."""
        place = np.repeat(np.arange(len(drawn)), drawn)
        ends = np.cumsum(drawn)
        copy = np.arange(len(place)) - np.repeat(ends - drawn, drawn)
        rows = self._rows[place]
        step = len(drawn) + 1
        return rows.with_columns(pl.col(name) + pl.Series(copy) * step for name in self._names), place


def columns_needed(ask: Callable[[pl.DataFrame], object], frame: pl.DataFrame, likely: Sequence[str]) -> list[str]:
    """The columns that an answer depends on: the likely ones where they do, else all without which the answer is the same."""
    full = ask(frame)

    def is_enough(names: Sequence[str]) -> bool:
        try:
            return _equal(ask(frame.select(names)), full)
        except (pl.exceptions.PolarsError, KeyError, AttributeError, TypeError):
            return False

    if is_enough(likely):
        return list(likely)
    kept = list(frame.columns)
    for name in frame.columns:
        fewer = [column for column in kept if column != name]
        if fewer and is_enough(fewer):
            kept = fewer
    return kept


def require_answers(task: Task, name: str, predictions: pl.DataFrame, rows: int) -> None:
    """Raise Damaged for answers that are not one row per row asked, with every column, each number finite."""
    if predictions.height != rows or predictions.columns != list(task.output):
        raise Damaged(
            f"{name} answers {predictions.height:,} of {rows:,} rows with {', '.join(predictions.columns)}.",
            f"Each row of {task.name} is answered with {', '.join(task.output)}; nothing is put to use.",
        )
    numbers = [column for column, kind in task.output.items() if kind.is_numeric()]
    is_bad = ((pl.col(column).is_null() | ~pl.col(column).cast(pl.Float64).is_finite()) for column in numbers)
    count = predictions.select(pl.any_horizontal(is_bad).sum()).item() if numbers and rows else 0
    if count:
        raise Damaged(
            f"{name} gives answers that are no finite number for {count:,} rows of {task.name}.", "Nothing is put to use."
        )


def record(exam: Exam, name: str, rules: Sequence[str]) -> dict[str, Any]:
    """What is written down of answers: metrics with intervals, every rule beside them with the paired difference, and slices."""
    task = exam.task
    return {
        "metric": task.primary,
        "lower_is_better": task.primary in task.lower_is_better,
        "rows": exam.test.height,
        **asdict(exam.figure(name)),
        "base_rates": base_rates(exam.test),
        "metrics": {metric: asdict(figure) for metric, figure in exam.metrics(name).items()},
        "lower_is_better_metrics": sorted(task.lower_is_better & set(task.metrics)),
        "baselines": {
            rule: {
                **asdict(exam.figure(rule)),
                "difference": asdict(exam.difference(name, rule)),
                "metrics": {metric: figure.value for metric, figure in exam.metrics(rule).items()},
            }
            for rule in rules
        },
        "slices": [
            {
                **asdict(part),
                **asdict(exam.figure(name, part=part)),
                "baseline": exam.figure(rules[0], part=part).value,
                "difference": asdict(exam.difference(name, rules[0], part)),
            }
            for part in exam.slices
        ],
    }


def base_rates(rows: pl.DataFrame) -> dict[str, float]:
    """The share of ones of every label that is 0 or 1 (or false or true): what a coin that knows the share would reach."""
    found = {}
    for name in rows.columns:
        if name.startswith("label_") and (rows.schema[name] == pl.Boolean or rows.schema[name].is_numeric()):
            values = rows[name].drop_nulls().cast(pl.Float64)
            if len(values) and values.is_in([0.0, 1.0]).all():
                found[name.removeprefix("label_")] = float(values.mean())  # type: ignore[arg-type]
    return found


def quick_baseline(figures: Mapping[str, Any]) -> str:
    """The strongest of a record's baselines by the primary metric: what a model has to be better than to be worth anything."""
    sign = -1 if figures["lower_is_better"] else 1
    return max(figures["baselines"], key=lambda rule: sign * figures["baselines"][rule]["value"])


def _is_within(names: pl.Series, cluster: pl.Series) -> bool:
    """Whether every name occurs in one cluster alone."""
    pairs = pl.DataFrame({"name": names, "cluster": cluster}).drop_nulls("name").unique()
    return pairs["name"].is_unique().all() and cluster.n_unique() > 1


def _equal(one: object, other: object) -> bool:
    if isinstance(one, pl.DataFrame) and isinstance(other, pl.DataFrame):
        return one.equals(other)
    return bool(np.array_equal(np.asarray(one, dtype=float), np.asarray(other, dtype=float), equal_nan=True))
