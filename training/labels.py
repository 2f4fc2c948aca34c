"""Labels as they were known at a moment, and what makes them a target.

The `lbl_` tables of the warehouse hold outcomes; which growth counts as a breakout depends on the training part, so it is
decided here, after the split."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import polars as pl
import sqlalchemy

from training.specs import ModelSpec

BREAKOUT_QUANTILE = 0.9
_POOLED = "all"
_FEWEST_OF_A_BAND = 30
"""A 90th percentile of fewer growths than this is mostly noise; such a band takes the threshold of all bands."""


def load_labels(engine: sqlalchemy.Engine, spec: ModelSpec, as_of: datetime) -> tuple[pl.DataFrame, int]:
    """Read the labels that were known at `as_of`, oldest first, and count those that were not known yet.

    A label is known when `known_at` ≤ as_of and its outcome has ended; until then it may still change. Adds `ended_at`.
    """
    columns = ", ".join(("event_timestamp", "known_at", *spec.label_columns))
    query = f"select {columns} from {spec.label_table} order by event_timestamp, video_id"  # noqa: S608 - names of a typed spec
    with engine.connect() as connection:
        rows = pl.read_database(query, connection, infer_schema_length=None)
    moments = [pl.col(name).cast(pl.Datetime("us", "UTC")) for name in ("event_timestamp", "known_at")]
    rows = rows.with_columns(moments).with_columns(_ended_at(spec))
    known = rows.filter(pl.col("known_at") <= as_of, pl.col("ended_at") <= as_of)
    return known, rows.height - known.height


def _ended_at(spec: ModelSpec) -> pl.Expr:
    begin = pl.col("event_timestamp")
    if spec.watched_from is not None:
        # A Pacific day begins at 07:00 or 08:00 UTC.
        begin = pl.col(spec.watched_from).cast(pl.Date).cast(pl.Datetime("us")).dt.replace_time_zone("UTC") + timedelta(hours=8)
    return (begin + spec.label_length).alias("ended_at")


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
