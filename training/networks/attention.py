"""Multi-head attention over a short sequence of which some steps are unknown, in operations that every exporter knows."""

from __future__ import annotations

import torch
from torch import Tensor, nn

_NEVER = -1e4
"""Score of an unknown step. Finite: a sequence without any known step must give numbers, too."""


class Attention(nn.Module):
    """Scaled dot-product attention of each step to all known ones, with a residual: (rows, steps, width) → the same."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        if width % heads:
            raise ValueError(f"{heads} heads do not divide a width of {width}")
        self.heads = heads
        self.before = nn.LayerNorm(width)
        self.project = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, steps: Tensor, is_known: Tensor) -> Tensor:
        """`is_known` is (rows, steps), 1 or 0."""
        rows, length, width = steps.shape
        query, key, value = (
            part.reshape(rows, length, self.heads, width // self.heads).transpose(1, 2)
            for part in self.project(self.before(steps)).chunk(3, dim=2)
        )
        score = query @ key.transpose(2, 3) * (width // self.heads) ** -0.5
        score = score + (1.0 - is_known)[:, None, None, :] * _NEVER
        seen = (self.dropout(torch.softmax(score, dim=3)) @ value).transpose(1, 2).reshape(rows, length, width)
        return steps + self.out(seen)


class Layer(nn.Module):
    """Attention and a perceptron after it, each with a residual: one layer of a transformer's encoder."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.attention = Attention(width, heads, dropout)
        self.perceptron = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 2 * width), nn.GELU(), nn.Dropout(dropout), nn.Linear(2 * width, width)
        )

    def forward(self, steps: Tensor, is_known: Tensor) -> Tensor:
        attended = self.attention(steps, is_known)
        return attended + self.perceptron(attended)


def known_mean(steps: Tensor, is_known: Tensor) -> Tensor:
    """Mean over known steps, (rows, width); zeros where none is known."""
    weight = is_known.unsqueeze(2)
    return (steps * weight).sum(dim=1) / weight.sum(dim=1).clamp_min(1.0)
