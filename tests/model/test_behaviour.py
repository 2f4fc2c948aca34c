"""Behaviour of a trained network: what it must learn, what must not move it, and what it must not pretend to know."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import torch

from tests.unit.training.data import CHANCE, RATE, make_dataset
from training.candidates import fitted_rule
from training.dataset import Dataset
from training.evaluation import compare, metrics_of
from training.export import score_parts
from training.specs import ModelSpec

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning", "ignore::FutureWarning")


@cache
def trained(spec: ModelSpec, signal: float = 2.0) -> tuple[Dataset, torch.nn.Module]:
    from training.fit import Params, fit

    dataset = make_dataset(spec, rows=2400, signal=signal)
    return dataset, fit(dataset, spec, Params(width=16, depth=1, learning_rate=1e-2), seed=5).network


def spec_id(spec: ModelSpec) -> str:
    return spec.task.value


def scores(network: torch.nn.Module, raw: np.ndarray) -> np.ndarray:
    with torch.inference_mode():
        return torch.sigmoid(network(torch.from_numpy(raw))).numpy()


@pytest.mark.parametrize("spec", [CHANCE, RATE], ids=spec_id)
def test_what_can_be_learnt_is_learnt(spec: ModelSpec) -> None:
    dataset, network = trained(spec)
    test = dataset.part("test", spec)
    ours, rule = score_parts(network, dataset, spec, "test"), score_parts(fitted_rule(dataset, spec), dataset, spec, "test")

    assert compare(spec, test, ours, rule, seed=0).low > 0.05
    if spec is CHANCE:
        assert metrics_of(spec, test, ours)["calibration_error"] < 0.06


def test_nothing_is_found_in_noise() -> None:
    dataset, network = trained(CHANCE, signal=0.0)
    test = dataset.part("test", CHANCE)
    rule = score_parts(fitted_rule(dataset, CHANCE), dataset, CHANCE, "test")

    assert compare(CHANCE, test, score_parts(network, dataset, CHANCE, "test"), rule, seed=0).low <= 0


@pytest.mark.parametrize("spec", [CHANCE, RATE], ids=spec_id)
def test_more_heat_never_means_less(spec: ModelSpec) -> None:
    dataset, network = trained(spec)
    raw = dataset.part("test", spec).raw[:200].copy()
    heat = [column.name for column in spec.inputs].index("heat")
    ladder = []
    for value in (-1.5, -0.5, 0.5, 1.5):
        raw[:, heat] = value
        ladder.append(scores(network, raw).mean())
    assert ladder == sorted(ladder)
    assert ladder[-1] > 1.2 * ladder[0]


def test_an_input_without_training_values_does_not_move_a_score() -> None:
    dataset, network = trained(CHANCE)
    raw = dataset.part("test", CHANCE).raw[:50].copy()
    before = scores(network, raw)
    raw[:, [column.name for column in CHANCE.inputs].index("never")] = 1e6
    np.testing.assert_array_equal(scores(network, raw), before)


def test_absurd_values_move_a_score_no_further_than_large_ones() -> None:
    dataset, network = trained(CHANCE)
    raw = dataset.part("test", CHANCE).raw[:50].copy()
    heat = [column.name for column in CHANCE.inputs].index("heat")
    raw[:, heat] = 1e3
    large = scores(network, raw)
    raw[:, heat] = 1e12
    np.testing.assert_array_equal(scores(network, raw), large)


def test_the_same_seed_gives_the_same_network_and_the_test_part_does_not_matter() -> None:
    import polars as pl

    from training.fit import Params, fit

    dataset = make_dataset(CHANCE, rows=400)
    in_test = pl.col("part") == "test"
    poisoned = Dataset(
        dataset.manifest,
        dataset.rows.with_columns(
            target=pl.when(in_test).then(1 - pl.col("target")).otherwise("target"),
            heat=pl.when(in_test).then(-pl.col("heat")).otherwise("heat"),
        ),
    )
    params = Params(width=8, depth=1)

    one, again, other = (
        fit(data, CHANCE, params, seed).network.state_dict() for data, seed in ((dataset, 1), (poisoned, 1), (dataset, 2))
    )

    assert all(torch.equal(one[name], again[name]) for name in one)
    assert not all(torch.equal(one[name], other[name]) for name in one)


def test_a_search_goes_on_where_it_was_killed_and_is_not_repeated(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    from training import study

    dataset = make_dataset(CHANCE, rows=400)
    real, calls = study.fit, []

    def counted(*arguments: object, **keywords: object) -> object:
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*arguments, **keywords)  # type: ignore[arg-type]

    monkeypatch.setattr(study, "fit", counted)
    with pytest.raises(KeyboardInterrupt):
        study.search(dataset, CHANCE, "key", 3, 1, tmp_path)  # type: ignore[arg-type]
    first = study.search(dataset, CHANCE, "key", 3, 1, tmp_path)  # type: ignore[arg-type]
    assert len(calls) == 4
    assert study.search(dataset, CHANCE, "key", 3, 1, tmp_path) == first  # type: ignore[arg-type]
    assert len(calls) == 4
