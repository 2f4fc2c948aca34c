"""What the tasks on charting videos share: examples from readings, the split by time, what the past of a channel and of a title's
words tells, calibration, metrics that weigh each video alike, and slices."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from core.errors import Damaged
from features.history import Memory, load_memory, remember, stale_cuts, title_keys, title_recall, title_recall_columns
from features.readings import age_band, age_hours
from features.texts import languages
from training.tasks.task import TEST, TRAIN, VALID, Metric

Array = np.ndarray[Any, np.dtype[np.float64]]

INPUT = {
    "video_id": pl.String,
    "date": pl.Date,
    "fetched_at": pl.Datetime("us", "UTC"),
    "views": pl.Int64,
    "likes": pl.Int64,
    "comments": pl.Int64,
    "n_countries": pl.Int64,
    "published_at": pl.Datetime("us", "UTC"),
    "title": pl.String,
    "channel_id": pl.String,
    "channel_title": pl.String,
    "category_id": pl.Int64,
    "duration": pl.Int64,
}
"""One reading of a video with its metadata."""

TOP_SHARE = 0.1
"""Of each band of age: the videos of the greatest growth, which are those that are asked for."""

TEST_DAYS, VALID_DAYS = 28, 21
"""The last four weeks judge; the three before them decide when to stop."""


def charted(readings: pl.DataFrame, videos: pl.DataFrame) -> pl.DataFrame:
    """Every reading of a known video with its metadata, the day, `age` in hours and the `history` that ends with it, by time.

    One reading per video and day: the first."""
    known = videos.filter(pl.col("published_at").is_not_null()).unique("video_id", keep="first", maintain_order=True)
    rows = (
        readings.with_columns(date=pl.col("fetched_at").dt.date())
        .sort("video_id", "fetched_at")
        .unique(["video_id", "date"], keep="first", maintain_order=True)
        .join(known, on="video_id", how="inner", maintain_order="left")
        .with_columns(
            age=(pl.col("fetched_at") - pl.col("published_at")).dt.total_seconds() / 3600,
            cell=pl.format(
                "{}|{}|{}|{}|{}",
                pl.col("fetched_at").dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
                *(pl.col(name).cast(pl.String).fill_null("") for name in ("views", "likes", "comments", "n_countries")),
            ),
        )
    )
    # The history of a reading is the beginning of its video's whole series.
    whole = rows.group_by("video_id", maintain_order=True).agg(whole=pl.col("cell").str.join(";"))
    until = (pl.col("cell").str.len_bytes() + 1).cum_sum().over("video_id") - 1
    return (
        rows.join(whole, on="video_id", maintain_order="left")
        .with_columns(history=pl.col("whole").str.slice(0, until))
        .drop("cell", "whole")
        .sort("fetched_at", "video_id")
    )


def at_day(rows: pl.DataFrame, readings: pl.DataFrame, days: int) -> pl.DataFrame:
    """Views and time of the reading some days after each row (`views_then`, `then`), null where the video was on no chart."""
    later = readings.select(
        "video_id",
        date=pl.col("fetched_at").dt.date() - timedelta(days=days),
        views_then="views",
        then="fetched_at",
    ).sort("then")
    later = later.unique(["video_id", "date"], keep="first", maintain_order=True)
    return rows.join(later, on=["video_id", "date"], how="left", maintain_order="left")


def limits_of(rows: pl.DataFrame) -> pl.DataFrame:
    """From which `label_growth` on a row belongs to TOP_SHARE, by `band` of age."""
    return rows.group_by("band").agg(limit=pl.col("label_growth").quantile(1 - TOP_SHARE, "linear")).sort("band")


def limit_of_bands(examples: pl.DataFrame, bands: tuple[float, ...]) -> tuple[float, ...]:
    """The limit of each band of age; that of all where a band has none."""
    found = dict(limits_of(examples.with_columns(band=age_band(age_hours(examples), bands))).drop_nulls().rows())
    overall = examples["label_growth"].quantile(1 - TOP_SHARE, "linear")
    return tuple(float(found.get(band, overall or 0.0)) for band in range(len(bands)))


def parts(examples: pl.DataFrame, valid_days: int = VALID_DAYS) -> pl.Series:
    """Split by time: what a part learns from was known when the next begins, and no video is in two."""
    event, known = pl.col("event_timestamp"), pl.col("known_at")
    last = examples["event_timestamp"].max()
    if last is None:
        return pl.Series("part", [None] * len(examples), dtype=pl.String)
    test = pl.lit(last).dt.truncate("1d") - timedelta(days=TEST_DAYS - 1)
    valid = test - timedelta(days=valid_days)
    part = (
        pl.when(event >= test)
        .then(pl.lit(TEST))
        .when((event >= valid) & (known <= test))
        .then(pl.lit(VALID))
        .when(known <= valid)
        .then(pl.lit(TRAIN))
    )
    rank = {TRAIN: 0, VALID: 1, TEST: 2}
    return (
        examples.select("cluster", part=part)
        .with_columns(rank=pl.col("part").replace_strict(rank, default=-1, return_dtype=pl.Int8))
        .select(pl.when(pl.col("rank") == pl.col("rank").max().over("cluster")).then("part").alias("part"))
        .to_series()
    )


def weights(videos: pl.Series) -> pl.Series:
    """One over the number of rows of each row's video: a video counts once however long it charted."""
    return pl.DataFrame({"video": videos}).select((1 / pl.len().over("video")).alias("weight")).to_series()


STALE = timedelta(days=49)
"""How old a memory may be when it is asked: a model is used for seven weeks."""
_FEWEST_WORD_EVENTS = 3
_KINDS = (10, 20, 24, 22, 1)
"""Categories with norms of their own: music, gaming, entertainment, people, film."""


@dataclass(frozen=True)
class Past:
    """What the archive remembers of channels and of the words of titles: outcomes beyond the norm of their age and category.

    Attributes:
        norms: `band`, `kind` and the norm of each outcome.
        channels, words: memories of the outcomes' distance to it.
    """

    norms: pl.DataFrame
    channels: Memory
    words: Memory

    def columns(self, rows: pl.DataFrame, cuts: pl.Series | None = None) -> pl.DataFrame:
        """One Float32 column for each measure of the channel (`channel_…`) and of the title's words (`words_…`).

        Reads `channel_id`, `channel_title` and `title`. With cuts: as of each cut."""
        channels = self.channels.recall(rows["channel_id"], cuts)
        words = title_recall(self.words, _said(rows), cuts, _FEWEST_WORD_EVENTS)
        return pl.concat(
            [
                channels.rename({name: f"channel_{name}" for name in channels.columns}),
                words.rename({name: f"words_{name}" for name in words.columns}),
            ],
            how="horizontal",
        ).cast(pl.Float32)

    def save(self, folder: Path) -> None:
        self.norms.write_parquet(folder / "norms.parquet")
        self.channels.save(folder / "channels.parquet")
        self.words.save(folder / "words.parquet")


def kind_of(category: pl.Expr) -> pl.Expr:
    """The category as a kind that has a norm; 0 for the others."""
    return pl.when(category.is_in(_KINDS)).then(category).otherwise(0).cast(pl.Int64)


def norms_of(rows: pl.DataFrame, outcomes: Mapping[str, str]) -> pl.DataFrame:
    """The norm of outcomes by `band` and `kind`: their mean or their median, as named."""
    return (
        rows.group_by("band", kind=kind_of(pl.col("category_id")))
        .agg(getattr(pl.col(name), measure)().alias(f"norm_{name}") for name, measure in outcomes.items())
        .sort("band", "kind")
    )


def beyond(rows: pl.DataFrame, norms: pl.DataFrame) -> pl.DataFrame:
    """Rows with each outcome as its distance to the norm; null where the band and kind have none."""
    names = [name.removeprefix("norm_") for name in norms.columns if name.startswith("norm_")]
    joined = rows.with_columns(kind=kind_of(pl.col("category_id"))).join(
        norms, on=["band", "kind"], how="left", maintain_order="left"
    )
    return joined.with_columns(pl.col(name) - pl.col(f"norm_{name}") for name in names).select(rows.columns)


def learn_past(events: pl.DataFrame, norms: pl.DataFrame, channels: Mapping[str, float], words: Mapping[str, float]) -> Past:
    """Make the memories of events: `channel_id`, `channel_title`, `title`, `known_at`, `is_first` (the video's first event) and
    measures, already beyond the norms. Words remember a video once, by its first event."""
    of_channels = remember(events.rename({"channel_id": "key"}), channels)
    first = events.filter("is_first")
    keys = title_keys(_said(first))
    common = keys.group_by("key").len().filter(pl.col("len") >= _FEWEST_WORD_EVENTS).select("key")
    keys = keys.join(common, on="key", how="semi", maintain_order="left")
    of_words = remember(pl.concat([keys.select("key"), first.select("known_at", *words)[keys["row"]]], how="horizontal"), words)
    return Past(norms, of_channels, of_words)


def _said(rows: pl.DataFrame) -> pl.Series:
    """The title with the channel's, which names the artist of most music."""
    channel = pl.col("channel_title").fill_null("").str.replace(r" - Topic$|VEVO$", "")
    return rows.select(pl.format("{} {}", pl.col("title").fill_null(""), channel).alias("said")).to_series()


def load_past(folder: Path, channels: Mapping[str, float], words: Mapping[str, float]) -> Past:
    """Read what `Past.save` wrote. Raises Damaged for anything else."""
    try:
        norms = pl.read_parquet(folder / "norms.parquet")
    except (OSError, pl.exceptions.PolarsError) as error:
        raise Damaged(f"{folder} does not hold the norms of past videos.", "Train the model again.") from error
    return Past(norms, load_memory(folder / "channels.parquet", channels), load_memory(folder / "words.parquet", words))


def past_columns(channels: Mapping[str, float], words: Mapping[str, float]) -> tuple[str, ...]:
    """What `Past.columns` gives, in order."""
    of_channels = (*channels, *(f"{name}_n" for name in channels))
    return (*(f"channel_{name}" for name in of_channels), *(f"words_{name}" for name in title_recall_columns(words)))


AGAINST = ("beyond_log_views", "beyond_like_rate", "views_against_channel", "duration_against_channel")
"""A reading beside what is usual for its age and category, and for its channel."""


def beside_past(rows: pl.DataFrame, told: pl.DataFrame, past: Past, cuts: pl.Series | None) -> pl.DataFrame:
    """The inputs told of rows with `Past.columns` and AGAINST beside them, as Float32."""
    levels = beyond(
        told.select("log_views", "like_rate", category_id=rows["category_id"], band=pl.col("age_band").cast(pl.Int32)),
        past.norms.select("band", "kind", "norm_log_views", "norm_like_rate"),
    )
    return (
        pl.concat([told, past.columns(rows, cuts)], how="horizontal")
        .with_columns(beyond_log_views=levels["log_views"], beyond_like_rate=levels["like_rate"])
        .with_columns(
            views_against_channel=pl.col("beyond_log_views") - pl.col("channel_views_first"),
            duration_against_channel=pl.col("log_duration") - pl.col("channel_duration_first"),
        )
        .cast(pl.Float32)
    )


def cuts_of(rows: pl.DataFrame, seed: int) -> pl.Series:
    """As of when each row asks the past while learning: up to STALE before its video's first row, one draw for each video."""
    videos = rows.group_by("video_id", maintain_order=True).agg(pl.col("event_timestamp").min())
    videos = videos.with_columns(stale_cuts(videos["event_timestamp"], STALE, seed).alias("cut"))
    return rows.select("video_id").join(videos, on="video_id", how="left", maintain_order="left")["cut"]


def fit_mixture(told: Array, outcome: Array, weight: Array) -> list[float]:
    """Shift, then one slope for each column, of the log odds that fit the outcomes best: logistic regression by Newton's steps.

    A small pull towards one tenth keeps columns that say the same from cancelling each other."""
    x = np.column_stack([np.ones(len(told)), told])
    pull = np.full(x.shape[1], 1.0)
    pull[0] = 1e-6
    found = np.full(x.shape[1], 0.1)
    found[0] = 0.0
    goal = found.copy()
    for _ in range(100):
        answer = 1 / (1 + np.exp(-np.clip(x @ found, -30, 30)))
        gradient = x.T @ (weight * (outcome - answer)) - pull * (found - goal)
        hessian = (x * (weight * answer * (1 - answer))[:, None]).T @ x + np.diag(pull + 1e-9)
        step = np.linalg.solve(hessian, gradient)
        found = found + np.clip(step, -2.0, 2.0)
        if np.abs(step).max() < 1e-9:
            break
    return [round(float(value), 9) for value in found]


def mixed(told: Array, mixture: Sequence[float]) -> Array:
    """Chances from what `fit_mixture` found."""
    # Column by column: a product of matrices rounds differently for one row and for many.
    odds = mixture[0] + sum(slope * told[:, place] for place, slope in enumerate(mixture[1:]))
    return np.asarray(1 / (1 + np.exp(-np.clip(odds, -30, 30))), dtype=np.float64)


def log_odds(chance: Array) -> Array:
    """Logarithm of the odds, of chances kept a millionth away from 0 and 1."""
    kept = np.clip(chance, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(kept / (1 - kept)), dtype=np.float64)


def weighted(metric: Callable[[Array, Array, Array], float], label: str, output: str, where: pl.Expr | None = None) -> Metric:
    """A metric of (label, answer, weight) over judged rows; rows without a label, and those outside `where`, do not count."""

    def judge(judged: pl.DataFrame) -> float:
        kept = judged if where is None else judged.filter(where)
        kept = kept.select(pl.col(label).cast(pl.Float64), pl.col(output).cast(pl.Float64), "weight").drop_nulls()
        return metric(*(kept[name].to_numpy() for name in (label, output, "weight"))) if len(kept) else float("nan")

    return judge


def precision_at_top(share: float) -> Callable[[Array, Array, Array], float]:
    """Share of positives among the rows of the highest scores that hold `share` of the weight."""

    def judge(label: Array, score: Array, weight: Array) -> float:
        order = np.argsort(-score, kind="stable")
        before = np.cumsum(weight[order]) - weight[order]
        top = order[before < share * weight.sum()]
        return float(np.average(label[top], weights=weight[top]))

    return judge


def calibration_error(label: Array, chance: Array, weight: Array, bins: int = 10) -> float:
    """Mean distance of mean chance and mean outcome over bins of equal weight."""
    order = np.argsort(chance, kind="stable")
    place = np.minimum((np.cumsum(weight[order]) - weight[order]) / weight.sum() * bins, bins - 1).astype(int)
    weighed = weight[order]
    difference = np.bincount(place, weighed * (chance[order] - label[order]), minlength=bins)
    return float(np.abs(difference).sum() / weight.sum())


def explained(label: Array, answer: Array, weight: Array) -> float:
    """Share of the label's variance that is explained; NaN where it has none."""
    mean = np.average(label, weights=weight)
    total = np.average((label - mean) ** 2, weights=weight)
    return float(1 - np.average((label - answer) ** 2, weights=weight) / total) if total > 0 else float("nan")


def weighted_median(values: Array, weight: Array) -> float:
    """The value below which half of the weight lies."""
    order = np.argsort(values, kind="stable")
    place = np.searchsorted(np.cumsum(weight[order]), weight.sum() / 2)
    return float(values[order[min(int(place), len(values) - 1)]])


CATEGORIES = {
    1: "film",
    10: "music",
    17: "sport",
    20: "gaming",
    22: "people",
    23: "comedy",
    24: "entertainment",
    25: "news",
    26: "howto",
}


def by_category(rows: pl.DataFrame) -> pl.Series:
    return rows.select(pl.col("category_id").replace_strict(CATEGORIES, default="other", return_dtype=pl.String)).to_series()


def by_language(rows: pl.DataFrame) -> pl.Series:
    return languages(rows["title"])


def by_age(ends: Sequence[float]) -> Callable[[pl.DataFrame], pl.Series]:
    """Rows by the band of their age, named by its end in hours."""

    def group(rows: pl.DataFrame) -> pl.Series:
        age = (pl.col("fetched_at") - pl.col("published_at")).dt.total_seconds() / 3600
        named = pl.lit(f"{ends[-2]:.0f} h or more")
        for end in reversed(ends[:-1]):
            named = pl.when(age < end).then(pl.lit(f"under {end:.0f} h")).otherwise(named)
        return rows.select(named.alias("age")).to_series()

    return group


def by_channel(rows: pl.DataFrame) -> pl.Series:
    """Rows by how many videos of their channel the rows hold: a channel's size as charts know it."""
    videos = pl.col("video_id").n_unique().over("channel_id")
    named = (
        pl.when(videos <= 1)
        .then(pl.lit("1 video"))
        .when(videos <= 4)
        .then(pl.lit("2 to 4"))
        .when(videos <= 14)
        .then(pl.lit("5 to 14"))
    )
    return rows.select(named.otherwise(pl.lit("15 or more")).alias("channel")).to_series()


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")


def read_json(path: Path, keys: Sequence[str]) -> dict[str, Any]:
    """Read an object with at least these keys. Raises Damaged for anything else."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(found, dict) or any(key not in found for key in keys):
            raise ValueError
    except (OSError, ValueError) as error:
        raise Damaged(f"{path} does not hold what a program wrote.", "Train the model again.") from error
    return found
