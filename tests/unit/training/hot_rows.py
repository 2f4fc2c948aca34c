"""A small task with everything that a task has: clusters, a group to compare in, two outputs, two rules, slices, saved files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from core.errors import Damaged
from training.tasks.task import TEST, TRAIN, VALID, FitOptions, Task

BEGIN = datetime(2026, 6, 1, tzinfo=UTC)

INPUTS = {
    "row_id": pl.String,
    "fetched_at": pl.Datetime("us", "UTC"),
    "on": pl.Date,
    "heat": pl.Float64,
    "countries": pl.Int64,
    "kind": pl.String,
    "title": pl.String,
}
OUTPUT = {"row_id": pl.String, "p_hot": pl.Float64}


def make_examples(rows: int = 1_500, seed: int = 1, signal: float = 2.0, offset: int = 0) -> pl.DataFrame:
    """Rows whose outcome follows `heat` with the given strength; three rows of one video follow each other."""
    draw = np.random.default_rng(seed)
    heat = draw.normal(size=rows)
    kind = draw.choice(["music", "gaming"], rows)
    chance = 1 / (1 + np.exp(-(signal * heat + 0.8 * (kind == "music") - 1.5)))
    moments = [BEGIN + timedelta(minutes=number + offset) for number in range(rows)]
    return pl.DataFrame(
        {
            "row_id": [f"r{number + offset}" for number in range(rows)],
            "fetched_at": moments,
            "on": [moment.date() for moment in moments],
            "heat": heat,
            "countries": draw.integers(1, 9, rows),
            "kind": kind,
            "title": [f"Title {number}, “quoted”" for number in range(rows)],
            "event_timestamp": moments,
            "known_at": moments,
            "cluster": [f"v{(number + offset) // 3}" for number in range(rows)],
            "label_hot": (draw.random(rows) < chance).astype(float),
        },
        schema_overrides={name: INPUTS[name] for name in ("fetched_at", "countries")},
    )


@dataclass
class ToyProgram:
    """The chance of the heat's bin, saved as JSON."""

    edges: list[float]
    shares: list[float]
    tuned: Mapping[str, Any]

    @property
    def importance(self) -> Mapping[str, float]:
        return {"heat": 1.0}

    def predict(self, frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
        (frame,) = frames
        places = np.searchsorted(self.edges, frame["heat"].fill_null(0.0).to_numpy())
        return frame.select("row_id", p_hot=pl.Series(np.array(self.shares, dtype=float)[places]))

    def save(self, folder: Path) -> None:
        content = {"edges": self.edges, "shares": [None if np.isnan(one) else one for one in self.shares], "tuned": self.tuned}
        (folder / "toy.json").write_text(json.dumps(content))


def fit(examples: pl.DataFrame, options: FitOptions) -> ToyProgram:
    """Params: `worth` 1 learns, 0 answers the same to all, -1 the wrong way round; `breaks` answers with NaN."""
    worth = options.params.get("worth", 1)
    heat, label = examples["heat"].fill_null(0.0).to_numpy(), examples["label_hot"].to_numpy()
    edges = np.quantile(heat, np.linspace(0, 1, 13)[1:-1])
    places = np.searchsorted(edges, heat)
    shares = np.array([label[places == number].mean() for number in range(len(edges) + 1)])
    shares = shares if worth == 1 else shares[::-1] if worth == -1 else np.full(len(shares), label.mean())
    if options.params.get("breaks"):
        shares = np.full(len(shares), np.nan)
    options.report("counted")
    return ToyProgram([float(edge) for edge in edges], [float(share) for share in shares], {"bins": len(shares)})


def load(folder: Path) -> ToyProgram:
    try:
        found = json.loads((folder / "toy.json").read_text())
        return ToyProgram(found["edges"], found["shares"], found["tuned"])
    except (OSError, ValueError, KeyError):
        raise Damaged(f"{folder} holds no toy.", "Train it again.") from None


def by_kind(learnt: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    shares = learnt.group_by("kind").agg(pl.col("label_hot").mean().alias("p_hot"))
    found = asked.select("row_id", "kind").join(shares, on="kind", how="left", maintain_order="left")
    return found.select("row_id", pl.col("p_hot").fill_null(learnt["label_hot"].mean()))


def constant(learnt: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    return asked.select("row_id", pl.lit(learnt["label_hot"].mean()).alias("p_hot"))


def average_precision(judged: pl.DataFrame) -> float:
    from training.evaluation import average_precision

    return average_precision(judged["label_hot"].to_numpy(), judged["p_hot"].to_numpy())


def ece(judged: pl.DataFrame) -> float:
    from training.evaluation import expected_calibration_error

    return expected_calibration_error(judged["label_hot"].to_numpy(), judged["p_hot"].to_numpy())


def split(examples: pl.DataFrame) -> pl.Series:
    number = np.arange(examples.height) / max(examples.height, 1)
    parts = np.where(number < 0.5, TRAIN, np.where(number < 0.6, VALID, TEST))
    return pl.Series("part", parts)


TOY = Task(
    name="trend48",
    model="trend",
    question="Is a row hot?",
    inputs=(INPUTS,),
    output=OUTPUT,
    read=lambda source: source.readings(),
    split=split,
    requests=lambda examples: (examples.select(*INPUTS),),
    fit=fit,
    load=load,
    rules={"kind": by_kind, "base rate": constant},
    primary="average_precision",
    metrics={"average_precision": average_precision, "ece": ece},
    lower_is_better=frozenset({"ece"}),
    slices={"kind": lambda judged: judged["kind"]},
    fewest=100,
)
