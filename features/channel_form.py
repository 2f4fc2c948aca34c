"""A channel's form: what its earlier videos reached, and how a new title, length and hour relate to them.

The outcome of a video is any number that is comparable within its channel (a like rate, a share watched, on a log scale); its
lead is how far it lies above the median of the twenty before it. `form` tells, of a video to come, how the channel has been doing
and what became of the earlier videos that are alike: in title (n-grams of characters, so that any script will do), length, hour,
weekday and category. Only outcomes that were known at the moment asked for count.

The past travels with a model as one parquet file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from core.errors import Damaged

PREVIOUS, FEWEST = 20, 5
"""A video is compared with the median of so many before it, and of no fewer than so many."""

MOMENT = pl.Datetime("us", "UTC")
PAST: dict[str, Any] = {
    "channel": pl.String,
    "title": pl.String,
    "published_at": MOMENT,
    "known_at": MOMENT,
    "duration_s": pl.Float64,
    "category_id": pl.Float64,
    "outcome": pl.Float64,
    "lead": pl.Float64,
}
"""One row per earlier video, by channel and time; `lead` is null where too few came before."""

FORM = {
    "form_videos": "earlier videos",
    "form_days_since": "days since the last of them that is known",
    "form_level": "mean outcome",
    "form_recent": "median outcome of the last 20 over the mean",
    "form_last5": "mean outcome of the last 5 over the median of the last 20",
    "form_spread": "standard deviation of leads",
    "form_slope": "slope of the last 40 outcomes, drawn towards zero",
    "form_streak": "leads of one sign in a row at the end, below zero where they trail",
    "form_spacing_days": "median days between the last 20",
    "form_share_ahead": "share of the last 20 that lead",
    "form_length_ratio": "log of its length over the median length",
    "form_like_length": "mean lead of videos of its length, drawn towards zero, as are all below",
    "form_like_hour": "mean lead of videos published at its hour",
    "form_like_weekday": "mean lead of videos of its weekday",
    "form_like_category": "mean lead of videos of its category",
    "form_category_share": "share of videos of its category",
    "form_like_title": "mean lead weighted by squared likeness of titles",
    "form_nearest": "mean lead of the few titles most like it",
    "form_nearest_count": "how many are about as like as the nearest",
    "form_nearest_likeness": "likeness of the nearest title, 0 to 1",
    "form_like_title_lately": "as form_like_title, fading by 30 days",
    "form_like_title_length": "mean lead weighted by likeness of title and length",
    "form_hour_share": "density of videos at its hour",
    "form_length_share": "density of videos of its length",
    "form_last_likeness": "likeness of the last title",
}
"""The inputs that `form` makes, in order."""

_DAY_US = 86_400e6
_SHRINK = 5.0
"""Videos of no lead that every mean of leads is mixed with."""
_SAME_LENGTH, _SAME_HOUR = 0.25, 1.0
"""Widths of likeness: of log seconds, and hours."""
_NEAREST = 0.08
"""Likeness below the nearest title's at which a title counts a third of it."""
_FADE_DAYS = 30.0
_SIZES, _BUCKETS, _LONGEST = (3, 4), 1 << 18, 500
"""Of n-grams of titles: characters, hash buckets, and the characters of a title that count."""
_PRIME = np.uint64(0x9E3779B97F4A7C15)
_MOST_PAST = 400
"""Latest videos of a channel that are looked at."""

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Past:
    """Earlier videos of channels with what they reached: columns of PAST, by channel and time."""

    videos: pl.DataFrame

    @classmethod
    def of(cls, videos: pl.DataFrame) -> Past:
        """The past from a table that has PAST's columns; what has no outcome or no time is left out."""
        known = pl.col("outcome").is_not_null() & pl.col("published_at").is_not_null()
        found = videos.filter(known).sort("channel", "known_at", "published_at", "title", nulls_last=True)
        return cls(found.select(pl.col(name).cast(kind) for name, kind in PAST.items()))

    def save(self, path: Path) -> None:
        """Write one parquet file."""
        self.videos.write_parquet(path, compression="zstd", statistics=False)

    @classmethod
    def load(cls, path: Path) -> Past:
        """Read it again. Raises Damaged for anything else."""
        try:
            videos = pl.read_parquet(path)
        except (OSError, pl.exceptions.PolarsError) as error:
            raise Damaged(f"{path} does not hold the past of channels.", "Train the model again.") from error
        if dict(videos.schema) != PAST:
            raise Damaged(f"{path} does not hold the past of channels.", "Train the model again.")
        return cls(videos)


def previous_medians(outcomes: Array, previous: int = PREVIOUS, fewest: int = FEWEST) -> Array:
    """Median of the outcomes before each one, in order of time; NaN where fewer than `fewest` came before."""
    medians = np.full(len(outcomes), np.nan)
    for place in range(fewest, len(outcomes)):
        medians[place] = np.median(outcomes[max(0, place - previous) : place])
    return medians


def with_leads(videos: pl.DataFrame) -> pl.DataFrame:
    """Videos (`channel`, `known_at`, `published_at`, `title`, `outcome` and more) with their `lead`, by channel and time.

    A video comes after those that were known before it."""
    ordered = videos.sort("channel", "known_at", "published_at", "title", nulls_last=True)
    leads = np.full(ordered.height, np.nan)
    outcomes = ordered["outcome"].cast(pl.Float64).to_numpy()
    for rows in _rows_of(ordered["channel"]).values():
        leads[rows] = outcomes[rows] - previous_medians(outcomes[rows])
    return ordered.with_columns(pl.Series("lead", leads).fill_nan(None))


def form(past: Past, asked: pl.DataFrame, as_of: pl.Series | None = None) -> pl.DataFrame:
    """The channel's form for each video asked for, in order: columns of FORM.

    Args:
        asked: channel, title, published_at, duration_s, category_id; any of them may be null but the channel.
        as_of: the moment up to which outcomes are known, per row; without it the whole past is.

    A channel without a past has `form_videos` 0 and nothing else."""
    values = np.full((asked.height, len(FORM)), np.nan)
    values[:, 0] = 0.0
    known = _rows_of(past.videos["channel"])
    wanted = _rows_of(asked["channel"])
    common = [channel for channel in wanted if channel in known]
    learnt, new = _numbers(past.videos), _numbers(asked)
    relevant = past.videos["channel"].is_in(common)
    asked_grams = title_grams(asked["title"].fill_null("").to_list())
    known_grams = title_grams(past.videos.select(pl.when(relevant).then("title").fill_null("")).to_series().to_list())
    outcome, lead = (past.videos[name].to_numpy() for name in ("outcome", "lead"))
    known_at = _days(past.videos["known_at"])
    cuts = np.full(asked.height, np.inf) if as_of is None else _days(as_of.cast(MOMENT))
    for channel in common:
        rows, earlier = wanted[channel], known[channel]
        likeness = np.asarray((asked_grams[rows] @ known_grams[earlier].T).toarray(), dtype=np.float64)
        for cut in np.unique(cuts[rows]):
            here = np.flatnonzero(cuts[rows] == cut)
            there = np.flatnonzero(known_at[earlier] <= cut)[-_MOST_PAST:]
            if len(there):
                before = earlier[there]
                values[rows[here]] = _form(
                    {name: column[rows[here]] for name, column in new.items()},
                    {name: column[before] for name, column in learnt.items()},
                    outcome[before],
                    lead[before],
                    likeness[np.ix_(here, there)],
                )
    return pl.DataFrame(values, schema=dict.fromkeys(FORM, pl.Float64)).fill_nan(None)


def _form(new: dict[str, Array], old: dict[str, Array], outcome: Array, lead: Array, likeness: Array) -> Array:
    """FORM of some videos of one channel (rows) from its earlier ones (columns of `likeness`)."""
    count, level = len(outcome), outcome.mean()
    lead = np.where(np.isnan(lead), outcome - level, lead)
    last20 = outcome[-PREVIOUS:]
    recent = np.median(last20)
    found = np.full((len(likeness), len(FORM)), np.nan)
    same_length = _bell(new["length"][:, None] - old["length"], _SAME_LENGTH)
    apart = np.abs(new["hour"][:, None] - old["hour"])
    same_hour = _bell(np.minimum(apart, 24 - apart), _SAME_HOUR)
    same_category = (new["category"][:, None] == old["category"]).astype(np.float64)
    same_weekday = (new["weekday"][:, None] == old["weekday"]).astype(np.float64)
    nearest = likeness.max(axis=1, keepdims=True)
    close = np.exp((likeness - nearest) / _NEAREST) * np.clip(nearest, 0.05, 1.0)
    squared = 4 * likeness**2
    fading = np.exp(-(old["day"].max() - old["day"]) / _FADE_DAYS)
    steps = np.diff(old["day"][-PREVIOUS:])
    columns = (
        count,
        new["day"] - old["day"].max(),
        level,
        recent - level,
        outcome[-5:].mean() - recent,
        lead.std(),
        _slope(outcome[-40:]),
        _streak(lead),
        np.median(steps) if len(steps) else np.nan,
        (lead[-PREVIOUS:] > 0).mean(),
        new["length"] - _median(old["length"]),
        _drawn(same_length, lead),
        _drawn(same_hour, lead),
        _drawn(same_weekday, lead),
        _drawn(same_category, lead),
        same_category.mean(axis=1),
        _drawn(squared, lead),
        _drawn(2 * close, lead),
        close.sum(axis=1),
        nearest[:, 0],
        _drawn(squared * np.nan_to_num(fading), lead),
        _drawn(3 * same_length * likeness, lead),
        same_hour.mean(axis=1),
        same_length.mean(axis=1),
        likeness[:, -1],
    )
    for place, column in enumerate(columns):
        found[:, place] = column
    return found


def _drawn(weights: Array, lead: Array) -> Array:
    return np.asarray(weights @ lead / (weights.sum(axis=1) + _SHRINK))


def _bell(apart: Array, width: float) -> Array:
    """1 where nothing lies between, 0 where anything is unknown."""
    return np.nan_to_num(np.exp(-0.5 * (apart / width) ** 2))


def _slope(outcomes: Array) -> float:
    if len(outcomes) < 8:
        return float("nan")
    places = np.arange(len(outcomes)) - (len(outcomes) - 1) / 2
    return float(places @ outcomes / (places @ places + 50.0))


def _streak(lead: Array) -> float:
    signs = np.sign(lead[::-1])
    other = np.flatnonzero(signs != signs[0])
    return float(signs[0] * (other[0] if len(other) else len(signs)))


def _median(values: Array) -> float:
    return float(np.nanmedian(values)) if np.isfinite(values).any() else float("nan")


def _rows_of(channels: pl.Series) -> dict[str, Array]:
    """Rows of each channel, in order."""
    grouped = pl.DataFrame({"channel": channels.cast(pl.String)}).with_row_index("row").drop_nulls()
    groups = grouped.group_by("channel", maintain_order=True).agg("row")
    return {channel: np.asarray(rows, dtype=np.int64) for channel, rows in groups.iter_rows()}


def _numbers(videos: pl.DataFrame) -> dict[str, Array]:
    at = videos["published_at"].cast(MOMENT)
    length = videos["duration_s"].cast(pl.Float64).to_numpy()
    hour = at.dt.hour().cast(pl.Float64) + at.dt.minute().cast(pl.Float64) / 60
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(length > 0, np.log(length), np.where(length == 0, 0.0, np.nan))
    return {
        "day": _days(at),
        "hour": hour.to_numpy(),
        "weekday": at.dt.weekday().cast(pl.Float64).to_numpy(),
        "length": logs,
        "category": videos["category_id"].cast(pl.Float64).to_numpy(),
    }


def _days(moments: pl.Series) -> Array:
    """Days since 1970; NaN where unknown."""
    return np.asarray(moments.cast(MOMENT).dt.epoch("us").cast(pl.Float64).to_numpy() / _DAY_US)


def title_grams(titles: list[str]) -> Any:
    """Sparse rows of unit length: counts of a title's n-grams of 3 and 4 characters, in lower case, hashed into buckets.

    All titles are one array of characters, each with spaces around it; n-grams that run over an end are left out."""
    from scipy.sparse import csr_matrix

    texts = [f" {' '.join(title.lower().split())[:_LONGEST]} " for title in titles]
    lengths = np.array([len(text) for text in texts], dtype=np.int64)
    codes = np.frombuffer("".join(texts).encode("utf-32-le", "replace"), dtype="<u4").astype(np.uint64)
    owner = np.repeat(np.arange(len(texts)), lengths)
    rows, buckets = [], []
    for size in _SIZES:
        hashed = np.zeros(max(len(codes) - size + 1, 0), dtype=np.uint64)
        for place in range(size):
            hashed = (hashed + codes[place : place + len(hashed)] + np.uint64(1)) * _PRIME
            hashed ^= hashed >> np.uint64(29)
        inside = owner[: len(hashed)] == owner[size - 1 :]
        rows.append(owner[: len(hashed)][inside])
        buckets.append((hashed % np.uint64(_BUCKETS))[inside].astype(np.int64))
    row, bucket = np.concatenate(rows), np.concatenate(buckets)
    counted = csr_matrix((np.ones(len(row)), (row, bucket)), shape=(len(texts), _BUCKETS))
    norms = np.sqrt(np.asarray(counted.multiply(counted).sum(axis=1)).ravel())
    counted.data /= np.repeat(np.where(norms > 0, norms, 1.0), np.diff(counted.indptr))
    return counted
