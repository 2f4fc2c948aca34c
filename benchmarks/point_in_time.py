"""The join by time against polars' own, on the same frames.

`python benchmarks/point_in_time.py [--rows 10000000] [--pairs 5] [--keys string|integer]`. Half as many feature rows as entity
rows, five features, 90 days, 25 rows a key, a twentieth of them days late, a time to live of three days. Both sides are in the
order of their event times, as logs are. Prints a JSON line for each figure:

- join: seconds of `features.point_in_time.join_as_of` and of a bare `join_asof` on event time alone, which knows no created time
  and so tells what nobody knew yet; the ratio of each pair of runs (ours, bare, bare, ours, …) as median, least and greatest; the
  same of the processor time of this process.
- difference: the share of rows to which the bare join gives another answer, which is what the rule is for.
- memory: the greatest resident size of the process in MB, frames and all answers included."""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import time
from collections.abc import Callable
from datetime import timedelta

import numpy as np
import polars as pl

from features.point_in_time import CREATED, EVENT, join_as_of

KEY = "video_id"
FEATURES = [f"feature_{number}" for number in range(5)]
TTL = timedelta(days=3)
SPAN = 90 * 24 * 3600 * 10**6
"""Microseconds."""
DAY = SPAN // 90


def say(**figures: object) -> None:
    print(json.dumps(figures), flush=True)


def frames(size: int, keys: str, seed: int = 1) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Entity rows, and half as many feature rows."""
    generator = np.random.default_rng(seed)
    count = max(size // 50, 1)
    numbers = pl.Series(range(count), dtype=pl.Int64)
    ids = numbers if keys == "integer" else pl.select("v" + numbers.cast(pl.String).str.zfill(10)).to_series()

    def drawn(rows: int) -> pl.Series:
        return ids.gather(generator.integers(0, count, rows))

    def moments(values: np.ndarray) -> pl.Series:
        return pl.Series(values).cast(pl.Datetime("us", "UTC"))

    events = np.sort(generator.integers(0, SPAN, size // 2))
    is_late = generator.random(size // 2) < 0.05
    delay = np.where(is_late, generator.exponential(2 * DAY, size // 2), generator.exponential(DAY / 150, size // 2))
    rows = pl.DataFrame(
        {
            KEY: drawn(size // 2),
            EVENT: moments(events),
            CREATED: moments(events + delay.astype(np.int64)),
            **{name: generator.normal(size=size // 2) for name in FEATURES},
        }
    ).unique([KEY, EVENT, CREATED], keep="first", maintain_order=True)
    asked = pl.DataFrame({KEY: drawn(size), EVENT: moments(np.sort(generator.integers(0, SPAN, size)))})
    return asked, rows


def measured(join: Callable[[], pl.DataFrame]) -> tuple[float, float, pl.DataFrame]:
    """Seconds by the clock and of the processor, and what came of it."""
    begin, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_utime
    found = join()
    return time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_SELF).ru_utime - used, found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--keys", choices=("string", "integer"), default="string")
    options = parser.parse_args()
    asked, rows = frames(options.rows, options.keys)
    known = rows.select(KEY, EVENT, *FEATURES)

    def ours() -> pl.DataFrame:
        return join_as_of(asked, rows, KEY, FEATURES, TTL)

    def bare() -> pl.DataFrame:
        return asked.join_asof(known, on=EVENT, by=KEY, strategy="backward", tolerance=TTL, check_sortedness=False)

    wall: dict[str, list[float]] = {"ours": [], "bare": []}
    user: dict[str, list[float]] = {"ours": [], "bare": []}
    answers: dict[str, pl.DataFrame] = {}
    for pair in range(options.pairs):
        runs = [("ours", ours), ("bare", bare)]
        for name, join in runs if pair % 2 == 0 else runs[::-1]:
            answers.pop(name, None)
            seconds, used, answers[name] = measured(join)
            wall[name].append(seconds)
            user[name].append(used)

    def ratios(of: dict[str, list[float]]) -> list[float]:
        found = [one / other for one, other in zip(of["ours"], of["bare"], strict=True)]
        return [round(value, 3) for value in (statistics.median(found), min(found), max(found))]

    say(
        figure="join",
        entity_rows=asked.height,
        feature_rows=rows.height,
        keys=options.keys,
        pairs=options.pairs,
        threads=pl.thread_pool_size(),
        seconds={name: round(statistics.median(values), 2) for name, values in wall.items()},
        user_seconds={name: round(statistics.median(values), 2) for name, values in user.items()},
        ratio=ratios(wall),
        user_ratio=ratios(user),
    )
    differing = (answers["ours"][FEATURES[0]].ne_missing(answers["bare"][FEATURES[0]])).sum()
    say(figure="difference", share=round(differing / asked.height, 4))
    say(figure="memory", megabytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)


if __name__ == "__main__":
    main()
