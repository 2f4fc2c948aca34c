"""How the sentence encoder learns which of several headlines is clicked more, and how it answers.

What is learnt from is a randomised test: arms of one group differ in their headline and share all else, so only differences
within a group mean anything. An arm's target is its log click rate less its group's; its weight is 1 / (1 / clicks + NOISE),
because the logarithm of a count has the variance 1 / count, and headlines that look alike to any model differ by NOISE anyhow.
Several networks learn from different draws and their scores are averaged; linear weights are fitted on the same differences.

A loop of its own and not Lightning's: the networks learn side by side, one to a core, from states of frozen layers that are
computed once for all of them; a trainer per thread and batches of its own making would only stand around that. A network is the
same whatever the number of threads, because each draws from its own generator and counts on one thread."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from connectors.embeddings.minilm import published
from core.errors import Damaged

if TYPE_CHECKING:
    from torch import Tensor, optim

    from training.networks.sentences import Ranker, Trunk

Array = np.ndarray[Any, np.dtype[Any]]

NOISE = 0.05
LONGEST = 48
"""Word pieces that are read of a text; headlines have 20."""
_BATCH = 64
_NEAR = 16
"""Batches among which texts are sorted by length: enough to save padding, few enough to stay a mixture."""
_AT_ONCE = 4_096
"""Texts whose states are held at a time when scores are asked for: 120 MB."""
_WIDEST = 5.0
"""Standardised inputs are clipped here."""
_ABOUT = "rankers.json"


@dataclass(frozen=True)
class Course:
    """How one network learns.

    Attributes:
        layers: upper layers that learn; the others stay as published.
        rate: learning rate of the top layer; each layer below has `decay` times the rate of the one above.
        warm: share of the steps in which rates rise; they fall to zero in the rest.
    """

    layers: int = 3
    epochs: int = 2
    rate: float = 1e-4
    decay: float = 0.8
    head_rate: float = 1e-3
    weight_decay: float = 0.01
    dropout: float = 0.1
    warm: float = 0.1


@dataclass(frozen=True)
class Arms:
    """Arms of tests, one per row; rows of one group are those with one number in `group`."""

    texts: Sequence[str]
    group: Array
    clicks: Array
    impressions: Array


@dataclass(frozen=True)
class Rankers:
    """Taught networks of one course; their scores are averaged."""

    course: Course
    networks: tuple[Ranker, ...]

    def score(self, texts: Sequence[str], threads: int = 2) -> Array:
        """One score per text, shape (rows,): the log of its click rate, but for a constant of the group. Texts may be equal."""
        found = [
            _scores(self.networks, _states(texts[begin : begin + _AT_ONCE], self.course.layers, threads), threads)
            for begin in range(0, len(texts), _AT_ONCE)
        ]
        return np.concatenate([*found, np.zeros(0)])

    def save(self, folder: Path) -> None:
        """Write the taught layers, as half-precision numbers, and how they were taught."""
        import torch
        from safetensors.torch import save_file

        for place, network in enumerate(self.networks):
            halves = {name: value.to(torch.float16).contiguous() for name, value in network.state_dict().items()}
            save_file(halves, str(folder / f"ranker.{place}.safetensors"))
        about = {"course": vars(self.course), "networks": len(self.networks)}
        (folder / _ABOUT).write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


def load_rankers(folder: Path) -> Rankers:
    """Read what `Rankers.save` wrote. Raises Damaged for anything else."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    from training.networks.sentences import Ranker

    try:
        about = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
        course = Course(**about["course"])
        networks = []
        for place in range(int(about["networks"])):
            network = Ranker(course.layers, course.dropout)
            halves = load_file(str(folder / f"ranker.{place}.safetensors"))
            network.load_state_dict({name: value.float() for name, value in halves.items()})
            networks.append(network.eval())
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise Damaged(f"{folder} does not hold taught sentence encoders.", "Train the model again.") from error
    return Rankers(course, tuple(networks))


def teach(
    arms: Arms,
    course: Course,
    seeds: Sequence[int],
    threads: int = 2,
    report: Callable[[str], None] = lambda _: None,
) -> Rankers:
    """Teach one network per seed, as many at a time as there are threads. Equal arguments give equal weights on one machine."""
    states = _states(arms.texts, course.layers, threads)
    target, weight = targets(arms.clicks, arms.impressions)
    order = np.argsort(arms.group, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(arms.group[order])) + 1)
    with _single_threaded(), ThreadPoolExecutor(threads) as pool:
        networks = list(pool.map(lambda seed: _teach_one(states, target, weight, groups, course, seed, report), seeds))
    return Rankers(course, tuple(networks))


def targets(clicks: Array, impressions: Array) -> tuple[Array, Array]:
    """Log click rates and their weights, mean 1: float32, shape (rows,)."""
    clicks = np.asarray(clicks, dtype=np.float64)
    weight = 1 / (1 / (clicks + 1) + NOISE)
    rate = np.log((clicks + 0.5) / np.maximum(np.asarray(impressions, dtype=np.float64), 1))
    return rate.astype(np.float32), (weight / weight.mean()).astype(np.float32)


def vectors(texts: Sequence[str], threads: int = 2) -> Array:
    """Vectors of texts as published, unscaled, shape (rows, 384): equal to the encoder's but for their length."""
    import torch

    from training.networks.sentences import Ranker

    network = Ranker(3).take(published()[1]).eval()
    states = _states(texts, 3, threads)
    found = np.zeros((len(texts), network.head.in_features), dtype=np.float32)
    with _single_threaded(), ThreadPoolExecutor(threads) as pool:

        def answer(rows: Array) -> None:
            with torch.inference_mode():
                found[rows] = network.vectors(*states.of(rows)).numpy()

        list(pool.map(answer, _batches(states.lengths)))
    return found


def directions(texts: Sequence[str | None]) -> Array:
    """What texts mean, shape (rows, 384) in float64: `vectors` of length 1, so that the product of two is their likeness. An
    unknown text is empty. Texts of one call change the sixth digit of each other."""
    found = vectors(["" if text is None else text for text in texts]).astype(np.float64)
    return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-12)


@dataclass(frozen=True)
class Linear:
    """A weight for each input, fitted on differences within groups."""

    inputs: tuple[str, ...]
    means: Array
    deviations: Array
    weights: Array

    def score(self, inputs: pl.DataFrame) -> Array:
        """One score per row, shape (rows,), in the units of the target."""
        return _standard(inputs.select(self.inputs).to_numpy(), self.means, self.deviations) @ self.weights

    def save(self, folder: Path, stem: str) -> None:
        """Write `<stem>.json`."""
        about = {name: getattr(self, name).tolist() for name in ("means", "deviations", "weights")}
        (folder / f"{stem}.json").write_text(json.dumps({"inputs": self.inputs, **about}) + "\n", encoding="utf-8")


def load_linear(folder: Path, stem: str) -> Linear:
    """Read what `Linear.save` wrote. Raises Damaged for anything else."""
    try:
        about = json.loads((folder / f"{stem}.json").read_text(encoding="utf-8"))
        numbers = [np.asarray(about[name], dtype=np.float64) for name in ("means", "deviations", "weights")]
        inputs = tuple(about["inputs"])
        if any(values.shape != (len(inputs),) for values in numbers):
            raise ValueError
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Damaged(f"{folder} does not hold the weights of {stem}.", "Train the model again.") from error
    return Linear(inputs, *numbers)


def fit_linear(inputs: pl.DataFrame, group: Array, target: Array, weight: Array, ridge: float) -> Linear:
    """Fit weights of standardised inputs by weighted least squares of differences within groups, `ridge` times their squares."""
    raw = inputs.to_numpy().astype(np.float64)
    means, deviations = raw.mean(axis=0), raw.std(axis=0)
    apart = _apart(_standard(raw, means, deviations), group, weight)
    share = np.asarray(weight, dtype=np.float64)[:, None]
    normal = apart.T @ (apart * share) + ridge * np.eye(apart.shape[1])
    wanted = _apart(np.asarray(target, dtype=np.float64)[:, None], group, weight)
    weights = np.linalg.solve(normal, apart.T @ (wanted * share))[:, 0]
    return Linear(tuple(inputs.columns), means, deviations, weights)


def _standard(raw: Array, means: Array, deviations: Array) -> Array:
    """Standardised and clipped; an input that was constant says nothing."""
    safe = np.where(deviations > 0, deviations, 1.0)
    return np.clip((raw - means) / safe, -_WIDEST, _WIDEST) * (deviations > 0)


def _apart(values: Array, group: Array, weight: Array) -> Array:
    """Values (rows, columns) less their group's weighted mean."""
    _, place = np.unique(group, return_inverse=True)
    share = np.bincount(place, weight)
    means = np.stack([np.bincount(place, weight * column) / share for column in values.T], axis=1)
    return values - means[place]


@dataclass(frozen=True)
class _States:
    """What the frozen layers make of texts: one row per word piece, the first of all being padding."""

    flat: Tensor
    begins: Array
    lengths: Array

    def of(self, rows: Array) -> tuple[Tensor, Tensor]:
        """States (rows, pieces, width) and mask (rows, pieces) of some texts."""
        import torch

        lengths = self.lengths[rows]
        steps = np.arange(lengths.max())
        inside = steps < lengths[:, None]
        places = np.where(inside, self.begins[rows][:, None] + steps, 0)
        return self.flat[torch.from_numpy(places)], torch.from_numpy(inside)


def _states(texts: Sequence[str], layers: int, threads: int) -> _States:
    """Read the texts with the frozen layers, equal texts once."""
    import torch

    tokenizer, trunk = _trunk(layers)
    unique, place = np.unique(np.array([" ".join(text.split()) for text in texts], dtype=object), return_inverse=True)
    # A cut text keeps the piece that ends every text.
    pieces = [
        ids if len(ids) <= LONGEST else ids[: LONGEST - 1] + ids[-1:]
        for ids in (one.ids for one in tokenizer.encode_batch(list(unique)))
    ]
    lengths = np.array([len(ids) for ids in pieces], dtype=np.int64)
    begins = 1 + np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64)
    flat = torch.zeros(int(lengths.sum()) + 1, trunk.kind.shape[0])

    def read(rows: Array) -> None:
        longest = lengths[rows].max()
        ids = torch.tensor([pieces[row] + [0] * (longest - lengths[row]) for row in rows])
        inside = torch.from_numpy(np.arange(longest) < lengths[rows][:, None])
        with torch.inference_mode():
            states = trunk(ids, inside)
        for row, found in zip(rows, states, strict=True):
            flat[begins[row] : begins[row] + lengths[row]] = found[: lengths[row]]

    with _single_threaded(), ThreadPoolExecutor(threads) as pool:
        list(pool.map(read, _batches(lengths)))
    return _States(flat, begins[place], lengths[place])


def _scores(networks: Sequence[Ranker], states: _States, threads: int) -> Array:
    import torch

    found = np.zeros(len(states.lengths), dtype=np.float64)

    def answer(rows: Array) -> None:
        with torch.inference_mode():
            inputs = states.of(rows)
            for network in networks:
                found[rows] += network(*inputs).numpy()

    with _single_threaded(), ThreadPoolExecutor(threads) as pool:
        list(pool.map(answer, _batches(states.lengths)))
    return found / max(len(networks), 1)


def _teach_one(
    states: _States,
    target: Array,
    weight: Array,
    groups: Sequence[Array],
    course: Course,
    seed: int,
    report: Callable[[str], None],
) -> Ranker:
    import torch

    from training.networks.sentences import Ranker

    draws = np.random.default_rng(seed)
    network = Ranker(course.layers, course.dropout).take(published()[1]).draw_from(seed).train()
    batches = [batch for _ in range(course.epochs) for batch in _group_batches(states.lengths, groups, draws)]
    learner, schedule = _learner(network, course, len(batches))
    total = 0.0
    for step, batch in enumerate(batches, 1):
        rows = np.concatenate(batch)
        member = torch.from_numpy(np.repeat(np.arange(len(batch)), [len(group) for group in batch]))
        loss = within_group_loss(
            network(*states.of(rows)), torch.from_numpy(target[rows]), torch.from_numpy(weight[rows]), member, len(batch)
        )
        learner.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        learner.step()
        schedule.step()
        total += float(loss.detach())
        if step % max(len(batches) // course.epochs, 1) == 0:
            report(f"seed {seed}: step {step} of {len(batches)}, mean loss {total / step:.4f}")
    # Rounded as they are written, so that a program answers alike before and after it is saved.
    network.load_state_dict({name: value.to(torch.float16).float() for name, value in network.state_dict().items()})
    return network.eval()


def within_group_loss(score: Tensor, target: Tensor, weight: Tensor, member: Tensor, groups: int) -> Tensor:
    """Weighted squared error of differences within groups: each group's mean error is taken out. Shapes (rows,)."""
    error = score - target
    share = score.new_zeros(groups).index_add(0, member, weight)
    mean = score.new_zeros(groups).index_add(0, member, weight * error) / share
    return ((error - mean[member]) ** 2 * weight).mean()


def _learner(network: Ranker, course: Course, steps: int) -> tuple[optim.Optimizer, Any]:
    import torch

    rates: list[dict[str, Any]] = [{"params": list(network.head.parameters()), "lr": course.head_rate}]
    for depth, layer in enumerate(reversed(network.layers)):
        rates.append({"params": list(layer.parameters()), "lr": course.rate * course.decay**depth})
    learner = torch.optim.AdamW(rates, weight_decay=course.weight_decay, fused=True)
    rising = max(course.warm * steps, 1)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        learner, lambda step: min((step + 1) / rising, max(1 - step / steps, 0.0) / max(1 - course.warm, 1e-9))
    )
    return learner, schedule


def _group_batches(lengths: Array, groups: Sequence[Array], draws: np.random.Generator) -> list[list[Array]]:
    """Whole groups in batches of about `_BATCH` texts of like length, in random order."""
    longest = np.array([lengths[group].max() for group in groups])
    per_batch = max(round(_BATCH / np.mean([len(group) for group in groups])), 1)
    order = draws.permutation(len(groups))
    batches = []
    for begin in range(0, len(order), per_batch * _NEAR):
        near = order[begin : begin + per_batch * _NEAR]
        near = near[np.argsort(longest[near], kind="stable")]
        batches += [[groups[place] for place in near[at : at + per_batch]] for at in range(0, len(near), per_batch)]
    return [batches[place] for place in draws.permutation(len(batches))]


def _batches(lengths: Array) -> list[Array]:
    """Rows in batches of like length."""
    order = np.argsort(lengths, kind="stable")
    return [order[begin : begin + _BATCH] for begin in range(0, len(order), _BATCH)]


@cache
def _trunk(layers: int) -> tuple[Any, Trunk]:
    """Tokenizer and frozen layers below so many taught ones."""
    from training.networks.sentences import Build, Trunk

    tokenizer, weights = published()
    return tokenizer, Trunk(Build().layers - layers).take(weights)


@contextmanager
def _single_threaded() -> Iterator[None]:
    """Let each batch be one thread's work: threads within a batch wait for each other at every layer."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
