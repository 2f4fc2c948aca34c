"""Fitted statistics that turn raw feature values into what a network can learn from. They are fitted on the training part once,
live inside the exported model, and are never fitted at serving; a serving process never needs this module.

How they are applied inside the graph: `training.networks.encoding`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import polars as pl


class Scale(StrEnum):
    """How a raw column is read."""

    PLAIN = "plain"
    """As it is."""
    LOG = "log"
    """sign(x)·ln(1 + |x|): counts, rates and other values of many magnitudes."""
    CATEGORY = "category"
    """A code without order, such as YouTube's category ids."""


@dataclass(frozen=True)
class Input:
    """One raw input column of a model."""

    name: str
    scale: Scale = Scale.PLAIN


@dataclass(frozen=True)
class Codec:
    """Constants of the encoding. Number columns become (x' − mean) / deviation, missing ones 0 beside a flag that is 1.

    Shapes: with n number columns and c category columns, `means`, `deviations` and `seen` have length n, `vocabularies` length c.
    """

    inputs: tuple[Input, ...]
    means: tuple[float, ...]
    deviations: tuple[float, ...]
    seen: tuple[bool, ...]
    """False for a number column that the training part never had a value of: the network must not react to it later."""
    vocabularies: tuple[tuple[int, ...], ...]
    """Known codes by category column; any other code, or none, shares one further place."""

    @property
    def names(self) -> tuple[str, ...]:
        """Raw input names in the order of the matrix's columns."""
        return tuple(column.name for column in self.inputs)

    @property
    def number_columns(self) -> tuple[int, ...]:
        """Positions of number columns among the inputs."""
        return tuple(i for i, column in enumerate(self.inputs) if column.scale is not Scale.CATEGORY)

    @property
    def category_columns(self) -> tuple[int, ...]:
        """Positions of category columns among the inputs."""
        return tuple(i for i, column in enumerate(self.inputs) if column.scale is Scale.CATEGORY)

    def unseen_names(self) -> list[str]:
        """Names of number columns without any value in the training part."""
        return [self.inputs[i].name for i, seen in zip(self.number_columns, self.seen, strict=True) if not seen]


def matrix(frame: pl.DataFrame, inputs: Sequence[Input]) -> np.ndarray[Any, np.dtype[np.float32]]:
    """The raw inputs of a frame as a float32 matrix of shape (rows, inputs); missing values are NaN, absurd ones infinite."""
    import polars as pl

    columns = (pl.col(column.name).cast(pl.Float64).fill_null(math.nan) for column in inputs)
    with np.errstate(over="ignore"):
        return frame.select(columns).to_numpy().astype(np.float32)


def fit_codec(raw: np.ndarray[Any, Any], inputs: Sequence[Input], common: int = 20) -> Codec:
    """Fit the constants on raw training rows of shape (rows, inputs).

    Args:
        common: a category code gets a place of its own from this many rows on; rarer ones share the place of the unknown.
    """
    means, deviations, seen, vocabularies = [], [], [], []
    for position, column in enumerate(inputs):
        values = raw[:, position].astype(np.float64)
        present = values[np.isfinite(values)]
        if column.scale is Scale.CATEGORY:
            codes, counts = np.unique(present.astype(np.int64), return_counts=True)
            vocabularies.append(tuple(int(code) for code in codes[counts >= common]))
            continue
        if column.scale is Scale.LOG:
            present = np.sign(present) * np.log1p(np.abs(present))
        deviation = float(present.std()) if len(present) else 0.0
        means.append(float(present.mean()) if len(present) else 0.0)
        # A constant column carries nothing; a deviation of 1 keeps it at 0 until it moves, instead of dividing by nothing.
        deviations.append(deviation if deviation > 1e-6 else 1.0)
        seen.append(bool(len(present)))
    return Codec(tuple(inputs), tuple(means), tuple(deviations), tuple(seen), tuple(vocabularies))
