"""Where the tables that tasks learn from are read: a folder of archives, or the warehouse, which the same archives can be
imported into. Both give the same frames, so that a task does not know which one it reads.

Times are UTC datetimes, days are dates, unknown values are null. What a table means for a task is said in `training.tasks`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
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


_CHANNEL_FOLDERS = {
    "kenjee": ("channel_kenjee/Aggregated_Metrics_By_Video.csv.gz", "channel_kenjee/video_stats_by_country_subscribed.csv.gz"),
    "perf_364": ("channel_perf_364/youtube_channel_real_performance_analytics.csv.gz",),
}
"""Exports of one channel that stand in a folder of their own: its videos, then what else tells how long they are."""

_STUDIO_COLUMNS = {
    "title": "title",
    "published_on": "published",
    "duration_seconds": "duration_s",
    "views": "views",
    "likes": "likes",
    "impressions": "impressions",
    "impressions_click_through_rate_pct": "ctr_pct",
    "average_percentage_viewed_pct": "average_viewed_pct",
    "average_view_duration_seconds": "average_view_s",
}
_READ_AT = datetime(2100, 1, 1, tzinfo=UTC)
"""Tables say the same whenever they are read: no day in them is refused for lying ahead."""


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
        """Every Studio table of videos in the folder; a channel is called as its file or folder is."""
        named = {path.name.partition(".")[0]: (path,) for path in sorted(self._root.glob("studio_exports/*.csv*"))}
        for channel, files in _CHANNEL_FOLDERS.items():
            if (self._root / files[0]).is_file():
                named[channel] = tuple(path for file in files if (path := self._root / file).is_file())
        tables = [_studio_videos(channel, *paths) for channel, paths in named.items()]
        if not any(len(table) for table in tables):
            raise NotReady(
                f"There is no Studio table of videos in {self._root}.",
                "Give --data a folder that holds studio_exports, or import your exports and train on the warehouse.",
            )
        return pl.concat(tables).sort("channel", "published", "title", nulls_last=True)

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


def _studio_videos(channel: str, videos: Path, lengths: Path | None = None) -> pl.DataFrame:
    """Videos of one Studio export; none from a table of anything else, such as days.

    Durations that it lacks are those of the other table, else what the average view and its share of the video say."""
    found = _studio_rows(videos, "raw_archive.studio_videos", ("video_id", *_STUDIO_COLUMNS))
    told = pl.DataFrame(schema={"video_id": pl.String, "told_seconds": pl.Float64})
    if lengths is not None:
        rows = _studio_rows(lengths, "raw_archive.studio_breakdowns", ("video_id", "duration_seconds"))
        told = rows.group_by("video_id").agg(pl.col("duration_seconds").max().alias("told_seconds"))
    share = pl.col("average_percentage_viewed_pct") / 100
    reckoned = pl.when(share > 0).then((pl.col("average_view_duration_seconds") / share).round())
    durations = pl.coalesce("duration_seconds", "told_seconds", reckoned)
    known = found.join(told, on="video_id", how="left", maintain_order="left").with_columns(
        channel=pl.lit(channel), duration_seconds=durations
    )
    return _cast(known.rename(_STUDIO_COLUMNS), OWN_VIDEOS)


def _studio_rows(path: Path, table: str, columns: Iterable[str]) -> pl.DataFrame:
    """The columns of a file that lands in the table, as the importer reads it: null where it has no such column; else no rows."""
    from connectors.archives.files import Source as Table
    from connectors.archives.formats import Kind
    from connectors.archives.importing import read_file

    format_, rows = read_file(Table(path.name, path), Kind.AUTO, _READ_AT)
    kept = rows if format_.table == table else []
    schema = {name: pl.String if name in ("video_id", "title", "published_on") else pl.Float64 for name in columns}
    return pl.DataFrame({name: [row.get(name) for row in kept] for name in columns}, schema=schema, strict=False)


def _read_text(path: Path) -> pl.DataFrame:
    """Every cell as text: several fields look like numbers and are not."""
    return pl.read_csv(path, infer_schema=False)


def _cast(rows: pl.DataFrame, columns: Mapping[str, Any]) -> pl.DataFrame:
    """The named columns in their types; a cell that is none of its type is unknown."""
    return rows.select(_as(pl.col(name), rows.schema[name], kind) for name, kind in columns.items())


def _as(column: pl.Expr, found: pl.DataType, wanted: Any) -> pl.Expr:
    if wanted == UTC_MICROSECONDS and found == pl.String:
        return column.str.to_datetime(time_unit="us", time_zone="UTC", strict=False)
    if wanted == pl.Date and found == pl.String:
        return column.str.to_date(strict=False)
    return column.cast(wanted, strict=False)
