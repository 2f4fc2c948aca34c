"""Boosted trees and mixtures: the same answers as files, and what they cannot be fitted on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Damaged, NotReady
from tests.unit.training.data import CHANCE, RATE, make_dataset
from training.boosted import Boosted, _float32_below, fit_boosted, joined, trees_program
from training.boosting import Forest, Rows, fit_forest
from training.dataset import Dataset
from training.ensemble import Ensemble, choose, mix
from training.export import INPUT, Signature, _awkward_rows, export, read_signature, run_program, score_parts, score_rows
from training.networks.baselines import ConstantRate
from training.specs import ModelSpec

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")

SIGNATURE = Signature("trend", "boosted", "s_v1", ["a"], ["score"], [], {}, {}, "d", "2026-06-08")


def run(program: object, raw: np.ndarray) -> np.ndarray:
    import onnxruntime

    session = onnxruntime.InferenceSession(program.SerializeToString(), providers=["CPUExecutionProvider"])  # type: ignore[attr-defined]
    return session.run(None, {INPUT: raw.astype(np.float32)})[0]


@given(st.floats(-1e300, 1e300), st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_threshold_in_float32_decides_as_the_one_in_float64(threshold: float, value: float) -> None:
    assert (value <= _float32_below(threshold)) == (value <= threshold)


def forest_of(values: np.ndarray, seeds: tuple[int, ...] = (7,), rounds: int = 30) -> Forest:
    names = [f"x{number}" for number in range(values.shape[1])]
    known = np.nan_to_num(values)
    target = np.sin(known[:, 0]) + known[:, 1] ** 2
    rows = Rows(pl.from_numpy(values.astype(np.float32), schema=names), target)
    return fit_forest(rows, {"objective": "regression", "min_data_in_leaf": 5}, rounds=rounds, seeds=seeds)


@pytest.mark.parametrize("holes", [0.0, 0.3])
def test_trees_as_a_program_answer_as_the_trees_do(holes: float) -> None:
    """On the very thresholds, too: values of training are where splits are near."""
    generator = np.random.default_rng(2)
    values = generator.normal(size=(800, 4)).round(2)
    values[generator.random(values.shape) < holes] = np.nan
    forest = forest_of(values, seeds=(7, 8))
    program = trees_program(forest)
    asked = np.concatenate(
        [values, values + 0.005, np.full((1, 4), np.nan), np.zeros((1, 4)), np.full((2, 4), [[np.inf], [-np.inf]])]
    )
    asked = asked.astype(np.float32)

    expected = forest.predict(pl.from_numpy(asked, schema=list(forest.inputs)), raw=True)

    np.testing.assert_allclose(run(program, asked), expected, atol=1e-5)
    assert run(program, asked[:1]).shape == (1,)


def test_trees_without_a_split_give_a_constant() -> None:
    forest = forest_of(np.ones((50, 2)), rounds=3)
    np.testing.assert_allclose(
        run(trees_program(forest), np.zeros((3, 2))), forest.predict(pl.DataFrame({"x0": [0.0] * 3, "x1": [0.0] * 3})), atol=1e-6
    )


def test_splits_by_category_are_refused() -> None:
    codes = np.random.default_rng(0).integers(0, 9, 400)
    rows = Rows(pl.DataFrame({"code": codes.astype(float)}), (codes % 2).astype(float))
    forest = fit_forest(rows, {"objective": "regression", "min_data_in_leaf": 5}, rounds=3, categorical=["code"])
    with pytest.raises(Damaged, match="splits by categories"):
        trees_program(forest)


@pytest.mark.parametrize("spec", [CHANCE, RATE], ids=["chance", "rate"])
def test_boosted_trees_learn_start_from_the_rule_and_export(tmp_path: Path, spec: ModelSpec) -> None:
    dataset = make_dataset(spec)
    model = fit_boosted(dataset, spec, 7)
    test = dataset.part("test", spec)

    assert next(iter(model.importance)) == "heat"
    assert score_parts(model, dataset, spec, "test") == pytest.approx(
        score_parts(fit_boosted(dataset, spec, 7), dataset, spec, "test")
    )
    assert export(model, spec, SIGNATURE, tmp_path, test.raw) < 1e-5
    got = run_program(tmp_path, np.concatenate([test.raw[:3], _awkward_rows(test.raw.shape[1])]))
    assert ((got > 0) & (got < 1)).all()
    assert read_signature(tmp_path)["kind"] == "boosted"
    assert (
        np.corrcoef(test.raw[:, [column.name for column in spec.inputs].index("heat")], got_scores(model, test.raw))[0, 1] > 0.5
    )


def got_scores(model: Boosted, raw: np.ndarray) -> np.ndarray:
    return score_rows(model, raw)


@pytest.mark.parametrize("value", [0.0, float("nan"), float("inf"), 1e38], ids=str)
def test_columns_of_one_value_do_no_harm(tmp_path: Path, value: float) -> None:
    dataset = make_dataset(CHANCE)
    odd = Dataset(dataset.manifest, dataset.rows.with_columns(noise=pl.lit(value), category_id=pl.lit(10)))
    model = fit_boosted(odd, CHANCE, 7)
    strange = dataset.part("test", CHANCE).raw.copy()
    strange[:, 1] = 98765
    assert np.isfinite(score_rows(model, strange)).all()
    assert export(model, CHANCE, SIGNATURE, tmp_path, strange) < 1e-4


@pytest.mark.parametrize("part", ["train", "valid"])
def test_one_class_and_no_rows_are_refused_with_counts(part: str) -> None:
    dataset = make_dataset(CHANCE, rows=100)
    one = pl.when(pl.col("part") == part).then(1.0).otherwise(pl.col("target"))
    rows = 60 if part == "train" else 20
    with pytest.raises(NotReady, match=f"nothing to boost trend on: {rows} rows in {part}, {rows} positives"):
        fit_boosted(Dataset(dataset.manifest, dataset.rows.with_columns(target=one)), CHANCE, 7)
    with pytest.raises(NotReady, match=f"0 rows in {part}"):
        fit_boosted(Dataset(dataset.manifest, dataset.rows.filter(pl.col("part") != part)), CHANCE, 7)


@pytest.fixture(scope="module")
def pair() -> tuple[Dataset, Boosted, Boosted]:
    """Two models of which each knows something."""
    dataset = make_dataset(CHANCE)
    blind = Dataset(dataset.manifest, dataset.rows.with_columns(heat=pl.lit(None, dtype=pl.Float64)))
    return dataset, fit_boosted(dataset, CHANCE, 7), fit_boosted(blind, CHANCE, 7)


def test_an_ensemble_is_the_weighted_mean_of_logits_as_a_file_too(tmp_path: Path, pair: tuple[Dataset, Boosted, Boosted]) -> None:
    dataset, one, other = pair
    raw = dataset.part("test", CHANCE).raw
    both = Ensemble((one, other), (0.7, 0.3), raw.shape[1])

    np.testing.assert_allclose(both.logit(raw), 0.7 * one.logit(raw) + 0.3 * other.logit(raw))
    assert export(both, CHANCE, SIGNATURE, tmp_path, raw) < 1e-5


def test_a_network_and_trees_are_one_file(tmp_path: Path, pair: tuple[Dataset, Boosted, Boosted]) -> None:
    dataset, one, _ = pair
    raw = dataset.part("test", CHANCE).raw
    both = Ensemble((ConstantRate(0.2), one), (0.5, 0.5), raw.shape[1])
    assert export(both, CHANCE, SIGNATURE, tmp_path, raw) < 1e-5
    assert {path.name for path in tmp_path.iterdir()} == {"model.onnx", "signature.json"}


def test_the_better_one_is_chosen_on_the_validation_part(pair: tuple[Dataset, Boosted, Boosted]) -> None:
    dataset, good, bad = pair
    choice = choose(dataset, CHANCE, {"blind": bad, "seeing": good})
    assert choice.kind in ("seeing", "ensemble")
    assert choice.figures["seeing"] > choice.figures["blind"]
    assert choice.figures[choice.kind] == max(choice.figures.values())
    same = choose(dataset, CHANCE, {"first": good, "second": good})
    assert same.kind == "first", "of equals the first, and no mixture of one with itself"
    assert sum(mix([bad, good], CHANCE, dataset.part("valid", CHANCE)).weights) == pytest.approx(1)


def test_what_is_no_logit_is_not_joined(pair: tuple[Dataset, Boosted, Boosted]) -> None:
    program = trees_program(pair[1].forest)
    program.graph.output.append(program.graph.output[0])
    with pytest.raises(Damaged, match="not one from features to a logit"):
        joined([(program, 1.0)])
