"""Which network a model is given: by what it predicts, and by what its inputs are."""

from __future__ import annotations

from torch import nn

from features.codec import Codec
from training.networks.aspects import AspectNetwork, has_aspects
from training.networks.ranking import RankingNetwork, is_condition
from training.networks.tabular import Shape, TabularNetwork
from training.networks.trend import Shape as TrendShape
from training.networks.trend import TrendNetwork, layout_of
from training.specs import ModelSpec, Task

_HEADS = 4


def network_for(spec: ModelSpec, codec: Codec, rule: nn.Module, width: int, depth: int, dropout: float) -> nn.Module:
    """An untrained network over the model's inputs, with logits out, of about this size.

    Readings or texts among the inputs: the trend network. A rate that is compared within a channel: the ranking network. Inputs
    of all four aspects of a finished video: the aspect network. Otherwise the tabular one.
    """
    layout = layout_of(spec.inputs, codec)
    names = [column.name for column in spec.inputs]
    if layout.series or layout.tokens or layout.vector:
        branch = max(_HEADS, width // 2 // _HEADS * _HEADS)
        return TrendNetwork(codec, TrendShape(branch=branch, fused=width, heads=_HEADS, layers=1, dropout=dropout), rule)
    shape = Shape(width, depth, dropout)
    if spec.task is Task.RATE and spec.within and any(map(is_condition, names)) and not all(map(is_condition, names)):
        return RankingNetwork(codec, shape, rule)
    if spec.task is Task.CHANCE and has_aspects(spec.inputs):
        return AspectNetwork(codec, shape, rule)
    return TabularNetwork(codec, shape, rule)
