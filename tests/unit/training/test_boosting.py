"""Boosted trees as plain files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from core.errors import Damaged
from training.boosting import Rows, combined, fit_forest, load_forest, telling_inputs

BINARY = {"objective": "binary", "metric": "auc", "num_leaves": 7}


def _rows(begin: int, end: int) -> Rows:
    draw = np.random.default_rng(3)
    inputs = pl.DataFrame({"told": draw.normal(size=900), "noise": draw.normal(size=900), "kind": draw.integers(0, 4, size=900)})
    inputs = inputs.with_columns(told=pl.when(pl.col("kind") == 3).then(None).otherwise("told"))
    target = (inputs["told"].fill_null(0.5).to_numpy() + 0.5 * draw.normal(size=900)) > 0
    return Rows(inputs[begin:end], target[begin:end])


def test_threads_change_nothing_and_a_saved_forest_answers_alike(tmp_path: Path) -> None:
    def fitted(threads: int):
        return fit_forest(
            _rows(0, 600),
            BINARY,
            rounds=60,
            valid=_rows(600, 900),
            patience=10,
            seeds=(1, 2),
            threads=threads,
            categorical=["kind"],
        )

    forest = fitted(1)
    forest.save(tmp_path, "trees")
    again = load_forest(tmp_path, "trees")
    assert again == forest
    inputs = _rows(600, 900).inputs
    assert again.predict(inputs).tolist() == forest.predict(inputs, threads=1).tolist() == fitted(2).predict(inputs).tolist()
    assert not any(path.suffix not in {".json", ".txt"} for path in tmp_path.iterdir())


def test_the_valid_part_decides_the_rounds_and_they_can_be_given_again() -> None:
    forest = fit_forest(_rows(0, 600), BINARY, rounds=400, valid=_rows(600, 900), patience=10)
    assert 1 <= forest.rounds[0] < 400
    assert fit_forest(_rows(0, 600), BINARY, rounds=forest.rounds).rounds == forest.rounds


def test_gains_tell_the_input_that_matters() -> None:
    forest = fit_forest(_rows(0, 900), BINARY, rounds=10)
    assert next(iter(forest.gains)) == "told"
    assert sum(forest.gains.values()) == pytest.approx(1, abs=0.001)
    both = combined([(forest.gains, 1.0), ({"other": 1.0}, 3.0)])
    assert next(iter(both)) == "other"
    assert sum(both.values()) == pytest.approx(1, abs=0.001)


def test_inputs_that_tell_something_are_chosen_in_their_order() -> None:
    rows = _rows(0, 900)
    other = Rows(rows.inputs, rows.inputs["kind"].to_numpy())
    wide = rows.inputs.with_columns(constant=pl.lit(1.0))
    questions = [(Rows(wide, rows.target), BINARY), (Rows(wide, other.target), {"objective": "regression", "num_leaves": 7})]
    assert telling_inputs(questions, 2, rounds=10) == ("told", "kind")
    assert telling_inputs(questions, 9, rounds=10) == tuple(wide.columns)


def test_unknown_and_endless_numbers_are_answered() -> None:
    forest = fit_forest(_rows(0, 900), BINARY, rounds=10)
    odd = pl.DataFrame(
        {"told": [None, float("nan"), float("inf"), -float("inf"), 1e300], "noise": [0.0] * 5, "kind": [-7, 9, 0, 1, 2]}
    )
    assert np.isfinite(forest.predict(odd)).all()
    assert forest.predict(odd[:0]).shape == (0,)


@pytest.mark.parametrize("harm", ["absent", "cut", "other", "names"])
def test_a_damaged_forest_is_told(tmp_path: Path, harm: str) -> None:
    fit_forest(_rows(0, 900), BINARY, rounds=3).save(tmp_path, "trees")
    text, about = tmp_path / "trees.0.txt", tmp_path / "trees.json"
    match harm:
        case "absent":
            text.unlink()
        case "cut":
            text.write_text(text.read_text()[:500])
        case "other":
            about.write_text("[]")
        case "names":
            about.write_text(about.read_text().replace('"noise"', '"else"'))
    with pytest.raises(Damaged):
        load_forest(tmp_path, "trees")
