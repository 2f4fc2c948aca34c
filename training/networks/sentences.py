"""A sentence encoder that can be taught: the published all-MiniLM-L6-v2, cut in two.

`Trunk` is its lower part and stays as it was published, so that what it makes of a text is computed once and learnt from many
times. `Ranker` holds the layers above and a head that gives one score per text, and is what learns. Both are plain modules with
the arithmetic of BERT (Devlin et al. 2019), written out here because a whole model cannot be cut. Untaught, and averaged over the
pieces of a text, they give the published vectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

Weights = Mapping[str, Tensor]
"""Published weights by their published names."""


@dataclass(frozen=True)
class Build:
    """Sizes of the published model."""

    width: int = 384
    heads: int = 12
    inner: int = 1_536
    layers: int = 6
    pieces: int = 30_522
    longest: int = 512


class Dropout(nn.Module):
    """Dropout that draws from a generator of its own, so that networks which learn side by side do not share draws."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share
        self.generator: torch.Generator | None = None

    def forward(self, states: Tensor) -> Tensor:
        if not self.training or self.share == 0:
            return states
        kept = torch.empty_like(states).bernoulli_(1 - self.share, generator=self.generator)
        return states * kept.div_(1 - self.share)


class Layer(nn.Module):
    """One layer: each word piece looks at the others of its text, then a perceptron on each."""

    def __init__(self, build: Build, dropout: float) -> None:
        super().__init__()
        self.heads = build.heads
        self.dropout = Dropout(dropout)
        self.asked = nn.Linear(build.width, 3 * build.width)  # queries, keys and values in one product
        self.told = nn.Linear(build.width, build.width)
        self.told_norm = nn.LayerNorm(build.width, eps=1e-12)
        self.wide = nn.Linear(build.width, build.inner)
        self.narrow = nn.Linear(build.inner, build.width)
        self.norm = nn.LayerNorm(build.width, eps=1e-12)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """States (rows, pieces, width) and a mask (rows, pieces), true at pieces of the text → states."""
        rows, pieces, width = states.shape
        asked = self.asked(states).view(rows, pieces, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        seen = functional.scaled_dot_product_attention(asked[0], asked[1], asked[2], mask[:, None, None, :])
        told = self.told(seen.transpose(1, 2).reshape(rows, pieces, width))
        states = self.told_norm(states + self.dropout(told))
        made = self.narrow(functional.gelu(self.wide(states)))
        out: Tensor = self.norm(states + self.dropout(made))
        return out

    def take(self, weights: Weights, place: int) -> None:
        """Take the published weights of one layer."""
        of = f"encoder.layer.{place}."
        for end in ("weight", "bias"):
            parts = [weights[f"{of}attention.self.{name}.{end}"] for name in ("query", "key", "value")]
            _copy(getattr(self.asked, end), torch.cat(parts))
            for module, name in (
                (self.told, "attention.output.dense"),
                (self.told_norm, "attention.output.LayerNorm"),
                (self.wide, "intermediate.dense"),
                (self.narrow, "output.dense"),
                (self.norm, "output.LayerNorm"),
            ):
                _copy(getattr(module, end), weights[f"{of}{name}.{end}"])


class Trunk(nn.Module):
    """The lower layers, as published and never taught: word pieces (rows, pieces) → states (rows, pieces, width)."""

    def __init__(self, layers: int, build: Build = Build()) -> None:
        super().__init__()
        self.words = nn.Embedding(build.pieces, build.width)
        self.places = nn.Parameter(torch.zeros(build.longest, build.width))
        self.kind = nn.Parameter(torch.zeros(build.width))
        self.norm = nn.LayerNorm(build.width, eps=1e-12)
        self.layers = nn.ModuleList(Layer(build, 0.0) for _ in range(layers))
        self.requires_grad_(False).eval()

    def forward(self, pieces: Tensor, mask: Tensor) -> Tensor:
        states: Tensor = self.norm(self.words(pieces) + self.places[: pieces.shape[1]] + self.kind)
        for layer in self.layers:
            states = layer(states, mask)
        return states

    def take(self, weights: Weights) -> Trunk:
        """Take the published weights."""
        _copy(self.words.weight, weights["embeddings.word_embeddings.weight"])
        _copy(self.places, weights["embeddings.position_embeddings.weight"])
        _copy(self.kind, weights["embeddings.token_type_embeddings.weight"][0])
        _copy(self.norm.weight, weights["embeddings.LayerNorm.weight"])
        _copy(self.norm.bias, weights["embeddings.LayerNorm.bias"])
        for place, layer in enumerate(self.layers):
            layer.take(weights, place)
        return self


class Ranker(nn.Module):
    """The upper layers and a head: a trunk's states and their mask → one score per text (rows,). The head starts at zero."""

    def __init__(self, layers: int, dropout: float = 0.1, build: Build = Build()) -> None:
        super().__init__()
        self.below = build.layers - layers
        self.layers = nn.ModuleList(Layer(build, dropout) for _ in range(layers))
        self.dropout = Dropout(dropout)
        self.head = nn.Linear(build.width, 1, bias=False)
        nn.init.zeros_(self.head.weight)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        score: Tensor = self.head(self.dropout(self.vectors(states, mask))).squeeze(1)
        return score

    def draw_from(self, seed: int) -> Ranker:
        """Let dropout draw from a generator with this seed."""
        generator = torch.Generator().manual_seed(seed)
        for module in self.modules():
            if isinstance(module, Dropout):
                module.generator = generator
        return self

    def vectors(self, states: Tensor, mask: Tensor) -> Tensor:
        """The mean over the pieces of each text, shape (rows, width)."""
        for layer in self.layers:
            states = layer(states, mask)
        share = mask.unsqueeze(2).to(states.dtype)
        mean: Tensor = (states * share).sum(dim=1) / share.sum(dim=1)
        return mean

    def take(self, weights: Weights) -> Ranker:
        """Take the published weights of the layers."""
        for place, layer in enumerate(self.layers):
            layer.take(weights, self.below + place)
        return self


def _copy(parameter: Tensor, values: Tensor) -> None:
    with torch.no_grad():
        parameter.copy_(values)
