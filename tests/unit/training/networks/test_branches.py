"""The networks of readings, rankings and aspects: what is unknown does not move them, and their files answer as they do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from features.codec import Input, Scale, fit_codec
from tests.unit.training.data import CHANCE, RATE, make_dataset
from training.export import MODEL_FILE, Signature, _awkward_rows, export
from training.fit import Params, fit
from training.networks.aspects import ASPECTS, AspectNetwork, aspect_of, has_aspects
from training.networks.attention import Layer, known_mean
from training.networks.baselines import ConstantRate, fit_baseline
from training.networks.choice import network_for
from training.networks.ranking import RankingNetwork, is_condition
from training.networks.tabular import Shape, TabularNetwork
from training.networks.trend import SPECIFIED, TemporalBranch, TrendNetwork, layout_of
from training.networks.trend import Shape as TrendShape
from training.specs import CTR, QUALITY, Task

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")

SMALL = TrendShape(branch=8, fused=8, heads=2, token=8, tokens=50, dropout=0.0)

READINGS = (
    Input("views", Scale.LOG),
    Input("age_hours"),
    Input("category", Scale.CATEGORY),
    *(Input(f"velocity_{lag}") for lag in (1, 2, 3, 4)),
    *(Input(f"growth_{lag}") for lag in (1, 2, 3, 4, 5)),
    Input("growth_at_24"),
    *(Input(f"acceleration_{lag}") for lag in (1, 2)),
    *(Input(f"title_token_{place}") for place in range(4)),
    *(Input(f"title_vector_{place}") for place in range(3)),
)
NAMES = [column.name for column in READINGS]


def readings(rows: int = 300, seed: int = 0) -> np.ndarray:
    generator = np.random.default_rng(seed)
    raw = generator.normal(size=(rows, len(READINGS)))
    raw[:, 0] = np.exp(generator.uniform(3, 12, rows))
    raw[:, 2] = generator.integers(0, 4, rows)
    raw[:, 15:19] = generator.integers(0, 60, (rows, 4))
    raw[generator.random(raw.shape) < 0.2] = np.nan
    return raw.astype(np.float32)


def stirred(network: nn.Module, seed: int = 0) -> nn.Module:
    """A network whose heads are not zero any more."""
    torch.manual_seed(seed)
    for parameter in network.parameters():
        if parameter.requires_grad:
            nn.init.normal_(parameter, std=0.3)
    return network.eval()


def trend_network(shape: TrendShape = SMALL) -> TrendNetwork:
    return TrendNetwork(fit_codec(readings(), READINGS), shape, ConstantRate(0.1))


def answer(network: nn.Module, raw: np.ndarray) -> Any:
    with torch.inference_mode():
        return network(torch.from_numpy(raw))


def test_inputs_are_sorted_by_their_names() -> None:
    layout = layout_of(READINGS, fit_codec(readings(), READINGS))
    named = [[NAMES[place] for place in step] for step in layout.series]
    assert named == [[f"velocity_{lag}", f"growth_{lag}"] for lag in (4, 3, 2, 1)], "oldest first, side by side"
    assert [NAMES[place] for place in layout.tokens] == NAMES[15:19]
    assert [NAMES[place] for place in layout.vector] == NAMES[19:]
    assert [NAMES[place] for place in layout.social] == [
        *("views", "age_hours", "growth_5", "growth_at_24", "acceleration_1", "acceleration_2"),
    ]


def test_an_untrained_network_says_what_the_rule_says_and_that_views_hardly_grow() -> None:
    network, raw = trend_network().eval(), readings(20)
    with torch.inference_mode():
        heads = network.heads(torch.from_numpy(raw))
    np.testing.assert_allclose(torch.sigmoid(heads.breakout), 0.1, rtol=1e-5)
    now = np.log1p(np.nan_to_num(raw[:, 0]))
    np.testing.assert_allclose(heads.log_views[:, 0].numpy() - now, 0.0486, atol=1e-3)
    assert (heads.log_views[:, 1] > heads.log_views[:, 0]).all()
    assert heads.peak.shape == (20, 5)


def test_steps_before_the_first_reading_do_not_matter() -> None:
    """An LSTM that had run over emptiness would not be where one begins."""
    branch = stirred(TemporalBranch(2, SMALL))
    values = torch.randn(3, 2, 2)
    empty, none = torch.zeros(3, 4, 2), torch.ones(3, 4, 2)

    short = branch(values, torch.zeros(3, 2, 2), torch.ones(3, 2, 2))
    long = branch(
        torch.cat([empty + 7, values], dim=1),
        torch.cat([none, torch.zeros(3, 2, 2)], dim=1),
        torch.cat([1 - none, torch.ones(3, 2, 2)], dim=1),
    )

    torch.testing.assert_close(short, long, atol=1e-5, rtol=1e-5)
    nothing = branch(empty, none, 1 - none)
    torch.testing.assert_close(nothing, torch.zeros_like(nothing))


def test_attention_looks_at_known_steps_alone() -> None:
    layer = stirred(Layer(8, 2, 0.0))
    steps, known = torch.randn(2, 5, 8), torch.tensor([[1.0, 1, 0, 1, 0], [0, 0, 0, 0, 0]])
    other = steps.clone()
    other[0, 2], other[0, 4] = 100.0, -100.0
    seen, again = layer(steps, known), layer(other, known)
    torch.testing.assert_close(seen[0, [0, 1, 3]], again[0, [0, 1, 3]])
    torch.testing.assert_close(known_mean(seen, known)[1], torch.zeros(8))
    assert torch.isfinite(seen).all()
    with pytest.raises(ValueError, match="3 heads do not divide"):
        Layer(8, 3, 0.0)


def test_each_branch_moves_the_answer_and_unknown_tokens_do_not() -> None:
    network = stirred(trend_network())
    raw = np.nan_to_num(readings(1), nan=0.5)
    raw[:, 15:19] = [[1, 2, 3, 4]]
    base = answer(network, raw)
    for name in ("views", "velocity_2", "growth_1", "growth_5", "title_token_1", "title_vector_2", "category"):
        moved = raw.copy()
        moved[0, NAMES.index(name)] = 3 if name == "category" else 9
        assert not torch.equal(answer(network, moved), base), name
    strange = np.repeat(raw, 5, axis=0)
    strange[:, 16] = [np.nan, 0, -3, 50, 1e20]
    answers = answer(network, strange)
    torch.testing.assert_close(answers, answers[:1].expand(5))


@pytest.mark.parametrize("name", ["trend", "ranking", "aspects"])
def test_files_answer_as_their_networks_do(tmp_path: Path, name: str) -> None:
    import onnxruntime

    inputs, raw = {"trend": (READINGS, readings()), "ranking": (DRAFTS, drafts()), "aspects": (FINISHED, finished())}[name]
    codec = fit_codec(raw, inputs)
    network = stirred(
        {
            "trend": lambda: TrendNetwork(codec, SMALL, ConstantRate(0.1)),
            "ranking": lambda: RankingNetwork(codec, Shape(8, 2, 0.0), ConstantRate(0.05)),
            "aspects": lambda: AspectNetwork(codec, Shape(8, 1, 0.0), ConstantRate(0.5)),
        }[name]()
    )
    spec = replace(CHANCE, inputs=inputs)
    extras = () if name == "ranking" else network.outputs  # type: ignore[union-attr]
    signature = Signature("trend", "network", "s_v1", [i.name for i in inputs], ["score", *extras], [], {}, {}, "d", "2026-06-08")

    assert export(network, spec, signature, tmp_path, raw, extras) < 1e-5  # type: ignore[arg-type]

    if extras:
        session = onnxruntime.InferenceSession(str(tmp_path / MODEL_FILE), providers=["CPUExecutionProvider"])
        rows = np.concatenate([raw[:50], _awkward_rows(len(inputs))])
        got = session.run(list(extras), {"features": rows})
        with torch.inference_mode():
            expected = network.answers(torch.from_numpy(rows))[1:]  # type: ignore[operator]
        for one, other in zip(got, expected, strict=True):
            assert one.shape == (55,)
            np.testing.assert_allclose(one, other.numpy(), rtol=1e-4, atol=1e-4)


def test_the_size_of_the_specification_can_be_built() -> None:
    with torch.device("meta"):
        branch = TemporalBranch(14, SPECIFIED)
    assert (len(branch.layers), branch.layers[0].attention.heads, branch.recall.in_features) == (6, 8, 512)


DRAFTS = (
    Input("subscribers_count", Scale.LOG),
    Input("ctr_20"),
    Input("draft_category_id", Scale.CATEGORY),
    Input("publish_dow", Scale.CATEGORY),
    Input("title_characters"),
    Input("thumbnail_contrast"),
)


def drafts(rows: int = 200) -> np.ndarray:
    generator = np.random.default_rng(3)
    raw = generator.normal(size=(rows, len(DRAFTS)))
    raw[:, 2:4] = generator.integers(0, 3, (rows, 2))
    raw[generator.random(raw.shape) < 0.1] = np.nan
    return raw.astype(np.float32)


def test_the_channel_alone_decides_no_order_and_changes_what_a_title_is_worth() -> None:
    network = stirred(RankingNetwork(fit_codec(drafts(), DRAFTS), Shape(8, 2, 0.0), ConstantRate(0.05)))
    assert [is_condition(column.name) for column in DRAFTS] == [True, True, True, False, False, False]
    raw = np.zeros((4, len(DRAFTS)), dtype=np.float32)
    raw[:, 4] = [0, 1, 0, 1]
    raw[2:, 1] = 2.0
    logit = answer(network, raw)
    assert logit[1] - logit[0] != pytest.approx(float(logit[3] - logit[2])), "worth depends on the channel"
    nn.init.zeros_(network.worth.weight)  # type: ignore[union-attr, arg-type]
    nn.init.zeros_(network.linear.weight)  # type: ignore[union-attr, arg-type]
    logit = answer(network, raw)
    torch.testing.assert_close(logit[0], logit[1])
    assert logit[2] != logit[0], "the level is of the channel"


FINISHED = (
    Input("script_coherence"),
    Input("title_characters"),
    Input("audio_loudness"),
    Input("caption_contrast"),
    Input("average_view_pct_20"),
    Input("category_id", Scale.CATEGORY),
)


def finished(rows: int = 200) -> np.ndarray:
    generator = np.random.default_rng(4)
    raw = generator.normal(size=(rows, len(FINISHED)))
    raw[:, 5] = generator.integers(0, 3, rows)
    return raw.astype(np.float32)


def test_aspects_are_told_apart_weighed_and_silent_where_nothing_is_known() -> None:
    assert [aspect_of(column.name) for column in FINISHED] == [
        *("script", "script", "audio", "visual", "engagement", "engagement")
    ]
    assert has_aspects(FINISHED)
    assert not has_aspects(QUALITY.inputs), "drafts are the tabular network's"
    network = stirred(AspectNetwork(fit_codec(finished(), FINISHED), Shape(8, 1, 0.0), ConstantRate(0.5)))
    raw = np.repeat(finished(1), 2, axis=0)
    raw[1, 2] = np.nan

    with torch.inference_mode():
        quality = network.quality(torch.from_numpy(raw))  # type: ignore[operator]

    assert float(quality.weights.sum()) == pytest.approx(1)
    assert quality.aspects.shape == (2, len(ASPECTS))
    assert float(quality.aspects[1, 1]) == 50
    torch.testing.assert_close(quality.aspects[0, [0, 2, 3]], quality.aspects[1, [0, 2, 3]])
    logits = torch.logit(quality.aspects[0] / 100)
    expected = 100 * torch.sigmoid(logits @ quality.weights)
    torch.testing.assert_close(quality.overall[0], expected, atol=1e-3, rtol=1e-3)


def test_a_model_is_given_the_network_of_its_inputs() -> None:
    def chosen(task: Task, within: str | None, inputs: tuple[Input, ...], raw: np.ndarray) -> type:
        spec = replace(CHANCE, task=task, within=within, inputs=inputs)
        return type(network_for(spec, fit_codec(raw, inputs), ConstantRate(0.1), 16, 1, 0.0))

    assert chosen(Task.CHANCE, None, READINGS, readings()) is TrendNetwork
    assert chosen(Task.RATE, "channel_id", DRAFTS, drafts()) is RankingNetwork
    assert chosen(Task.RATE, None, DRAFTS, drafts()) is TabularNetwork
    assert chosen(Task.CHANCE, None, FINISHED, finished()) is AspectNetwork
    assert chosen(Task.CHANCE, None, DRAFTS, drafts()) is TabularNetwork
    blank = np.full((5, len(CTR.inputs)), np.nan, dtype=np.float32)
    assert chosen(Task.RATE, "channel_id", CTR.inputs, blank) is RankingNetwork


def test_the_ranking_network_learns_order_and_rate() -> None:
    inputs = (*RATE.inputs[:1], Input("title_heat"), *RATE.inputs[2:])
    spec = replace(RATE, inputs=inputs, epochs=8)
    dataset = make_dataset(RATE)
    dataset = replace(dataset, rows=dataset.rows.rename({"heat": "title_heat"}))
    fitted = fit(dataset, spec, Params(width=16, depth=1, pairs=1.0), 1)
    assert isinstance(fitted.network, RankingNetwork)
    test = dataset.part("test", spec)
    from training.evaluation import pairwise_accuracy

    logit = answer(fitted.network, test.raw).numpy()
    assert pairwise_accuracy(test.target, logit, test.within) > 0.85
    rule = fit_baseline(spec, dataset.part("train", spec).raw, dataset.part("train", spec).target)
    assert (
        np.abs(1 / (1 + np.exp(-logit)) - test.target).mean()
        < np.abs(torch.sigmoid(answer(rule, test.raw)).numpy() - test.target).mean()
    )
