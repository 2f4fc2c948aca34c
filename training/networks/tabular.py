"""A multilayer perceptron with a linear path beside it, over encoded inputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from features.codec import Codec
from training.networks.encoding import Encoder


@dataclass(frozen=True)
class Shape:
    """Size of a network."""

    width: int
    depth: int
    dropout: float


class TabularNetwork(nn.Module):
    """Logit = rule(raw) + linear(encoded) + perceptron(encoded), with the rule fixed.

    The rule is the baseline, so that the network learns what the simple rule does not know, and starts where it ends: with
    few rows that is the difference between learning and noise. Both heads start at zero.
    """

    def __init__(self, codec: Codec, shape: Shape, rule: nn.Module) -> None:
        super().__init__()
        self.rule = rule.requires_grad_(False)
        self.encoder = Encoder(codec)
        layers: list[nn.Module] = []
        width = self.encoder.width
        for _ in range(shape.depth):
            layers += [nn.Linear(width, shape.width), nn.GELU(), nn.Dropout(shape.dropout)]
            width = shape.width
        self.hidden = nn.Sequential(*layers)
        self.head = nn.Linear(width, 1)
        self.linear = nn.Linear(self.encoder.width, 1, bias=False)
        for layer in (self.head, self.linear):
            nn.init.zeros_(layer.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, raw: Tensor) -> Tensor:
        encoded = self.encoder(raw)
        return self.rule(raw) + (self.linear(encoded) + self.head(self.hidden(encoded))).squeeze(1)


class Program(nn.Module):
    """What is exported: a network's or a rule's logit as a score between 0 and 1, and such further answers as are asked for."""

    def __init__(self, network: nn.Module, extras: Sequence[str] = ()) -> None:
        """`extras` are some of the network's `outputs`, which its `answers` gives after the logit."""
        super().__init__()
        self.network = network
        self.places = [network.outputs.index(name) for name in extras]  # type: ignore[union-attr, operator]

    def forward(self, features: Tensor) -> Tensor | tuple[Tensor, ...]:
        if not self.places:
            return torch.sigmoid(self.network(features))
        logit, *answers = self.network.answers(features)  # type: ignore[operator]
        return (torch.sigmoid(logit), *(answers[place] for place in self.places))
