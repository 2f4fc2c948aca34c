"""A codec inside the graph, so that an exported model takes raw values and a caller needs no fitted statistics."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from features.codec import Codec, Scale

_WIDEST = 6.0
"""Standardised values are clipped here: one absurd count must not swing a score."""
_FEW_RUNS = 8


class Columns(nn.Module):
    """Picks columns of a matrix: (rows, any) → (rows, places), in the order of the places.

    ONNX Runtime gathers columns one number at a time, which took a third of a request's milliseconds. So neighbours are cut out
    together, and where few are neighbours, whole columns are taken from the transpose.
    """

    def __init__(self, places: Sequence[int]) -> None:
        super().__init__()
        starts = [at for at, place in enumerate(places) if at == 0 or places[at - 1] + 1 != place]
        self.runs = [(places[first], places[last - 1] + 1) for first, last in pairwise([*starts, len(places)])]
        self.register_buffer("places", torch.tensor(places, dtype=torch.long), persistent=False)

    def forward(self, values: Tensor) -> Tensor:
        if not self.runs:
            return values[:, :0]
        if len(self.runs) <= _FEW_RUNS:
            return torch.cat([values[:, first:last] for first, last in self.runs], dim=1)
        return values.t().index_select(0, self.get_buffer("places")).t().contiguous()


class Encoder(nn.Module):
    """Raw matrix (rows, inputs) → encoded (rows, `width`): standardised numbers, flags of missing ones, category embeddings.

    A number column without a value in training stays 0 with flag 0 whatever comes later.
    """

    def __init__(self, codec: Codec, embedding: int = 4) -> None:
        super().__init__()
        log = [codec.inputs[i].scale is Scale.LOG for i in codec.number_columns]
        self.numbers = Columns(codec.number_columns)
        self.register_buffer("log", torch.tensor(log))
        self.register_buffer("means", torch.tensor(codec.means))
        self.register_buffer("deviations", torch.tensor(codec.deviations))
        self.register_buffer("seen", torch.tensor(codec.seen, dtype=torch.float32))
        self.categories = codec.category_columns
        for column, codes in zip(self.categories, codec.vocabularies, strict=True):
            self.register_buffer(f"codes_{column}", torch.tensor(codes, dtype=torch.float32))
        self.embeddings = nn.ModuleList(nn.Linear(len(codes) + 1, embedding, bias=False) for codes in codec.vocabularies)
        self.embedded_width = embedding * len(self.categories)
        self.width = 2 * len(codec.number_columns) + self.embedded_width

    def forward(self, raw: Tensor) -> Tensor:
        return torch.cat([*self.split(raw), *self.embedded(raw)], dim=1)

    def split(self, raw: Tensor) -> tuple[Tensor, Tensor]:
        """Standardised numbers, 0 where missing, and their flags, each (rows, number columns)."""
        values = self.numbers(raw)
        is_missing = ~torch.isfinite(values)
        known = torch.where(is_missing, 0.0, values)
        scaled = torch.where(self.get_buffer("log"), torch.sign(known) * torch.log1p(torch.abs(known)), known)
        standard = ((scaled - self.get_buffer("means")) / self.get_buffer("deviations")).clamp(-_WIDEST, _WIDEST)
        seen = self.get_buffer("seen")
        return torch.where(is_missing, 0.0, standard) * seen, is_missing.to(raw.dtype) * seen

    def known(self, flags: Tensor) -> Tensor:
        """1 where a number is known, given the flags of missing ones; 0 where it is missing or of a column never seen."""
        return self.get_buffer("seen") - flags

    def embedded(self, raw: Tensor) -> list[Tensor]:
        """An embedding of each category column, (rows, embedding) each."""
        return [
            embed(one_of(raw[:, column], self.get_buffer(f"codes_{column}")))
            for column, embed in zip(self.categories, self.embeddings, strict=True)
        ]


def one_of(values: Tensor, codes: Tensor) -> Tensor:
    """One-hot rows (rows, codes + 1); the last place is any other code, or none."""
    known = (values.unsqueeze(1) == codes).to(torch.float32)
    return torch.cat([known, 1.0 - known.sum(dim=1, keepdim=True)], dim=1)
