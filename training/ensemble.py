"""Several models together, and which of them stands as the challenger. Decided on the validation part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from training.boosted import LOGIT, joined
from training.dataset import Dataset, Part
from training.evaluation import PRIMARY, log_loss
from training.export import Exportable, score_rows, torch_program
from training.specs import ModelSpec, Task

if TYPE_CHECKING:
    from onnx import ModelProto

Array = np.ndarray[Any, Any]
Model = nn.Module | Exportable

_STEPS = 10
"""Shares tried for one of two models: tenths."""


@dataclass(frozen=True)
class Ensemble:
    """A weighted mean of logits."""

    members: tuple[Model, ...]
    weights: tuple[float, ...]
    inputs: int

    def logit(self, raw: Array) -> Array:
        """Logits of raw rows (rows, inputs), float64 (rows,)."""
        return np.sum([weight * logit_of(member, raw) for member, weight in zip(self.members, self.weights, strict=True)], axis=0)

    def program(self) -> ModelProto:
        """The ONNX program from raw rows to the logit."""
        programs = [
            torch_program(member, self.inputs, (LOGIT,)) if isinstance(member, nn.Module) else member.program()
            for member in self.members
        ]
        return joined(list(zip(programs, self.weights, strict=True)))


@dataclass(frozen=True)
class Choice:
    """The model that stands for a fit, and what each reached on the validation part."""

    kind: str
    model: Model
    figures: Mapping[str, float]
    """The primary metric on the validation part, by kind."""


def choose(dataset: Dataset, spec: ModelSpec, models: Mapping[str, Model]) -> Choice:
    """Take the best of some models by the primary metric on the validation part; two are also tried together.

    The first of equals is taken, so the simpler ones come first. The weights of two are those of the least loss on the validation
    part, in tenths.
    """
    valid = dataset.part("valid", spec)
    tried = dict(models)
    if len(models) == 2:
        mixed = mix(list(models.values()), spec, valid)
        if min(mixed.weights) > 0:
            tried["ensemble"] = mixed
    metric = PRIMARY[spec.primary_metric]
    figures = {kind: metric(valid.target, score_rows(model, valid.raw), valid.within, None) for kind, model in tried.items()}
    best = max(figures, key=lambda kind: figures[kind])
    return Choice(best, tried[best], figures)


def mix(models: list[Model], spec: ModelSpec, valid: Part) -> Ensemble:
    """Two models with the weights, in tenths, that lose least on the validation part."""
    first, second = (logit_of(model, valid.raw) for model in models)

    def loss(share: float) -> float:
        logit = share * first + (1 - share) * second
        score = 1 / (1 + np.exp(-np.clip(logit, -60, 60)))
        if spec.task is Task.CHANCE:
            return log_loss(valid.target, score)
        wanted = np.clip(valid.target, 1e-4, 1 - 1e-4)
        return float(np.mean((logit - np.log(wanted) + np.log1p(-wanted)) ** 2))

    share = min(range(_STEPS + 1), key=lambda step: loss(step / _STEPS)) / _STEPS
    return Ensemble(tuple(models), (share, 1 - share), len(spec.inputs))


def logit_of(model: Model, raw: Array) -> Array:
    """Logits of a model for raw rows, float64 (rows,)."""
    if not isinstance(model, nn.Module):
        return model.logit(raw)
    with torch.inference_mode():
        return np.asarray(model.eval()(torch.from_numpy(raw)).numpy(), dtype=np.float64)
