"""The trend network: how readings came (temporal), what the title says (text), and all else that is counted (social), fused under
three heads.

It takes the one flat matrix that every model takes. Which columns are steps of a series, tokens and parts of a text vector is
told by their names (`layout_of`); a model that has none of a kind has no such branch."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from features.codec import Codec, Input
from training.networks.attention import Layer, known_mean
from training.networks.encoding import Columns, Encoder

HORIZONS_HOURS = (48, 168)
"""Hours after now for which ln(views) is told."""

PEAK_HOURS = (24, 48, 72, 120, 168)
"""Upper ends of the buckets of hours from now to the peak of velocity."""

_STEP = re.compile(r"(?P<stem>.+?)_(?:lag_?)?(?P<step>\d+)")
_TOKEN = re.compile(r"(?:.*_)?token_(\d+)")
_TEXT = ("title_", "text_", "script_", "description_", "topic_text_")
_FEWEST_STEPS = 3
_STILL = 3.0
"""Where growth starts: softplus(−3) = 0.05."""
_SHUT = 1e4
"""Moves a gate all the way: its sigmoid is exactly 0 or 1."""


@dataclass(frozen=True)
class Shape:
    """Size of a trend network.

    Attributes:
        branch: width within and out of each branch; `heads` divides it.
        fused: width of the first layer over the branches; the second has half of it.
        layers: of attention over the readings, and over tokens.
        token: width of a token's embedding.
    """

    branch: int = 32
    fused: int = 64
    heads: int = 4
    layers: int = 1
    token: int = 32
    tokens: int = 4096
    """Codes that tokens are hashed to; code 0 is no token."""
    dropout: float = 0.1


SPECIFIED = Shape(branch=512, fused=512, heads=8, layers=6, token=768, tokens=32_768, dropout=0.1)
"""The size that the specification names: inputs of 768, 512 within, 8 heads, 6 layers. Far more than the data can fill."""


@dataclass(frozen=True)
class Layout:
    """Where a model's inputs belong, as positions among all inputs."""

    series: tuple[tuple[int, ...], ...]
    """By step, oldest first: the columns of that step."""
    tokens: tuple[int, ...]
    vector: tuple[int, ...]
    social: tuple[int, ...]
    """All other number columns."""


class Heads(NamedTuple):
    """What a trend network says of each row."""

    breakout: Tensor
    """Logit of a breakout within 48 hours, (rows,)."""
    log_views: Tensor
    """ln(1 + views) at each of HORIZONS_HOURS, (rows, horizons); never below the views now."""
    peak: Tensor
    """Logits of the bucket of the velocity's peak, (rows, buckets)."""


def layout_of(inputs: Sequence[Input], codec: Codec) -> Layout:
    """Sort inputs by name.

    `<thing>_lag<k>` and `<thing>_<k>`, k counting back from the newest, are a series where there are at least three consecutive
    steps of it. Side by side they have one length: the one that takes in most values; what is shorter, or goes beyond it, stays
    social. `…token_<k>` are codes of tokens. Such families of a title, text or script are a vector.
    """
    tokens: list[int] = []
    families: dict[str, dict[int, int]] = defaultdict(dict)
    for position in codec.number_columns:
        name = inputs[position].name
        if _TOKEN.fullmatch(name):
            tokens.append(position)
        elif found := _STEP.fullmatch(name):
            families[found["stem"]][int(found["step"])] = position
    vector: list[int] = []
    series: dict[int, list[list[int]]] = defaultdict(list)
    for stem, steps in families.items():
        first = min(steps)
        run = [steps[number] for number in range(first, first + len(steps)) if number in steps]
        if len(run) >= _FEWEST_STEPS and len(run) == len(steps):
            if f"{stem}_".startswith(_TEXT):
                vector += run
            else:
                series[first].append(run)
    steps, channels = max((laid for runs in series.values() for laid in _sizes(runs)), key=_values, default=(0, []))
    laid = tuple(tuple(run[step] for run in channels) for step in reversed(range(steps)))
    taken = {*tokens, *vector, *(position for step in laid for position in step)}
    social = tuple(position for position in codec.number_columns if position not in taken)
    return Layout(laid, tuple(tokens), tuple(vector), social)


def _sizes(runs: list[list[int]]) -> Iterator[tuple[int, list[list[int]]]]:
    """Each length that runs may be cut to, with those that have it."""
    for steps in sorted({len(run) for run in runs}):
        yield steps, [run for run in runs if len(run) >= steps]


def _values(size: tuple[int, list[list[int]]]) -> int:
    return size[0] * len(size[1])


class TemporalBranch(nn.Module):
    """An LSTM over the readings, attention over its states, and their mean: (rows, steps, channels) → (rows, width).

    At a step that is unknown the memory stays as it is: its input gate is shut, its forget gate open. PyTorch's own LSTM has no
    such mask, and is unrolled by the exporter into several times as many operations.
    """

    def __init__(self, channels: int, shape: Shape) -> None:
        super().__init__()
        self.read = nn.Linear(2 * channels, 4 * shape.branch)
        self.recall = nn.Linear(shape.branch, 4 * shape.branch, bias=False)
        gates = torch.tensor([-_SHUT, _SHUT, 0.0, 0.0]).repeat_interleave(shape.branch)
        self.register_buffer("when_unknown", gates, persistent=False)
        self.layers = nn.ModuleList(Layer(shape.branch, shape.heads, shape.dropout) for _ in range(shape.layers))
        self.width = 2 * shape.branch

    def forward(self, values: Tensor, is_missing: Tensor, known: Tensor) -> Tensor:
        is_known = known.amax(dim=2)
        read = self.read(torch.cat([values, is_missing], dim=2)) + (1.0 - is_known).unsqueeze(2) * self.get_buffer("when_unknown")
        state = memory = torch.zeros_like(read[:, 0, : self.recall.in_features])
        states = []
        for step in range(values.shape[1]):
            gates = read[:, step] + self.recall(state)
            width = state.shape[1]
            take, keep, give = torch.sigmoid(gates[:, : 3 * width]).chunk(3, dim=1)
            memory = keep * memory + take * torch.tanh(gates[:, 3 * width :])
            state = give * torch.tanh(memory)
            states.append(state)
        attended = torch.stack(states, dim=1)
        for layer in self.layers:
            attended = layer(attended, is_known)
        return torch.cat([state, known_mean(attended, is_known)], dim=1)


class TextBranch(nn.Module):
    """Hashed tokens through attention to their mean, a given text vector through a projection, side by side."""

    def __init__(self, has_tokens: bool, vector: int, shape: Shape) -> None:
        super().__init__()
        self.tokens = shape.tokens
        self.embed = nn.Embedding(shape.tokens, shape.token, padding_idx=0) if has_tokens else None
        depth = shape.layers if has_tokens and shape.layers > 1 else 0
        self.layers = nn.ModuleList(Layer(shape.token, shape.heads, shape.dropout) for _ in range(depth))
        self.read = nn.Linear(shape.token, shape.branch) if has_tokens else None
        self.project = nn.Sequential(nn.Linear(vector, shape.branch), nn.GELU()) if vector else None
        self.width = shape.branch * (int(has_tokens) + int(bool(vector)))

    def forward(self, tokens: Tensor, vector: Tensor) -> Tensor:
        parts = []
        if self.embed is not None and self.read is not None:
            # Codes come as floats of the one matrix; what is unknown, negative or too large is no token.
            codes = torch.where((tokens > 0) & (tokens < self.tokens), tokens, 0.0).long()
            is_known = (codes > 0).to(vector.dtype)
            steps = self.embed(codes)
            for layer in self.layers:
                steps = layer(steps, is_known)
            parts.append(self.read(known_mean(steps, is_known)))
        if self.project is not None:
            parts.append(self.project(vector))
        return torch.cat(parts, dim=1)


class TrendNetwork(nn.Module):
    """Logit of a breakout = rule(raw) + linear(encoded) + head(fused); `heads` gives all three answers.

    As in the tabular network the rule is fixed and all heads start at zero: an untrained network says what the rule says, and
    that views grow by a twentieth.
    """

    outputs = ("views_48h", "views_7d", "peak_hours")

    def __init__(self, codec: Codec, shape: Shape, rule: nn.Module, views: str = "views") -> None:
        """`views` names the input that holds the views now, as a count."""
        super().__init__()
        self.rule = rule.requires_grad_(False)
        self.encoder = Encoder(codec)
        self.layout = layout = layout_of(codec.inputs, codec)
        place = {position: number for number, position in enumerate(codec.number_columns)}
        self.steps, self.channels = len(layout.series), len(layout.series[0]) if layout.series else 0
        self.readings = Columns([place[position] for step in layout.series for position in step])
        self.codes = Columns(layout.tokens)
        self.vector = Columns([place[position] for position in layout.vector])
        self.social = Columns([place[position] for position in layout.social])
        # Picking hundreds of columns costs more than multiplying some by nothing.
        self.register_buffer("is_counted", torch.tensor([float(i not in layout.tokens) for i in codec.number_columns]))
        self.views = codec.names.index(views) if views in codec.names else None

        self.temporal = TemporalBranch(self.channels, shape) if layout.series else None
        self.text = TextBranch(bool(layout.tokens), len(layout.vector), shape) if layout.tokens or layout.vector else None
        social = 2 * len(layout.social) + self.encoder.embedded_width
        self.signals = nn.Sequential(
            nn.Linear(social, 2 * shape.branch), nn.GELU(), nn.Dropout(shape.dropout), nn.Linear(2 * shape.branch, shape.branch)
        )
        width = shape.branch + sum(branch.width for branch in (self.temporal, self.text) if branch is not None)
        self.fusion = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, shape.fused),
            nn.GELU(),
            nn.Dropout(shape.dropout),
            nn.Linear(shape.fused, max(shape.fused // 2, 1)),
            nn.GELU(),
        )
        self.linear = nn.Linear(self.encoder.width, 1, bias=False)
        fused = max(shape.fused // 2, 1)
        self.breakout = nn.Linear(fused, 1)
        self.growth = nn.Linear(fused, len(HORIZONS_HOURS))
        self.peak = nn.Linear(fused, len(PEAK_HOURS))
        for head in (self.linear, self.breakout, self.growth, self.peak):
            for parameter in head.parameters():
                nn.init.zeros_(parameter)

    def forward(self, raw: Tensor) -> Tensor:
        return self.heads(raw).breakout

    def heads(self, raw: Tensor) -> Heads:
        """All three answers for raw rows."""
        standard, is_missing = self.encoder.split(raw)
        embedded = self.encoder.embedded(raw)
        parts = [self.signals(torch.cat([self.social(standard), self.social(is_missing), *embedded], dim=1))]
        if self.temporal is not None:
            values, missing = self.readings(standard), self.readings(is_missing)
            known = self.readings(self.encoder.get_buffer("seen").unsqueeze(0)) - missing
            shape = (-1, self.steps, self.channels)
            parts.append(self.temporal(values.reshape(shape), missing.reshape(shape), known.reshape(shape)))
        if self.text is not None:
            parts.append(self.text(self.codes(raw), self.vector(standard)))
        fused = self.fusion(torch.cat(parts, dim=1))
        is_counted = self.get_buffer("is_counted")
        counted = torch.cat([standard * is_counted, is_missing * is_counted, *embedded], dim=1)
        breakout = self.rule(raw) + (self.linear(counted) + self.breakout(fused)).squeeze(1)
        return Heads(breakout, self._views_now(raw) + self._grown(self.growth(fused)), self.peak(fused))

    def answers(self, raw: Tensor) -> tuple[Tensor, ...]:
        """The logit and what can be exported beside its score: views at each horizon, and the expected hours to the peak, (rows,)
        each."""
        heads = self.heads(raw)
        views = torch.expm1(heads.log_views.clamp(max=30.0))
        ends = torch.tensor((0, *PEAK_HOURS), dtype=raw.dtype)
        hours = torch.softmax(heads.peak, dim=1) @ ((ends[1:] + ends[:-1]) / 2)
        return heads.breakout, views[:, 0], views[:, 1], hours

    def _grown(self, growth: Tensor) -> Tensor:
        """Growth of ln(views) up to each horizon: each adds to the one before, and views do not fall."""
        return torch.cumsum(nn.functional.softplus(growth - _STILL), dim=1)

    def _views_now(self, raw: Tensor) -> Tensor:
        if self.views is None:
            return torch.zeros_like(raw[:, :1])
        views = raw[:, self.views : self.views + 1]
        return torch.log1p(torch.where(torch.isfinite(views), views, 0.0).clamp_min(0.0))
