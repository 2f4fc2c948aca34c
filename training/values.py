"""Frozen values that pass between the steps of training, as JSON where they are stored. No logic, no heavy import."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class PartSummary:
    """One part of a dataset: train, valid or test."""

    rows: int
    positives: int | None
    """Rows of the class to be found; None for a rate."""
    first_at: datetime | None
    last_at: datetime | None
    outcomes: int | None = None
    """Different outcomes that occur: a part with one has nothing to tell apart."""


@dataclass(frozen=True)
class SourceTable:
    """A table that a dataset was made from, as it stood at the as-of moment."""

    name: str
    rows: int
    newest_event_at: datetime | None
    newest_known_at: datetime | None


@dataclass(frozen=True)
class Leakage:
    """What was kept out of a dataset, and what still looks too good."""

    unknown_labels: int
    """Labels that were not known yet at the as-of moment."""
    embargoed_rows: int
    """Rows between two parts, or whose outcome reaches into the test part."""
    purged_rows: int
    """Rows of a video that already occurs in an earlier part."""
    suspicious_inputs: tuple[str, ...]
    """Inputs that alone tell the label almost perfectly in the training part: a sign of leakage, to be looked into."""
    timely_inputs: dict[str, float] = field(default_factory=dict)
    """Inputs that rise or fall with time alone in the training part, with their rank correlation: they tell when, not what, and
    lie outside of what was learnt as soon as time goes on."""
    future_rows: int = 0
    """Rows told by something that was not known yet when they were asked for. None: a dataset with one is not frozen."""
    doubled_rows: int = 0
    """Rows beyond the first of the same entity and moment."""
    constant_inputs: tuple[str, ...] = ()
    """Inputs with one value in the training part."""
    missing_inputs: tuple[str, ...] = ()
    """Inputs without any value in the training part."""


@dataclass(frozen=True)
class Manifest:
    """What a dataset snapshot holds and where it came from. Its digest covers every other field and the rows."""

    digest: str
    rows_digest: str
    model: str
    as_of: datetime
    label_table: str
    feature_service: str
    inputs: tuple[str, ...]
    parts: dict[str, PartSummary]
    thresholds: dict[str, float]
    """Growth that counts as a breakout, by age band, fitted on the training part; empty for other models."""
    leakage: Leakage
    sources: tuple[SourceTable, ...] = ()


@dataclass(frozen=True)
class Candidate:
    """A challenger as it came out of training, or the reason why there is none."""

    model: str
    dataset_digest: str
    version: str | None
    reason: str
    metrics: dict[str, float]
    """On the test part."""
    baseline_metrics: dict[str, float]
    is_new: bool = True
    """False when the same dataset had been trained on before and its version was found again."""


@dataclass(frozen=True)
class Comparison:
    """A difference of the primary metric on the test part with its 95 % interval (paired bootstrap)."""

    point: float
    low: float
    high: float


@dataclass(frozen=True)
class Costs:
    """What answering takes: milliseconds per row of a batch and for one row alone, and megabytes on disk."""

    batch_ms: float
    single_ms: float
    megabytes: float


@dataclass(frozen=True)
class Verdict:
    """What the promotion gate decided."""

    model: str
    is_promoted: bool
    champion: str
    """Version that holds the alias now."""
    champion_kind: str
    reason: str
    against_baseline: Comparison | None
    against_champion: Comparison | None
    version: str | None = None
    """The version that was judged; None where there was none."""
    previous: str | None = None
    """Version that held the alias before."""
    figures: dict[str, Any] = field(default_factory=dict)
    """Everything that was measured for the decision."""
