"""The trend network beside the boosted trees of task trend48: the same readings, the same inputs, the same parts.

`python benchmarks/trend_network.py [DATA] [SHARE] [EPOCHS]`. Of the archives in DATA (default ../shared/data) takes SHARE
(default 0.2) of the videos, fits both on train, and judges both on the validation part; the test part is not touched. Prints a
JSON line for each figure of the task, with the 95 % interval of the difference (videos drawn with replacement)."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).parents[1]))

from core.digest import digest_value
from training.networks.trend import PEAK_HOURS
from training.sources import ArchiveFolder
from training.tasks.task import TRAIN, VALID, FitOptions
from training.tasks.trend48 import CODES, TASK, _inputs, cuts_of
from training.trend_network import TrendTargets, fit_trend_network

BOOTSTRAPS = 200


def say(**figures: object) -> None:
    print(json.dumps(figures), flush=True)


def sampled(examples: pl.DataFrame, share: float) -> pl.DataFrame:
    """The examples of a share of the videos, by digest."""
    videos = examples["cluster"].unique().sort()
    kept = [video for video in videos if int(digest_value(video)[:6], 16) < share * 16**6]
    return examples.filter(pl.col("cluster").is_in(kept))


def targets(examples: pl.DataFrame, readings: pl.DataFrame) -> TrendTargets:
    """What came of each example within a week."""
    at = readings.select("video_id", at="fetched_at", then="views").sort("video_id", "at").filter(pl.col("then") > 0)
    steps = at.with_columns(
        velocity=(pl.col("then").diff() / (pl.col("at").diff().dt.total_seconds() / 3600)).over("video_id"),
        middle=(pl.col("at").shift(1) + pl.col("at").diff() / 2).over("video_id"),
    )
    asked = examples.select("video_id", "fetched_at").with_row_index("row")
    later = asked.join(steps, on="video_id").filter(
        pl.col("at") > pl.col("fetched_at"), pl.col("at") <= pl.col("fetched_at") + pl.duration(hours=180)
    )
    week = later.filter(pl.col("at") >= pl.col("fetched_at") + pl.duration(hours=156)).group_by("row").agg(pl.col("then").first())
    peak = (
        later.filter(pl.col("velocity").is_finite() & (pl.len().over("row") >= 2))
        .sort("row", "velocity")
        .group_by("row")
        .agg(pl.all().last())
        .select("row", hours=(pl.col("middle") - pl.col("fetched_at")).dt.total_seconds() / 3600)
    )
    found = asked.join(week, on="row", how="left").join(peak, on="row", how="left").sort("row")
    hours = found["hours"].fill_null(float("nan")).to_numpy()
    bucket = np.minimum(np.searchsorted(PEAK_HOURS, hours, side="left"), len(PEAK_HOURS) - 1).astype(float)
    return TrendTargets(
        breakout=examples["label_breakout"].cast(pl.Float64).to_numpy(),
        views_48h=examples["label_views"].fill_null(float("nan")).to_numpy(),
        views_7d=found["then"].cast(pl.Float64).fill_null(float("nan")).to_numpy(),
        peak=np.where(np.isfinite(hours), bucket, np.nan),
    )


def main() -> None:
    data = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data")
    share = float(sys.argv[2]) if len(sys.argv) > 2 else 0.2
    epochs = int(sys.argv[3]) if len(sys.argv) > 3 else 12
    source = ArchiveFolder(data)
    examples = TASK.read(source)
    examples = examples.with_columns(part=TASK.split(examples)).filter(pl.col("part").is_in([TRAIN, VALID]))
    examples = sampled(examples, share)
    train, valid = (examples.filter(pl.col("part") == part) for part in (TRAIN, VALID))
    say(figure="rows", train=len(train), valid=len(valid), share=share)

    begin = time.process_time()
    champion = TASK.fit(examples, FitOptions(threads=1))
    trees = champion.predict(TASK.requests(valid))
    say(figure="trees", cpu_seconds=round(time.process_time() - begin), rounds=champion.tuned["rounds"])

    begin = time.process_time()
    readings = source.readings()
    sides = []
    for part in (train, valid):
        told = _inputs(part, champion.past, cuts=cuts_of(part, 7) if part is train else None)
        sides.append((told, part["views"], part["title"], targets(part, readings), part["weight"].to_numpy()))
    taught = sides[0][3].columns()
    say(
        figure="targets",
        known=[round(float(np.isfinite(column).mean()), 3) for column in taught.T],
        inputs=len(sides[0][0].columns),
    )
    answers_of = fit_trend_network(sides[0], sides[1], codes=CODES, epochs=epochs)
    network = answers_of.network
    logit, log_views = answers_of.predict(*sides[1][:3])
    layout = network.layout
    say(
        figure="network",
        cpu_seconds=round(time.process_time() - begin),
        best_epoch=answers_of.epochs,
        weights=sum(value.numel() for value in network.parameters()),
        steps=len(layout.series),
        channels=len(layout.series[0]) if layout.series else 0,
        tokens=len(layout.tokens),
    )
    chance = 1 / (1 + np.exp(-logit))
    odds = np.log(np.clip(trees["p_breakout"].to_numpy(), 1e-6, 1 - 1e-6))
    both = 1 / (1 + np.exp(-(odds - np.log1p(-np.exp(odds)) + logit) / 2))
    answers = {
        "trees": trees,
        "network": trees.with_columns(p_breakout=pl.Series(chance), views_48h=pl.Series(np.expm1(log_views[:, 0]))),
        "both": trees.with_columns(
            p_breakout=pl.Series(both), views_48h=(pl.Series(np.expm1(log_views[:, 0])) * pl.col("views_48h")).sqrt()
        ),
    }
    judged = {name: TASK.judged(valid, answer) for name, answer in answers.items()}
    _, cluster = np.unique(valid["cluster"].to_numpy(), return_inverse=True)
    generator = np.random.default_rng(0)
    draws = [
        np.bincount(generator.integers(0, cluster.max() + 1, cluster.max() + 1), minlength=cluster.max() + 1)[cluster]
        for _ in range(BOOTSTRAPS)
    ]
    for metric, measure in TASK.metrics.items():
        values = {name: measure(rows) for name, rows in judged.items()}
        line: dict[str, object] = {"figure": metric, **{name: round(value, 4) for name, value in values.items()}}
        if metric in ("average_precision", "mae_log10", "growth_r2"):
            for name in ("network", "both"):
                differences = []
                for draw in draws:
                    weighed = [
                        rows.with_columns(weight=pl.col("weight") * pl.Series(draw)) for rows in (judged[name], judged["trees"])
                    ]
                    differences.append(measure(weighed[0]) - measure(weighed[1]))
                low, high = np.quantile(differences, (0.025, 0.975))
                line[f"{name}_minus_trees"] = [round(values[name] - values["trees"], 4), round(low, 4), round(high, 4)]
        say(**line)


if __name__ == "__main__":
    main()
