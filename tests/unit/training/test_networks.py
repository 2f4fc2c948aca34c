"""Networks and rules: what they do with what they do not know, and that their exported programs do the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Damaged
from features.codec import fit_codec
from tests.unit.training.data import CHANCE, RATE, make_dataset
from training.export import MODEL_FILE, SIGNATURE_FILE, Signature, _awkward_rows, export, read_signature, run_program
from training.networks.baselines import AgeCategoryRate, fit_baseline
from training.networks.encoding import Columns, Encoder
from training.networks.tabular import Program, Shape, TabularNetwork
from training.specs import MODELS, QUALITY, ModelSpec

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


def sigmoid(logit: torch.Tensor) -> np.ndarray:
    return torch.sigmoid(logit).detach().numpy()


def network_of(spec: ModelSpec, seed: int = 0) -> tuple[TabularNetwork, np.ndarray]:
    train = make_dataset(spec).part("train", spec)
    torch.manual_seed(seed)
    network = TabularNetwork(fit_codec(train.raw, spec.inputs), Shape(8, 2, 0.1), fit_baseline(spec, train.raw, train.target))
    torch.nn.init.normal_(network.head.weight)
    torch.nn.init.normal_(network.linear.weight)
    return network.eval(), train.raw


def test_encoded_numbers_are_standard_and_missing_ones_are_flagged() -> None:
    raw = np.array([[10, 20, 1, 0, np.nan], [20, 20, 3, 0, np.nan], [np.nan, 99, np.inf, 0, 5]], dtype=np.float32)
    encoder = Encoder(fit_codec(raw[:2], CHANCE.inputs, common=1))

    encoded = encoder(torch.from_numpy(raw)).detach()

    assert encoded.shape == (3, encoder.width)
    np.testing.assert_allclose(encoded[:, 1], [-1, 1, 0], atol=1e-5)
    np.testing.assert_allclose(encoded[:, 4:8], [[0, 0, 0, 0], [0, 0, 0, 0], [1, 1, 0, 0]])
    assert not encoded[:, 3].any(), "a column never seen in training stays silent when it comes"
    assert torch.equal(encoded[0, 8:], encoded[1, 8:])
    assert not torch.equal(encoded[0, 8:], encoded[2, 8:])


@given(st.lists(st.integers(0, 39), max_size=60) | st.permutations(range(40)), st.integers(0, 3))
def test_columns_are_those_of_the_places_however_they_are_cut_out(places: list[int], rows: int) -> None:
    values = torch.arange(rows * 40, dtype=torch.float32).reshape(rows, 40)
    assert torch.equal(Columns(places)(values), values[:, places])


def test_an_untrained_network_says_what_the_rule_says() -> None:
    train = make_dataset(CHANCE).part("train", CHANCE)
    rule = fit_baseline(CHANCE, train.raw, train.target)
    network = TabularNetwork(fit_codec(train.raw, CHANCE.inputs), Shape(8, 1, 0.0), rule).eval()
    raw = torch.from_numpy(train.raw)
    torch.testing.assert_close(network(raw), rule(raw))


def test_the_age_and_category_rule_is_the_smoothed_share_of_its_cell() -> None:
    train = make_dataset(CHANCE).part("train", CHANCE)
    rule = fit_baseline(CHANCE, train.raw, train.target)
    assert isinstance(rule, AgeCategoryRate)
    age, category = train.raw[:, 0], train.raw[:, 1]
    cell = (age >= 48) & (age < 72) & (category == 20)
    overall = (train.target.sum() + 2) / (len(train) + 20)
    expected = (train.target[cell].sum() + 20 * overall) / (cell.sum() + 20)

    rows = np.full((4, 5), np.nan, dtype=np.float32)
    rows[:, :2] = [[50, 20], [50, 99], [np.nan, 20], [np.nan, np.nan]]
    rates = sigmoid(rule(torch.from_numpy(rows)))

    assert rates[0] == pytest.approx(expected, abs=1e-5)
    np.testing.assert_allclose(rates[1:], overall, atol=1e-5)


@pytest.mark.parametrize("spec", [*MODELS.values(), CHANCE, RATE], ids=lambda spec: f"{spec.name}-{len(spec.inputs)}")
def test_a_rule_without_training_rows_gives_its_prior(spec: ModelSpec) -> None:
    rule = fit_baseline(spec, np.zeros((0, len(spec.inputs)), np.float32), np.zeros(0))
    rates = sigmoid(rule(torch.from_numpy(_awkward_rows(len(spec.inputs)))))
    prior = {"trend": 0.1, "quality": 0.5, "ctr": 0.05}[spec.name]
    assert rates[0] == pytest.approx(prior, abs=1e-5)
    assert np.isfinite(rates).all()


def test_the_recent_rate_is_passed_on() -> None:
    train = make_dataset(RATE).part("train", RATE)
    rates = sigmoid(fit_baseline(RATE, train.raw, train.target)(torch.from_numpy(train.raw)))
    np.testing.assert_allclose(rates, train.raw[:, 0], atol=1e-5)


@pytest.mark.parametrize("spec", [CHANCE, RATE], ids=["chance", "rate"])
@pytest.mark.parametrize("what", ["network", "rule"])
def test_the_exported_program_does_what_the_network_does(tmp_path: Path, spec: ModelSpec, what: str) -> None:
    network, raw = network_of(spec)
    module = network if what == "network" else network.rule
    signature = Signature(spec.name, what, "s_v1", ["a"], ["score"], [], {"auc": 0.6}, {}, "d", "2026-06-08")

    difference = export(module, spec, signature, tmp_path, raw)

    assert difference < 1e-5
    for rows in (raw[:1], raw[:7], _awkward_rows(raw.shape[1])):
        with torch.inference_mode():
            expected = Program(module)(torch.from_numpy(rows)).numpy()
        np.testing.assert_allclose(run_program(tmp_path, rows), expected, atol=1e-4)
    assert read_signature(tmp_path)["metrics"] == {"auc": 0.6}
    assert {path.name for path in tmp_path.iterdir()} == {MODEL_FILE, SIGNATURE_FILE}


def test_a_model_file_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / MODEL_FILE).write_bytes(b"not a model")
    with pytest.raises(Damaged, match="not a usable model"):
        run_program(tmp_path, np.zeros((1, 3)))
    with pytest.raises(Damaged, match="signature"):
        read_signature(tmp_path)


def test_scores_of_one_row_do_not_depend_on_its_neighbours() -> None:
    network, raw = network_of(CHANCE)
    with torch.inference_mode():
        together = network(torch.from_numpy(raw))
        alone = torch.cat([network(torch.from_numpy(raw[place : place + 1])) for place in range(5)])
    torch.testing.assert_close(together[:5], alone)


def test_quality_inputs_are_those_of_its_service() -> None:
    from features.services import quality_v2

    names = {feature.name for projection in quality_v2.feature_view_projections for feature in projection.features}
    assert QUALITY.feature_service == quality_v2.name
    assert {column.name for column in QUALITY.inputs} <= names
