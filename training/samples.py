"""A small made-up market in the layout of the public sets, for a first look at notebooks and commands without any download.

Its videos follow simple laws: music grows slowly and for long, games fast and briefly, and each video has a heat that its own
likes show. Nothing that is measured on it says anything about real videos."""

from __future__ import annotations

import base64
import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from training.sources import HEADLINES, READINGS, VIDEOS, ArchiveFolder

FIRST_DAY = datetime(2026, 3, 1, tzinfo=UTC)

_CATEGORIES = {10: ("Music", 0.4, 0.10), 20: ("Gaming", 0.35, 0.45), 24: ("Entertainment", 0.25, 0.25)}
"""Title word, share of the videos, and how fast the heat of a video of each category decays per day."""
_WORDS = ("live", "official", "world", "final", "first", "secret", "summer", "night", "challenge", "review", "update", "story")
_STEADY_DAYS = 30


def write_archives(folder: Path, days: int = 84, videos_a_day: int = 16, seed: int = 7) -> ArchiveFolder:
    """Write charts, headline tests and view series under a folder, and open it. Equal arguments write equal files."""
    generator = np.random.default_rng(seed)
    readings, videos = _charts(days, videos_a_day, generator)
    for name, rows, schema in (("video_daily_stats", readings, READINGS), ("videos", videos, VIDEOS)):
        path = folder / "growth_2026" / f"{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pl.DataFrame(rows, schema=schema, orient="row").write_parquet(path)
    headlines = pl.DataFrame(_headlines(300, generator), schema=HEADLINES, orient="row")
    _write_csv(headlines.rename({"test_id": "clickability_test_id"}), folder / "headline_ab_upworthy/upworthy_exploratory.csv.gz")
    _write_csv(_series(1_200, generator), folder / "popularity_i30/I30_training.csv.gz")
    return ArchiveFolder(folder)


def _write_csv(rows: pl.DataFrame, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(rows.write_csv().encode(), mtime=0))


def _charts(days: int, videos_a_day: int, generator: np.random.Generator) -> tuple[list[Any], list[Any]]:
    readings, videos = [], []
    codes, shares = list(_CATEGORIES), [share for _, share, _ in _CATEGORIES.values()]
    for day in range(days):
        for place in range(videos_a_day):
            category = int(generator.choice(codes, p=shares))
            word, _, decay = _CATEGORIES[category]
            heat, channel = generator.normal(), int(generator.integers(40))
            published = FIRST_DAY + timedelta(days=day, minutes=int(generator.integers(60 * 18)))
            title = f"{word} {' '.join(generator.choice(_WORDS, 3, replace=False))} #{day * videos_a_day + place}"
            video = f"made{day:03d}{place:04d}"
            owner = (f"channel{channel:02d}", f"Channel {channel}")
            videos.append((video, published, title, *owner, category, int(generator.lognormal(5.5, 0.8)) + 10))
            views = float(generator.lognormal(8 + 0.05 * channel, 1))
            for later in range(6):
                at = FIRST_DAY + timedelta(days=day + later, hours=22, minutes=int(generator.integers(30)))
                if day + later >= days or (later and generator.random() < 0.12):  # off the charts, for good
                    break
                likes = int(views * 0.04 * np.exp(0.4 * heat + 0.2 * generator.normal()))
                readings.append((video, at, int(views), likes, likes // 12, 1 + int(generator.integers(5))))
                views *= np.exp(np.exp(0.5 * heat - decay * (later + 1)) * generator.lognormal(-0.3, 0.3))
    return readings, videos


def _headlines(tests: int, generator: np.random.Generator) -> list[Any]:
    rows = []
    for test in range(tests):
        base = float(generator.uniform(0.008, 0.03))
        for _ in range(int(generator.integers(2, 5))):
            words = [str(word) for word in generator.choice(_WORDS, 5, replace=False)]
            rate = base * np.exp(0.35 * ("secret" in words) - 0.3 * ("review" in words) + 0.1 * generator.normal())
            shown = int(generator.integers(2_500, 5_000))
            clicks = int(generator.binomial(shown, min(rate, 1.0)))
            text = " ".join(words).capitalize()
            rows.append((f"test{test:04d}", "picture", 201301 + test % 50, text, "A lede.", "An excerpt.", shown, clicks))
    return rows


def _series(videos: int, generator: np.random.Generator) -> pl.DataFrame:
    """Views of thirty days. The later in its day a video comes, the less is left of its day 1, and its id holds when it came."""
    moment = np.sort(generator.random(videos))
    first = generator.lognormal(6, 1.2, videos)
    slope = generator.uniform(0.5, 2.0, videos)
    days = np.arange(1, _STEADY_DAYS + 1)
    views = first[:, None] * days ** -slope[:, None] * generator.lognormal(0, 0.2, (videos, _STEADY_DAYS))
    views[:, 0] *= 1 - 0.9 * moment
    columns = {f"d{day}": np.round(views[:, day - 1]).astype(int) for day in days}
    ids = ["X" + base64.b64encode(str(1_360_000_000 + round(9_000_000 * share)).encode()).decode() for share in moment]
    return pl.DataFrame({"video_id": ids, **columns})
