"""Selection of inputs, where it is known which matter."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
import polars as pl
import pytest

from core.errors import InvalidInput
from features.codec import Input
from tests.unit.training.data import CHANCE, make_dataset
from training.boosting import Rows
from training.dataset import Dataset
from training.evaluation import average_precision
from training.selection import Judgement, forest_judge, only, select_boosted, select_inputs


def judge_by(figures: dict[int, float], error: float = 0.01) -> object:
    """A judge that knows the figure at each number of inputs; an input is worth its number."""

    def judge(names: Sequence[str]) -> Judgement:
        return Judgement(figures[len(names)], error, {name: float(name[1:]) for name in names})

    return judge


NAMES = [f"i{number}" for number in (3, 1, 5, 2, 4)]


def test_the_smallest_set_within_one_standard_error_of_the_best_is_taken() -> None:
    figures = {5: 0.800, 4: 0.805, 3: 0.796, 2: 0.790, 1: 0.500}

    found = select_inputs(NAMES, judge_by(figures), drop=0.01)  # type: ignore[arg-type]

    assert found.chosen == ("i3", "i5", "i4"), "in their old order; .796 is within .01 of .805, .790 is not"
    assert [(len(step.inputs), step.figure) for step in found.curve] == list(figures.items())
    record = json.loads(json.dumps(found.record()))
    assert record["of"] == 5
    assert record["curve"][1] == {"inputs": 4, "figure": 0.805, "error": 0.01}
    params = found.as_params()
    assert params["selected_inputs"] == "3 of 5, left out: i1, i2"
    assert params["selection_curve"].startswith("5: 0.8000 ± 0.0100; 4: 0.8050 ± 0.0100; ")


def test_some_are_kept_and_the_worthless_go_at_once() -> None:
    asked = []

    def judge(names: Sequence[str]) -> Judgement:
        asked.append(tuple(names))
        return Judgement(1.0, 0.0, {"a": 0.6, "b": 0.4})

    found = select_inputs(["a", "b", "c", "d", "e", "f"], judge, kept=["f"], drop=0.1)

    assert asked == [("a", "b", "c", "d", "e", "f"), ("a", "b", "f"), ("a", "f"), ("f",)]
    assert found.chosen == ("f",)
    with pytest.raises(InvalidInput):
        select_inputs([], judge)
    with pytest.raises(InvalidInput):
        select_inputs(["a"], judge, kept=["z"])


def noisy(rows: int = 900, noise: int = 12) -> tuple[Dataset, object]:
    """The chance rises with `heat` and `twin`, which is nearly the same; the others tell nothing."""
    dataset = make_dataset(CHANCE, rows=rows, signal=2.5)
    generator = np.random.default_rng(5)
    columns = {f"noise_{number}": generator.normal(size=rows) for number in range(noise)}
    twin = dataset.rows["heat"].to_numpy() + 0.01 * generator.normal(size=rows)
    frame = dataset.rows.with_columns(twin=pl.Series(twin), **{name: pl.Series(values) for name, values in columns.items()})
    spec = replace(CHANCE, inputs=(*CHANCE.inputs, Input("twin"), *map(Input, columns)))
    return Dataset(dataset.manifest, frame), spec


@pytest.mark.parametrize("importance", ["gain", "permutation"])
def test_what_matters_is_found_among_noise(importance: Literal["gain", "permutation"]) -> None:
    dataset, spec = noisy()
    said: list[str] = []

    found = select_boosted(dataset, spec, 1, importance=importance, drop=0.34, report=said.append)  # type: ignore[arg-type]

    assert {"age_hours", "category_id"} <= set(found.chosen), "the rule's own inputs stay"
    assert set(found.chosen) & {"heat", "twin"}
    assert len(found.chosen) <= 6
    assert len(found.curve) == len(said)
    assert found.curve[0].error > 0
    again = select_boosted(dataset, spec, 1, importance=importance, drop=0.34)  # type: ignore[arg-type]
    assert again == found


def test_what_is_left_out_is_unknown_to_the_fit() -> None:
    dataset, spec = noisy(rows=60)
    rows = only(dataset, spec, ["heat"]).rows  # type: ignore[arg-type]
    assert rows["twin"].null_count() == 60
    assert rows.select("heat", "age_hours", "target").equals(dataset.rows.select("heat", "age_hours", "target"))


def test_a_tasks_forest_judges_too() -> None:
    generator = np.random.default_rng(1)
    values = generator.normal(size=(1500, 8))
    target = (generator.random(1500) < 1 / (1 + np.exp(-2 * values[:, 2] - 1.5 * values[:, 5]))).astype(float)
    frame = pl.DataFrame(values, schema=[f"x{number}" for number in range(8)])
    train, valid = (Rows(frame[part], target[part]) for part in (slice(0, 1000), slice(1000, 1500)))
    judge = forest_judge(
        train,
        valid,
        {"objective": "binary", "metric": "binary_logloss", "num_leaves": 7},
        lambda score, weight: average_precision(target[1000:], score, weight),
        cluster=np.arange(500) // 2,
        rounds=80,
    )

    found = select_inputs(frame.columns, judge, drop=0.3)

    assert set(found.chosen) == {"x2", "x5"}
