"""What the trend network is worth beside the boosted trees of task trend48.

`python benchmarks/trend_network.py [DATA] [SHARE]`. Of the archives in DATA (default ../shared/data) takes SHARE (default 0.2) of
the videos, fits the task on train, and judges its trees, its network and both on the validation part, each mixed there; the test
part is not touched. Prints a JSON line for each figure of the task, with the 95 % interval of the difference to the trees (videos
drawn with replacement)."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).parents[1]))

from core.digest import digest_value
from training.sources import ArchiveFolder
from training.tasks.growth import fit_mixture, mixed
from training.tasks.task import TRAIN, VALID, FitOptions
from training.tasks.trend48 import TASK, _answer, _inputs, _said, _told_of_chance

BOOTSTRAPS = 200


def say(**figures: object) -> None:
    print(json.dumps(figures), flush=True)


def sampled(examples: pl.DataFrame, share: float) -> pl.DataFrame:
    """The examples of a share of the videos, by digest."""
    videos = examples["cluster"].unique().sort()
    kept = [video for video in videos if int(digest_value(video)[:6], 16) < share * 16**6]
    return examples.filter(pl.col("cluster").is_in(kept))


def main() -> None:
    data = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data")
    share = float(sys.argv[2]) if len(sys.argv) > 2 else 0.2
    examples = TASK.read(ArchiveFolder(data))
    examples = examples.with_columns(part=TASK.split(examples)).filter(pl.col("part").is_in([TRAIN, VALID]))
    examples = sampled(examples, share)
    valid = examples.filter(pl.col("part") == VALID)
    say(figure="rows", train=len(examples) - len(valid), valid=len(valid), share=share)

    begin = time.process_time()
    champion = TASK.fit(examples, FitOptions())
    weights = sum(value.numel() for value in champion.network.network.parameters())
    say(figure="fit", cpu_seconds=round(time.process_time() - begin), rounds=champion.tuned["rounds"], weights=weights)

    inputs = _inputs(valid, champion.past)
    said = _said(champion.forests, champion.network, inputs, valid)
    told = _told_of_chance(said, inputs, champion.limits)
    outcome, weight = valid["label_breakout"].cast(pl.Float64).to_numpy(), valid["weight"].to_numpy()
    growth = {"trees": said["mean"], "network": said["network_growth"]}
    growth["both"] = champion.share * growth["network"] + (1 - champion.share) * growth["trees"]
    judged = {}
    for name, columns in {"trees": told[:, :3], "network": told[:, 3:], "both": told}.items():
        chance = mixed(columns, fit_mixture(columns, outcome, weight))
        judged[name] = TASK.judged(valid, _answer(valid, chance, growth[name]))
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
