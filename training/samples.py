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
_STUDIO_COLUMNS = (
    "Content",
    "Video title",
    "Video publish time",
    "Duration",
    "Likes",
    "Average percentage viewed (%)",
    "Views",
    "Impressions",
    "Impressions click-through rate (%)",
)
_CHARTED_DAYS = 8
_SERIES_DAYS = 30
_TESTS = 500
_CHANNELS = 6


def write_archives(folder: Path, days: int = 110, videos_a_day: int = 16, seed: int = 7) -> ArchiveFolder:
    """Write charts, headline tests, exports and view series under a folder, and open it. Equal arguments write equal files."""
    generator = np.random.default_rng(seed)
    readings, videos = _charts(days, videos_a_day, generator)
    for name, rows, schema in (("video_daily_stats", readings, READINGS), ("videos", videos, VIDEOS)):
        path = folder / "growth_2026" / f"{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pl.DataFrame(rows, schema=schema, orient="row").write_parquet(path)
    headlines = pl.DataFrame(_headlines(generator), schema=HEADLINES, orient="row")
    _write_csv(headlines.rename({"test_id": "clickability_test_id"}), folder / "headline_ab_upworthy/upworthy_exploratory.csv.gz")
    for channel in range(_CHANNELS):
        _write_csv(_own_videos(120, generator), folder / f"studio_exports/channel{channel}.csv.gz")
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
            for later in range(_CHARTED_DAYS):
                at = FIRST_DAY + timedelta(days=day + later, hours=22, minutes=int(generator.integers(30)))
                if day + later >= days or (later and generator.random() < 0.08):  # off the charts, for good
                    break
                likes = int(views * 0.04 * np.exp(0.4 * heat + 0.2 * generator.normal()))
                readings.append((video, at, int(views), likes, likes // 12, 1 + int(generator.integers(5))))
                views *= np.exp(np.exp(0.5 * heat - decay * (later + 1)) * generator.lognormal(-0.3, 0.3))
    return readings, videos


def _headlines(generator: np.random.Generator) -> list[Any]:
    weeks = [year * 100 + week for year, last in ((2013, 52), (2014, 46)) for week in range(1, last + 1)]
    rows = []
    for test in range(_TESTS):
        week = weeks[test * len(weeks) // _TESTS]
        base = float(generator.uniform(0.008, 0.03))
        for _ in range(int(generator.integers(2, 5))):
            words = [str(word) for word in generator.choice(_WORDS, 5, replace=False)]
            rate = base * np.exp(0.35 * ("secret" in words) - 0.3 * ("review" in words) + 0.1 * generator.normal())
            shown = int(generator.integers(2_500, 5_000))
            clicks = int(generator.binomial(shown, min(rate, 1.0)))
            text = " ".join(words).capitalize()
            rows.append((f"test{test:04d}", "picture", week, text, "A lede.", "An excerpt.", shown, clicks))
    return rows


def _own_videos(videos: int, generator: np.random.Generator) -> pl.DataFrame:
    """What Studio exports of a channel: questions are clicked more, and short videos are watched to their end."""
    rows = []
    for number in range(videos):
        words = " ".join(generator.choice(_WORDS, 3, replace=False))
        title = f"Why this {words}?" if generator.random() < 0.5 else f"My {words} #{number}"
        seconds, shown = int(generator.lognormal(5.5, 0.8)) + 10, int(generator.lognormal(9, 1)) + 500
        rate = 0.05 * np.exp(0.4 * title.endswith("?") + 0.2 * generator.normal())
        watched = 70 * np.exp(-seconds / 1_500 + 0.15 * generator.normal())
        views = int(shown * rate * 3)
        day = f"{FIRST_DAY - timedelta(days=4 * (videos - number)):%b %d, %Y}"
        rows.append((f"own{number:05d}", title, day, seconds, views // 25, round(watched, 2), views, shown, round(100 * rate, 2)))
    return pl.DataFrame(rows, schema=list(_STUDIO_COLUMNS), orient="row")


def _series(videos: int, generator: np.random.Generator) -> pl.DataFrame:
    """Views of thirty days. The later in its day a video comes, the less is left of its day 1, and its id holds when it came."""
    moment = np.sort(generator.random(videos))
    first = generator.lognormal(6, 1.2, videos)
    slope = generator.uniform(0.5, 2.0, videos)
    days = np.arange(1, _SERIES_DAYS + 1)
    views = first[:, None] * days ** -slope[:, None] * generator.lognormal(0, 0.2, (videos, _SERIES_DAYS))
    views[:, 0] *= 1 - 0.9 * moment
    columns = {f"d{day}": np.round(views[:, day - 1]).astype(int) for day in days}
    ids = ["X" + base64.b64encode(str(1_360_000_000 + round(9_000_000 * share)).encode()).decode() for share in moment]
    return pl.DataFrame({"video_id": ids, **columns})
