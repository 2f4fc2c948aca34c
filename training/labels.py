"""Labels as they were known at a moment, and what makes them a target.

The `lbl_` tables of the warehouse hold outcomes; which growth counts as a breakout depends on the training part, so it is
decided here, after the split."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import polars as pl
import sqlalchemy

from training.specs import ModelSpec

BREAKOUT_QUANTILE = 0.9
_POOLED = "all"
_FEWEST_OF_A_BAND = 30
"""A 90th percentile of fewer growths than this is mostly noise; such a band takes the threshold of all bands."""


def load_labels(engine: sqlalchemy.Engine, spec: ModelSpec, as_of: datetime) -> tuple[pl.DataFrame, int]:
    """Read the labels that were known at `as_of`, oldest first, and count those that were not known yet.

    A label is known when `known_at` ≤ as_of and its `label_length` is over; until then it may still change.
    """
    columns = ", ".join(("event_timestamp", "known_at", *spec.label_columns))
    query = f"select {columns} from {spec.label_table} order by event_timestamp, video_id"  # noqa: S608 - names of a typed spec
    with engine.connect() as connection:
        rows = pl.read_database(query, connection, infer_schema_length=None)
    moments = [pl.col(name).cast(pl.Datetime("us", "UTC")) for name in ("event_timestamp", "known_at")]
    rows = rows.with_columns(moments)
    known = rows.filter(pl.col("known_at") <= as_of, pl.col("event_timestamp") <= as_of - spec.label_length)
    return known, rows.height - known.height


def fit_thresholds(train: pl.DataFrame) -> dict[str, float]:
    """The growth that a tenth of observed training rows reach, by `age_band`, and over all bands under "all".

    Rows need `age_band`, `growth_48h`, `is_observed`. Empty without observed rows.
    """
    observed = train.filter(pl.col("is_observed"), pl.col("growth_48h").is_not_null())
    if observed.is_empty():
        return {}
    reached = pl.col("growth_48h").quantile(BREAKOUT_QUANTILE, "linear")
    bands = observed.group_by("age_band").agg(reached, pl.len().alias("rows")).filter(pl.col("rows") >= _FEWEST_OF_A_BAND)
    pooled = observed.select(reached).item()
    return {_POOLED: float(pooled)} | dict(sorted(zip(bands["age_band"], bands["growth_48h"], strict=True)))


def with_target(rows: pl.DataFrame, spec: ModelSpec, thresholds: Mapping[str, float]) -> pl.DataFrame:
    """Add the float column `target`: 1 or 0 for a chance, the rate itself for a rate.

    A video that was not read again two days later counts as no breakout: its views are unknown, and most left the charts.
    """
    if spec.target_column is not None:
        target = pl.col(spec.target_column).cast(pl.Float64)
    elif thresholds:
        needed = pl.col("age_band").replace_strict(thresholds, default=thresholds[_POOLED], return_dtype=pl.Float64)
        target = (pl.col("is_observed") & (pl.col("growth_48h") >= needed)).fill_null(False).cast(pl.Float64)
    else:
        target = pl.lit(0.0)
    return rows.with_columns(target.alias("target"))
