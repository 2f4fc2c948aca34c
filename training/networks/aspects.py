"""The quality network: how good the script, the audio, the picture and the hold on viewers are, and what each is worth.

It needs inputs of these aspects, which only finished videos have. Drafts, of which title, length and time are known, are judged
by the tabular network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from features.codec import Codec, Input
from training.networks.encoding import Columns, Encoder
from training.networks.tabular import Shape

ASPECTS = ("script", "audio", "visual", "engagement")

_PREFIXES = {
    "script": ("script_", "title_", "text_"),
    "audio": ("audio_", "voice_", "speech_", "loudness_", "music_"),
    "visual": ("visual_", "picture_", "frame_", "thumbnail_", "caption_"),
    "engagement": ("engagement_",),
}


class Quality(NamedTuple):
    """What the network says of each row."""

    overall: Tensor
    """0 to 100, (rows,)."""
    aspects: Tensor
    """0 to 100 by ASPECTS, (rows, 4)."""
    weights: Tensor
    """Of each aspect in the overall logit, adding up to 1, (4,)."""


def aspect_of(name: str) -> str:
    """The aspect that an input tells of, by the beginning of its name; engagement, with the channel's inputs, takes the rest."""
    return next((aspect for aspect, starts in _PREFIXES.items() if name.startswith(starts)), "engagement")


def has_aspects(inputs: Sequence[Input]) -> bool:
    """Whether each aspect has an input of its own."""
    return {aspect_of(column.name) for column in inputs} == set(ASPECTS)


class AspectNetwork(nn.Module):
    """One small network an aspect, mixed by learnt softmax weights: logit = rule(raw) + Σ weight × logit of the aspect.

    An aspect none of whose inputs is known for a row says nothing of it: its logit is 0, 50 points.
    """

    outputs = ("overall", *(f"quality_{aspect}" for aspect in ASPECTS), *(f"weight_{aspect}" for aspect in ASPECTS))

    def __init__(self, codec: Codec, shape: Shape, rule: nn.Module) -> None:
        super().__init__()
        self.rule = rule.requires_grad_(False)
        self.encoder = Encoder(codec)
        numbers = [codec.inputs[position].name for position in codec.number_columns]
        categories = [codec.inputs[position].name for position in codec.category_columns]
        self.embedded = {aspect: [i for i, name in enumerate(categories) if aspect_of(name) == aspect] for aspect in ASPECTS}
        embedding = self.encoder.embedded_width // max(len(categories), 1)
        judges, columns = {}, {}
        for aspect in ASPECTS:
            places = [place for place, name in enumerate(numbers) if aspect_of(name) == aspect]
            columns[aspect] = Columns(places)
            width = 2 * len(places) + embedding * len(self.embedded[aspect])
            layers: list[nn.Module] = []
            for _ in range(shape.depth):
                layers += [nn.Linear(width, shape.width), nn.GELU(), nn.Dropout(shape.dropout)]
                width = shape.width
            head = nn.Linear(width, 1)
            nn.init.zeros_(head.weight)
            nn.init.zeros_(head.bias)
            judges[aspect] = nn.Sequential(*layers, head)
        self.judges = nn.ModuleDict(judges)
        self.columns = nn.ModuleDict(columns)
        self.mix = nn.Parameter(torch.zeros(len(ASPECTS)))

    def forward(self, raw: Tensor) -> Tensor:
        return self.rule(raw) + self._aspects(raw) @ torch.softmax(self.mix, dim=0)

    def quality(self, raw: Tensor) -> Quality:
        """Points and weights for raw rows."""
        weights = torch.softmax(self.mix, dim=0)
        aspects = self._aspects(raw)
        overall = torch.sigmoid(self.rule(raw) + aspects @ weights)
        return Quality(100 * overall, 100 * torch.sigmoid(aspects), weights)

    def answers(self, raw: Tensor) -> tuple[Tensor, ...]:
        """The logit and what can be exported beside its score, as `outputs` names it, (rows,) each."""
        mix = torch.softmax(self.mix, dim=0)
        aspects = self._aspects(raw)
        logit = self.rule(raw) + aspects @ mix
        weights = mix.unsqueeze(0) + torch.zeros_like(aspects)
        points = 100 * torch.sigmoid(aspects)
        return (logit, 100 * torch.sigmoid(logit), *points.unbind(dim=1), *weights.unbind(dim=1))

    def _aspects(self, raw: Tensor) -> Tensor:
        standard, is_missing = self.encoder.split(raw)
        known = self.encoder.known(is_missing)
        embedded = self.encoder.embedded(raw)
        logits = []
        for aspect, judge in self.judges.items():
            columns = self.columns[aspect]
            values, missing = columns(standard), columns(is_missing)
            own = [embedded[place] for place in self.embedded[aspect]]
            logit = judge(torch.cat([values, missing, *own], dim=1)).squeeze(1)
            is_known = (columns(known) > 0.5).any(dim=1)
            logits.append(torch.where(is_known, logit, 0.0))
        return torch.stack(logits, dim=1)
