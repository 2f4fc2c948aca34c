"""Datasets: label rows joined with the features known at their moment, split in time, frozen as a snapshot named by digest.

A snapshot is a folder `<digest>/` with `rows.parquet` and `manifest.json`. Equal content has an equal digest, a damaged one is
refused, and an existing one is never written again. What a network makes of the rows is `datamodules`."""

from __future__ import annotations

import io
import json
import logging
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import polars as pl
import sqlalchemy
from pydantic import TypeAdapter, ValidationError

from core.digest import digest_bytes, digest_file, digest_value
from core.errors import Damaged, NotReady
from features.codec import Input, matrix
from training.labels import fit_thresholds, load_labels, with_target
from training.specs import ModelSpec, Task
from training.values import Leakage, Manifest, PartSummary, SourceTable

if TYPE_CHECKING:
    from features.repository import FeatureStore

LOGGER = logging.getLogger(__name__)

PARTS = ("train", "valid", "test")
_SHARES = (0.6, 0.2, 0.2)
"""Shares of the time that remains after two embargoes."""
_TOO_GOOD = 0.98
"""AUC of a single input from which it looks like the label itself."""
_TOO_TIMELY = 0.95
"""Rank correlation with time from which an input tells little but when."""
_KNOWN_AT = "newest_value_known_at"
_ROWS, _MANIFEST = "rows.parquet", "manifest.json"


@dataclass(frozen=True)
class Part:
    """One part of a dataset as arrays of equal length."""

    raw: np.ndarray[Any, np.dtype[np.float32]]
    """Raw inputs, shape (rows, inputs), NaN where unknown."""
    target: np.ndarray[Any, np.dtype[np.float64]]
    cluster: np.ndarray[Any, Any]
    within: np.ndarray[Any, Any]
    """Name of the group that scores are compared in; all equal where a model compares all rows."""

    def __len__(self) -> int:
        return len(self.target)

    def cluster_weights(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """One over the rows of a row's cluster, so that a video read seven times does not count seven times."""
        _, place, counts = np.unique(self.cluster, return_inverse=True, return_counts=True)
        return 1.0 / counts[place]


@dataclass(frozen=True)
class Dataset:
    """A loaded snapshot."""

    manifest: Manifest
    rows: pl.DataFrame

    def part(self, name: str, spec: ModelSpec) -> Part:
        """The rows of `train`, `valid` or `test`, oldest first."""
        return part_of(self.rows.filter(pl.col("part") == name), spec)


def part_of(rows: pl.DataFrame, spec: ModelSpec) -> Part:
    """Rows of a dataset as arrays."""
    return Part(
        raw=matrix(rows, spec.inputs),
        target=rows["target"].to_numpy(),
        cluster=rows[spec.cluster].to_numpy(),
        within=rows[spec.within].to_numpy() if spec.within else np.zeros(rows.height, dtype=np.int8),
    )


def build_dataset(engine: sqlalchemy.Engine, store: FeatureStore, spec: ModelSpec, as_of: datetime, root: Path) -> Manifest:
    """Freeze the dataset of a model as it was known at `as_of` under `root`; return its manifest.

    Rows whose features are all unknown are kept: serving meets such rows too. A dataset may be too small to train on, even
    empty; `require_enough` says so. Raises what `features.retrieval.historical` raises, and Damaged for outcomes or inputs that
    are no numbers and for values that were not known yet.
    """
    labels, unknown = load_labels(engine, spec, as_of)
    split = split_by_time(labels, spec)
    kept = split.filter(pl.col("part").is_in(PARTS))
    thresholds = fit_thresholds(kept.filter(pl.col("part") == "train")) if spec.target_column is None else {}
    rows = _with_inputs(with_target(kept, spec, thresholds), store, spec)
    _refuse_broken(rows, spec)

    leakage = _report(rows, split, unknown, spec)
    return _freeze(rows, spec, as_of, thresholds, leakage, root, _sources(engine, store, spec, as_of))


def _report(rows: pl.DataFrame, split: pl.DataFrame, unknown_labels: int, spec: ModelSpec) -> Leakage:
    """What was kept out, and what of the rest deserves a look."""
    train = rows.filter(pl.col("part") == "train")
    values = {name: train[name].drop_nulls().n_unique() for name in (column.name for column in spec.inputs)}
    return Leakage(
        unknown_labels=unknown_labels,
        embargoed_rows=split.filter(pl.col("part") == "embargoed").height,
        purged_rows=split.filter(pl.col("part") == "purged").height,
        suspicious_inputs=_suspicious(train, spec),
        timely_inputs=_timely(train, spec),
        doubled_rows=rows.height - rows.select("event_timestamp", "video_id").n_unique(),
        constant_inputs=tuple(name for name, count in values.items() if count == 1),
        missing_inputs=tuple(name for name, count in values.items() if count == 0),
    )


def _sources(engine: sqlalchemy.Engine, store: FeatureStore, spec: ModelSpec, as_of: datetime) -> tuple[SourceTable, ...]:
    """The tables of labels and features, and what of them was known at `as_of`."""
    from features.retrieval import source_tables

    tables = [(spec.label_table, "known_at")]
    tables += [(table, "created_timestamp") for table in source_tables(store, spec.feature_service)]
    found = []
    with engine.connect() as connection:
        for table, known in tables:
            query = f"select count(*), max(event_timestamp), max({known}) from {table} where {known} <= :as_of"  # noqa: S608
            found.append(SourceTable(table, *connection.execute(sqlalchemy.text(query), {"as_of": as_of}).one()))
    return tuple(found)


def rows_known_since(
    engine: sqlalchemy.Engine, store: FeatureStore, spec: ModelSpec, dataset: Dataset, as_of: datetime
) -> pl.DataFrame:
    """Rows like a dataset's, but of later events and of clusters that it does not hold, as known at `as_of`.

    What it makes of an outcome (the growth that counts as a breakout) stays the dataset's own, and so do service and inputs: of a
    spec that has moved on, its further inputs are unknown.
    """
    manifest = dataset.manifest
    theirs = replace(
        spec, feature_service=manifest.feature_service, inputs=tuple(map(Input, manifest.inputs)), earlier_services=()
    )
    labels, _ = load_labels(engine, spec, as_of)
    is_new = ~pl.col(spec.cluster).is_in(dataset.rows[spec.cluster].unique().implode())
    later = labels.filter(pl.col("event_timestamp") > dataset.rows["event_timestamp"].max(), is_new)
    rows = _with_inputs(with_target(later, spec, manifest.thresholds), store, theirs)
    further = [column.name for column in spec.inputs if column.name not in rows.columns]
    return rows.with_columns(pl.lit(None, dtype=pl.Float64).alias(name) for name in further)


def _with_inputs(labels: pl.DataFrame, store: FeatureStore, spec: ModelSpec) -> pl.DataFrame:
    """Labels with a `target`, and perhaps a `part`, beside the inputs as they were known at each event; by time and video."""
    from features.retrieval import historical

    asked = labels.select(
        pl.col("event_timestamp") + spec.asked_after,
        spec.join_key,
        **{name: pl.col(column) for name, column in spec.request_columns},
    )
    features = historical(store, spec.feature_service, asked, known_at=_KNOWN_AT)
    if future := features.filter(pl.col(_KNOWN_AT) > pl.col("event_timestamp")).height:
        raise Damaged(
            f"Of {features.height} rows for {spec.name}, {future} are told by what was known later.",
            "Nothing was frozen; run `pytest tests/integration/features`, which holds the join by time to its rule.",
        )
    keys = dict.fromkeys(name for name in ("video_id", spec.cluster, spec.within, "event_timestamp", "part", "target") if name)
    kept = labels.select(name for name in keys if name in labels.columns)
    inputs = [features.select(column.name for column in spec.inputs)]
    for service in spec.earlier_services:
        known = historical(store, service, asked).drop(asked.columns)
        inputs.append(known.rename({name: served_name(service, name) for name in known.columns}))
    rows = pl.concat([kept, *inputs], how="horizontal")
    return rows.sort("event_timestamp", "video_id")


def served_name(service: str, name: str) -> str:
    """Column of a dataset that holds a feature of an earlier service, whose features may have the names of the present one's."""
    return f"{service}:{name}"


def _refuse_broken(rows: pl.DataFrame, spec: ModelSpec) -> None:
    inputs = [column.name for column in spec.inputs]
    endless = rows.select(pl.col(inputs).cast(pl.Float64).is_infinite().sum()).row(0, named=True) if rows.height else {}
    if broken := {name: count for name, count in endless.items() if count}:
        shown = ", ".join(f"{name} ({count} rows)" for name, count in sorted(broken.items())[:5])
        raise Damaged(
            f"Inputs of {spec.name} are infinite: {shown}.", f"Mend the feature's definition in {spec.feature_service}."
        )
    if unknown := rows.filter(~pl.col("target").is_finite().fill_null(False)).height:
        raise Damaged(
            f"{unknown} of {rows.height} outcomes in {spec.label_table} are no numbers.",
            "Run the dbt tests of schema labels; they name the rows.",
        )


def split_by_time(labels: pl.DataFrame, spec: ModelSpec) -> pl.DataFrame:
    """Add the column `part`: train, valid, test, or why a row is in none: embargoed, purged.

    Rows need `event_timestamp`, `ended_at` and the spec's cluster. Parts follow each other in time, each after an embargo of
    `label_length`, and no outcome that is learnt from, or stopped by, reaches into the time of the test part. When we read an
    outcome does not matter: a channel's first ingestion lands weeks of ended ones at once. A time too short for two embargoes
    is all train. A cluster belongs to the part it first occurs in; its later rows are purged. Purging its earlier rows instead
    would select on survival, which is nearly the label itself: on the charts of 2026 it left 2.6 % breakouts in the valid
    part where there are 4.3 %.
    """
    if labels.is_empty():
        return labels.with_columns(pl.lit(None, dtype=pl.String).alias("part"))
    event = pl.col("event_timestamp")
    first, last = cast(datetime, labels["event_timestamp"].min()), cast(datetime, labels["event_timestamp"].max())
    usable = last - first - 2 * spec.label_length
    if usable <= timedelta(0):
        return labels.with_columns(pl.lit("train").alias("part"))
    train_ends = first + _SHARES[0] * usable
    valid_begins = train_ends + spec.label_length
    valid_ends = valid_begins + _SHARES[1] * usable
    test_begins = valid_ends + spec.label_length
    number = (event > train_ends).cast(pl.Int8) + (event > valid_ends).cast(pl.Int8)
    is_between = event.is_between(train_ends, valid_begins, "none") | event.is_between(valid_ends, test_begins, "none")
    part = (
        pl.when(pl.col("number") > pl.col("number").min().over(spec.cluster))
        .then(pl.lit("purged"))
        .when(is_between | ((pl.col("number") < 2) & (pl.col("ended_at") > test_begins)))
        .then(pl.lit("embargoed"))
        .otherwise(pl.col("number").replace_strict(dict(enumerate(PARTS)), return_dtype=pl.String))
    )
    return labels.with_columns(number.alias("number")).with_columns(part.alias("part")).drop("number")


def require_enough(manifest: Manifest, spec: ModelSpec) -> None:
    """Raise NotReady, with the counts and a way out, when a challenger is not worth training on this dataset."""
    needed = {"train": spec.minimum.train, "valid": spec.minimum.valid, "test": spec.minimum.test}
    for name, fewest in needed.items():
        part = manifest.parts[name]
        fewest_of_class = part.rows if part.positives is None else min(part.positives, part.rows - part.positives)
        if part.rows < fewest or fewest_of_class < spec.minimum.positives:
            counts = ", ".join(f"{part} {manifest.parts[part].rows} of {fewest}" for part, fewest in needed.items())
            raise NotReady(
                f"Too little data to train {spec.name} as of {manifest.as_of:%Y-%m-%d}: {counts} rows"
                + (f", {part.positives} positives in {name}." if part.positives is not None else "."),
                "The rule in use stays; run more days, or begin with a longer history (YTEMPIRE_HISTORY_DAYS).",
            )
        if part.outcomes == 1:
            raise NotReady(
                f"All {part.rows} outcomes of {spec.name} in {name} are the same: there is nothing to learn.",
                f"The rule in use stays; look at {spec.label_table}.",
            )


def load_dataset(root: Path, digest: str) -> Dataset:
    """Read a snapshot. Raises NotReady when there is none of this digest, Damaged when a byte of it has changed."""
    content, rows = read_snapshot(root, digest)
    try:
        manifest = TypeAdapter(Manifest).validate_python({"digest": digest, **content})
    except ValidationError:
        raise _damaged(root / digest) from None
    return Dataset(manifest, rows)


def write_snapshot(rows: pl.DataFrame, fields: Mapping[str, Any], root: Path) -> str:
    """Freeze rows and what their manifest says of them; return the digest. `rows_digest` is added to the fields."""
    buffer = io.BytesIO()
    rows.write_parquet(buffer, compression="zstd", statistics=False)
    content = buffer.getvalue()
    manifest = {**fields, "rows_digest": digest_bytes(content)}
    digest = digest_value(manifest)
    folder = root / digest
    if not folder.is_dir():
        draft = root / f".{digest}.{os.getpid()}"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        (draft / _ROWS).write_bytes(content)
        (draft / _MANIFEST).write_text(json.dumps(manifest, indent=2, sort_keys=True), encoding="utf-8")
        try:
            draft.rename(folder)
        except OSError:  # another process froze the same content first
            shutil.rmtree(draft)
    return digest


def read_snapshot(root: Path, digest: str) -> tuple[dict[str, Any], pl.DataFrame]:
    """A snapshot's manifest and rows. Raises NotReady when there is none of this digest, Damaged when a byte has changed."""
    folder = root / digest
    if not folder.is_dir():
        raise NotReady(f"There is no dataset {digest[:12]} under {root}.", "Materialise the model's dataset again.")
    try:
        content = json.loads((folder / _MANIFEST).read_bytes())
        is_whole = digest_value(content) == digest and digest_file(folder / _ROWS) == content["rows_digest"]
    except (OSError, ValueError, TypeError, KeyError):
        is_whole = False
    if not is_whole:
        raise _damaged(folder)
    return content, pl.read_parquet(folder / _ROWS)


def _damaged(folder: Path) -> Damaged:
    return Damaged(f"Dataset {folder} is damaged.", "Remove the folder and materialise the model's dataset again.")


def _freeze(
    rows: pl.DataFrame,
    spec: ModelSpec,
    as_of: datetime,
    thresholds: Mapping[str, float],
    leakage: Leakage,
    root: Path,
    sources: tuple[SourceTable, ...] = (),
) -> Manifest:
    manifest = Manifest(
        digest="",
        rows_digest="",
        model=spec.name,
        as_of=as_of,
        label_table=spec.label_table,
        feature_service=spec.feature_service,
        inputs=tuple(column.name for column in spec.inputs),
        parts={name: _summary(rows.filter(pl.col("part") == name), spec) for name in PARTS},
        thresholds=dict(thresholds),
        leakage=leakage,
        sources=sources,
    )
    fields = TypeAdapter(Manifest).dump_python(manifest, mode="json", exclude={"digest", "rows_digest"})
    digest = write_snapshot(rows, fields, root)
    frozen = replace(manifest, digest=digest, rows_digest=digest_file(root / digest / _ROWS))
    LOGGER.info("%s: dataset %s, %s", spec.name, digest[:12], {name: part.rows for name, part in frozen.parts.items()})
    return frozen


def _summary(rows: pl.DataFrame, spec: ModelSpec) -> PartSummary:
    first, last = (rows["event_timestamp"].min(), rows["event_timestamp"].max()) if rows.height else (None, None)
    positives = int(rows["target"].sum()) if spec.task is Task.CHANCE else None
    return PartSummary(rows.height, positives, first, last, rows["target"].n_unique())  # type: ignore[arg-type]


def _timely(train: pl.DataFrame, spec: ModelSpec) -> dict[str, float]:
    moment = pl.col("event_timestamp").to_physical().cast(pl.Float64)
    names = [column.name for column in spec.inputs]
    found = train.select(pl.corr(pl.col(name).cast(pl.Float64), moment, method="spearman").alias(name) for name in names)
    told = found.row(0, named=True)
    return {name: round(told[name], 3) for name in names if abs(told[name] or 0.0) > _TOO_TIMELY}


def _suspicious(train: pl.DataFrame, spec: ModelSpec) -> tuple[str, ...]:
    from training.evaluation import auc

    if spec.task is not Task.CHANCE or train["target"].n_unique() < 2:
        return ()
    raw, target = matrix(train, spec.inputs), train["target"].to_numpy()
    found = []
    for position, column in enumerate(spec.inputs):
        present = np.isfinite(raw[:, position])
        if len(np.unique(target[present])) == 2:
            value = auc(target[present], raw[present, position])
            if max(value, 1 - value) > _TOO_GOOD:
                found.append(column.name)
    return tuple(found)
