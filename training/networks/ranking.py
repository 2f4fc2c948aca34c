"""The click-through network: which of a channel's drafts is clicked more, and how often.

Taught by `losses.RankingLoss`; its rates are brought to what was seen on the validation part by `calibration`."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from features.codec import Codec
from training.networks.encoding import Columns, Encoder
from training.networks.tabular import Shape

_DRAFT = ("title_", "draft_", "publish_", "thumbnail_", "slot_", "script_", "text_", "marker_", "duration_")
"""Beginnings of the names of what an operator may change in a draft. All else is a condition: the channel and its niche."""


def is_condition(name: str) -> bool:
    """Whether an input tells of the channel or the niche, and so is the same for all drafts that are compared.

    The category, though of the draft, is its niche."""
    return "category" in name or not name.startswith(_DRAFT)


class RankingNetwork(nn.Module):
    """Logit = rule(raw) + level(conditions) + worth(draft | conditions).

    The level moves all drafts of a channel together and decides no order. The worth is a perceptron over the draft whose hidden
    units the conditions scale and shift: what draws clicks in one niche may not in another. Both start at zero.
    """

    def __init__(self, codec: Codec, shape: Shape, rule: nn.Module) -> None:
        super().__init__()
        self.rule = rule.requires_grad_(False)
        self.encoder = Encoder(codec)
        numbers = [codec.inputs[position].name for position in codec.number_columns]
        conditions = [place for place, name in enumerate(numbers) if is_condition(name)]
        drafts = [place for place, name in enumerate(numbers) if not is_condition(name)]
        self.conditions, self.drafts = Columns(conditions), Columns(drafts)
        self.conditional = [is_condition(codec.inputs[position].name) for position in codec.category_columns]
        embedding = self.encoder.embedded_width // max(len(codec.category_columns), 1)
        known = 2 * len(conditions) + embedding * sum(self.conditional)
        draft = 2 * len(drafts) + embedding * (len(self.conditional) - sum(self.conditional))
        self.context = nn.Sequential(nn.Linear(known, shape.width), nn.GELU(), nn.Dropout(shape.dropout))
        self.scale = nn.Linear(shape.width, 2 * shape.width)
        self.first = nn.Linear(draft, shape.width)
        deeper: list[nn.Module] = []
        for _ in range(shape.depth - 1):
            deeper += [nn.Linear(shape.width, shape.width), nn.GELU(), nn.Dropout(shape.dropout)]
        self.deeper = nn.Sequential(nn.GELU(), nn.Dropout(shape.dropout), *deeper)
        self.level = nn.Linear(shape.width, 1)
        self.worth = nn.Linear(shape.width, 1, bias=False)
        self.linear = nn.Linear(draft, 1, bias=False)
        for head in (self.scale, self.level, self.worth, self.linear):
            for parameter in head.parameters():
                nn.init.zeros_(parameter)

    def forward(self, raw: Tensor) -> Tensor:
        standard, is_missing = self.encoder.split(raw)
        embedded = self.encoder.embedded(raw)
        known = [part for part, is_one in zip(embedded, self.conditional, strict=True) if is_one]
        own = [part for part, is_one in zip(embedded, self.conditional, strict=True) if not is_one]
        context = self.context(_side_by_side(self.conditions, standard, is_missing, known))
        draft = _side_by_side(self.drafts, standard, is_missing, own)
        scale, shift = self.scale(context).chunk(2, dim=1)
        hidden = self.deeper(self.first(draft) * (1 + scale) + shift)
        return self.rule(raw) + (self.level(context) + self.worth(hidden) + self.linear(draft)).squeeze(1)


def _side_by_side(columns: Columns, standard: Tensor, is_missing: Tensor, embedded: list[Tensor]) -> Tensor:
    return torch.cat([columns(standard), columns(is_missing), *embedded], dim=1)
