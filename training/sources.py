"""Where the tables that tasks learn from are read: a folder of archives, or the warehouse, which the same archives can be
imported into. Both give the same frames, so that a task does not know which one it reads.

Times are UTC datetimes, days are dates, unknown values are null. What a table means for a task is said in `training.tasks`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from core.errors import NotReady

UTC_MICROSECONDS = pl.Datetime("us", "UTC")

READINGS = {
    "video_id": pl.String,
    "fetched_at": UTC_MICROSECONDS,
    "views": pl.Int64,
    "likes": pl.Int64,
    "comments": pl.Int64,
    "n_countries": pl.Int64,
}
"""One row per video and day that it was on a chart of any country: its first reading of the day."""

VIDEOS = {
    "video_id": pl.String,
    "published_at": UTC_MICROSECONDS,
    "title": pl.String,
    "channel_id": pl.String,
    "channel_title": pl.String,
    "category_id": pl.Int64,
    "duration": pl.Int64,
}
"""One row per video as it was when first seen; duration in seconds."""

HEADLINES = {
    "test_id": pl.String,
    "eyecatcher_id": pl.String,
    "test_week": pl.Int64,
    "headline": pl.String,
    "lede": pl.String,
    "excerpt": pl.String,
    "impressions": pl.Int64,
    "clicks": pl.Int64,
}
"""One row per arm of a randomised headline test; `test_week` is year × 100 + week."""

OWN_VIDEOS = {
    "channel": pl.String,
    "title": pl.String,
    "published": pl.Date,
    "duration_s": pl.Float64,
    "views": pl.Int64,
    "likes": pl.Int64,
    "impressions": pl.Int64,
    "ctr_pct": pl.Float64,
    "average_viewed_pct": pl.Float64,
}
"""One row per video of an operator's own channel, as Studio exports it: totals at the time of the export."""


class Source(Protocol):
    """Tables to learn from. A table that the source has nothing of raises NotReady, with what to bring in."""

    def readings(self) -> pl.DataFrame:
        """Columns of READINGS, by `fetched_at`."""
        ...

    def videos(self) -> pl.DataFrame:
        """Columns of VIDEOS."""
        ...

    def headlines(self) -> pl.DataFrame:
        """Columns of HEADLINES."""
        ...

    def own_videos(self) -> pl.DataFrame:
        """Columns of OWN_VIDEOS, by channel and day."""
        ...

    def view_series(self) -> pl.DataFrame:
        """`video_id`, `d1` … `d30`: views of each of a video's first thirty days."""
        ...


class ArchiveFolder:
    """A folder laid out as the public sets are: one sub-folder per set, under the names that their guide gives them."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def readings(self) -> pl.DataFrame:
        rows = pl.read_parquet(self._file("growth_2026/video_daily_stats.parquet"))
        return _cast(rows, READINGS).sort("fetched_at", "video_id")

    def videos(self) -> pl.DataFrame:
        return _cast(pl.read_parquet(self._file("growth_2026/videos.parquet")), VIDEOS)

    def headlines(self) -> pl.DataFrame:
        rows = _read_text(self._file("headline_ab_upworthy/upworthy_exploratory.csv.gz"))
        return _cast(rows.rename({"clickability_test_id": "test_id"}), HEADLINES)

    def own_videos(self) -> pl.DataFrame:
        raise NotImplementedError

    def view_series(self) -> pl.DataFrame:
        rows = _read_text(self._file("popularity_i30/I30_training.csv.gz"))
        return _cast(rows, {"video_id": pl.String, **{f"d{day}": pl.Int64 for day in range(1, 31)}})

    def _file(self, name: str) -> Path:
        path = self._root / name
        if not path.is_file():
            raise NotReady(
                f"There is no {path}.", "Give --data a folder that holds this set, or import it and train on the warehouse."
            )
        return path


def _read_text(path: Path) -> pl.DataFrame:
    """Every cell as text: several fields look like numbers and are not."""
    return pl.read_csv(path, infer_schema=False)


def _cast(rows: pl.DataFrame, columns: Mapping[str, Any]) -> pl.DataFrame:
    """The named columns in their types; a cell that is none of its type is unknown."""
    return rows.select(_as(pl.col(name), rows.schema[name], kind) for name, kind in columns.items())


def _as(column: pl.Expr, found: pl.DataType, wanted: Any) -> pl.Expr:
    if wanted == UTC_MICROSECONDS and found == pl.String:
        return column.str.to_datetime(time_unit="us", time_zone="UTC", strict=False)
    return column.cast(wanted, strict=False)
