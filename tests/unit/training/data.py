"""Datasets made in memory, for tests that need no database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from features.codec import Input, Scale
from training.dataset import PARTS, Dataset, Part
from training.specs import CTR, TREND, Minimum, ModelSpec, Task
from training.values import Leakage, Manifest, PartSummary

DAY_ONE = datetime(2026, 5, 1, 12, tzinfo=UTC)

CHANCE = replace(
    TREND,
    inputs=(
        Input("age_hours", Scale.LOG),
        Input("category_id", Scale.CATEGORY),
        Input("heat"),
        Input("noise"),
        Input("never"),
    ),
    rules=(("hotter", "heat", 1),),
    minimum=Minimum(50, 20, 20, 3),
    batch_rows=64,
    epochs=12,
)
"""A small sister of `trend`: the chance rises with heat and differs by category; noise tells nothing, never is never known."""

RATE = replace(
    CTR,
    inputs=(Input("ctr_20"), Input("heat"), Input("noise"), Input("never")),
    rules=(("hotter", "heat", 1),),
    minimum=Minimum(50, 20, 20, 0),
    epochs=12,
)


def make_dataset(spec: ModelSpec, rows: int = 900, signal: float = 2.0, seed: int = 3) -> Dataset:
    """A dataset whose target follows `heat` with the given strength (0: not at all)."""
    generator = np.random.default_rng(seed)
    heat, noise = generator.normal(size=(2, rows))
    category, age = generator.choice([10, 20], rows), generator.uniform(1, 160, rows)
    channel = generator.integers(0, 5, rows)
    usual = 0.03 + 0.02 * channel
    if spec.task is Task.CHANCE:
        logit = signal * heat + 1.0 * (category == 20) - 2.5
        target = (generator.random(rows) < 1 / (1 + np.exp(-logit))).astype(float)
    else:
        target = usual * np.exp(0.2 * signal * heat + 0.1 * noise[::-1])
    frame = pl.DataFrame(
        {
            "video_id": [f"v{number}" for number in range(rows)],
            "channel_id": [f"c{number}" for number in channel],
            "event_timestamp": [DAY_ONE + timedelta(minutes=number) for number in range(rows)],
            "part": np.repeat(PARTS, [rows * 6 // 10, rows * 2 // 10, rows - rows * 6 // 10 - rows * 2 // 10]),
            "target": target,
            "age_hours": age,
            "category_id": category,
            "ctr_20": usual,
            "heat": heat,
            "noise": noise,
            "never": np.full(rows, np.nan),
        }
    )
    return Dataset(manifest_of(frame, spec, f"digest-{rows}-{signal}-{seed}"), frame)


def manifest_of(frame: pl.DataFrame, spec: ModelSpec, digest: str) -> Manifest:
    """A manifest that fits a frame."""
    parts = {}
    for name in PARTS:
        part = frame.filter(pl.col("part") == name)
        positives = int(part["target"].sum()) if spec.task is Task.CHANCE else None
        parts[name] = PartSummary(part.height, positives, part["event_timestamp"].min(), part["event_timestamp"].max())  # type: ignore[arg-type]
    inputs = tuple(column.name for column in spec.inputs)
    nothing = Leakage(0, 0, 0, ())
    return Manifest(digest, "", spec.name, DAY_ONE, spec.label_table, spec.feature_service, inputs, parts, {}, nothing)


def part_of(target: list[float], within: list[int] | None = None, cluster: list[int] | None = None) -> Part:
    """A part without inputs."""
    rows = len(target)
    return Part(
        np.zeros((rows, 1), np.float32),
        np.array(target, dtype=float),
        np.array(cluster or range(rows)),
        np.array(within or [0] * rows),
    )
