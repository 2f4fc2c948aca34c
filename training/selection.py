"""Which inputs a model needs: recursive elimination, with the figure at every number of inputs on record.

Nothing is known by `select_inputs` of trees or networks: a judge fits on some inputs and says how well it did and what each input
was worth. Judges are the boosted trees of a model (`select_boosted`) and of a task (`forest_judge`). All is decided on the
validation part."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from core.errors import InvalidInput
from training.boosted import fit_boosted
from training.boosting import Rows, fit_forest
from training.dataset import Dataset
from training.evaluation import PRIMARY
from training.export import score_rows
from training.specs import ModelSpec

Array = np.ndarray[Any, Any]

_BOOTSTRAPS = 100
_SHUFFLES = 3


@dataclass(frozen=True)
class Judgement:
    """How a fit on some inputs did."""

    figure: float
    """On the validation part; more is better."""
    error: float
    """Standard error of the figure."""
    importance: Mapping[str, float]
    """What each input was worth."""


@dataclass(frozen=True)
class Step:
    """One size that was tried."""

    inputs: tuple[str, ...]
    figure: float
    error: float


@dataclass(frozen=True)
class Selection:
    """The inputs that are enough, in their old order, and the way there, largest set first."""

    chosen: tuple[str, ...]
    curve: tuple[Step, ...]

    def record(self) -> dict[str, Any]:
        """The selection as JSON, to be kept with the version that was fitted on it."""
        curve = [{"inputs": len(step.inputs), "figure": step.figure, "error": step.error} for step in self.curve]
        return {"chosen": list(self.chosen), "of": len(self.curve[0].inputs), "curve": curve}

    def as_params(self) -> dict[str, str]:
        """The same in two lines of text, short enough for parameters of a run: the names that are fewer, kept or left out."""
        every, kept = self.curve[0].inputs, set(self.chosen)
        left = [name for name in every if name not in kept]
        named = f"left out: {', '.join(left) or 'none'}" if len(left) < len(kept) else f"kept: {', '.join(self.chosen)}"
        curve = "; ".join(f"{len(step.inputs)}: {step.figure:.4f} ± {step.error:.4f}" for step in self.curve)
        return {"selected_inputs": f"{len(kept)} of {len(every)}, {named}", "selection_curve": curve}


Judge = Callable[[Sequence[str]], Judgement]


def select_inputs(
    names: Sequence[str],
    judge: Judge,
    *,
    kept: Sequence[str] = (),
    fewest: int = 1,
    drop: float = 0.2,
    report: Callable[[str], None] = lambda _: None,
) -> Selection:
    """Leave out the least important inputs again and again; take the smallest set within one standard error of the best.

    Args:
        judge: fits on some of the names. From 150 names to one by fifths it is asked some twenty times.
        kept: names that are never left out.
        fewest: size of the smallest set that is tried.
        drop: share of the inputs that is left out at each step; at least one.

    What is worth nothing in a fit is left out at once, however many inputs that are. Importances are taken anew at each step, so
    that one of two inputs that say the same is kept: it takes over what the other was worth.
    """
    if not names or not 0 < drop < 1 or not set(kept) <= set(names):
        raise InvalidInput(f"There is nothing to select of {len(names)} inputs.", "Give names, and a share between 0 and 1.")
    fewest = max(1, fewest, len(set(kept)))
    current = tuple(dict.fromkeys(names))
    steps: list[Step] = []
    while True:
        judged = judge(current)
        steps.append(Step(current, judged.figure, judged.error))
        report(f"{len(current)} inputs: {judged.figure:.5f} ± {judged.error:.5f}")
        if len(current) <= fewest:
            break
        worth = {name: math.inf if name in kept else judged.importance.get(name, 0.0) for name in current}
        worthless = sum(value <= 0 for value in worth.values())
        left = max(fewest, min(math.ceil(len(current) * (1 - drop)), len(current) - 1, len(current) - worthless))
        order = sorted(current, key=lambda name: (-worth[name], current.index(name)))
        current = tuple(name for name in current if name in set(order[:left]))
    best = max(steps, key=lambda step: step.figure)
    enough = [step for step in steps if step.figure >= best.figure - best.error]
    return Selection(enough[-1].inputs, tuple(steps))


def select_boosted(
    dataset: Dataset,
    spec: ModelSpec,
    seed: int,
    params: Mapping[str, Any] | None = None,
    importance: Literal["gain", "permutation"] = "gain",
    threads: int = 2,
    fewest: int = 1,
    drop: float = 0.2,
    report: Callable[[str], None] = lambda _: None,
) -> Selection:
    """Select the inputs of a model by its boosted trees and its primary metric. The rule's own inputs always stay.

    `importance` is "gain", what the splits gained in training, or "permutation", what the metric loses when an input's values in
    the validation part are shuffled: slower, and not misled by inputs with many values.
    """
    valid = dataset.part("valid", spec)
    metric = PRIMARY[spec.primary_metric]
    columns = [column.name for column in spec.inputs]

    def measure(score: Array, weight: Array | None = None) -> float:
        counted = np.ones(len(valid), dtype=bool) if weight is None else weight > 0
        drawn = None if weight is None else weight[counted]
        return float(metric(valid.target[counted], score[counted], valid.within[counted], drawn))

    def judge(names: Sequence[str]) -> Judgement:
        model = fit_boosted(only(dataset, spec, names), spec, seed, params, threads)
        score = score_rows(model, valid.raw)
        worth: Mapping[str, float] = model.importance
        if importance == "permutation":
            worth = {
                name: measure(score)
                - _shuffled(valid.raw, columns.index(name), lambda raw: measure(score_rows(model, raw)), seed)
                for name in names
            }
        return Judgement(measure(score), _error(measure, score, valid.cluster, seed), worth)

    return select_inputs(columns, judge, kept=spec.baseline_inputs, fewest=fewest, drop=drop, report=report)


def forest_judge(
    train: Rows,
    valid: Rows,
    params: Mapping[str, Any],
    measure: Callable[[Array, Array], float],
    cluster: Array,
    seed: int = 7,
    rounds: int = 500,
    threads: int = 2,
) -> Judge:
    """Judge inputs by a forest of a task.

    Args:
        measure: (answers, weights of rows) of the validation part → a figure of which more is better.
        cluster: of each validation row; drawn together for the standard error.
    """
    base = np.ones(len(valid.inputs)) if valid.weight is None else np.asarray(valid.weight, dtype=np.float64)

    def judge(names: Sequence[str]) -> Judgement:
        learnt, held = (replace(rows, inputs=rows.inputs.select(names)) for rows in (train, valid))
        forest = fit_forest(learnt, params, rounds=rounds, valid=held, seeds=(seed,), threads=threads)
        score = forest.predict(held.inputs, threads)

        def weighted(score: Array, weight: Array | None = None) -> float:
            return measure(score, base if weight is None else base * weight)

        return Judgement(weighted(score), _error(weighted, score, cluster, seed), forest.gains)

    return judge


def only(dataset: Dataset, spec: ModelSpec, names: Sequence[str]) -> Dataset:
    """A dataset in which only some inputs, and those of the rule, are known: what is fitted on it never splits by the others."""
    import polars as pl

    hidden = [column.name for column in spec.inputs if column.name not in {*names, *spec.baseline_inputs}]
    unknown = [pl.lit(None, dtype=dataset.rows.schema[name]).alias(name) for name in hidden]
    return Dataset(dataset.manifest, dataset.rows.with_columns(unknown))


def _error(measure: Callable[[Array, Array | None], float], score: Array, cluster: Array, seed: int) -> float:
    """Standard error of a figure, over draws of clusters with replacement."""
    _, place = np.unique(cluster, return_inverse=True)
    generator, size = np.random.default_rng(seed), int(place.max(initial=-1)) + 1
    draws = (np.bincount(generator.integers(0, size, size), minlength=size)[place].astype(float) for _ in range(_BOOTSTRAPS))
    return float(np.std([measure(score, draw) for draw in draws]))


def _shuffled(raw: Array, column: int, measured: Callable[[Array], float], seed: int) -> float:
    """The figure with a column's values in another order."""
    generator = np.random.default_rng((seed, column))
    figures = []
    for _ in range(_SHUFFLES):
        other = raw.copy()
        other[:, column] = generator.permutation(other[:, column])
        figures.append(measured(other))
    return float(np.mean(figures))
