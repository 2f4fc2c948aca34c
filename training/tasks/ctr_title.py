"""Which of a channel's titles is clicked more often when shown? Told from title, length and date.

The outcome is the log of the click-through rate of impressions over a video's life, in Studio exports of own channels; videos
shown less than 500 times are left out. Titles are compared within a channel: rates of different channels say nothing of titles.

A Gaussian process answers: the rate of a title is that of the channel's videos that are like it, in meaning, n-grams, length and
time, and a little that of other channels' videos of like make. How much each kind of likeness counts is the mean of what did well
in a hundred draws, over four later stretches of each channel that all lie before the test part; there, likeness of meaning (of
published sentence vectors) raised the rank correlation from .104 to .198. The rate is measured over the whole reach, which grows
where a title is clicked: nothing here is causal.

Split within each channel by time; a channel of few videos is learnt from whole. The totals were exported once, so that no moment
says when they were known."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from core.errors import Damaged
from features.channel_form import title_grams
from features.texts import TITLE_MEASURES, title_columns
from training.boosting import Rows, fit_forest
from training.evaluation import rank_correlation
from training.headlines import directions
from training.kernels import bell, fading, same, weights_of
from training.sources import Source
from training.tasks.task import TEST, TRAIN, VALID, FitOptions, Span, Task

_INPUTS = {
    "row_id": pl.String,
    "channel": pl.String,
    "title": pl.String,
    "published": pl.String,
    "duration_s": pl.Float64,
}
_OUTPUT = {"row_id": pl.String, "score": pl.Float64}
_MOMENT = pl.Datetime("us", "UTC")
_FEWEST_IMPRESSIONS = 500
_LEAST_PCT, _MOST_PCT = 0.1, 50.0
"""Rates beyond are of a handful of clicks."""
_TEST_SHARE, _VALID_SHARE, _FEWEST_SPLIT = 0.17, 0.15, 30
_CLEAR = 1.96
"""Standard errors between two rates that count as different, p < .05."""

_COUNTS: Mapping[str, float] = {
    "channel": 0.3,
    "meaning": 1.5,
    "time": 0.3,
    "length": 0.2,
    "length_lately": 0.3,
    "title": 0.1,
    "make_of_channel": 0.05,
    "length_anywhere": 0.2,
    "title_anywhere": 0.1,
    "make_anywhere": 0.2,
    "noise": 2.0,
}
"""How much each kind of likeness explains, in variances of a channel, and what none of them does."""
_TIME_DAYS, _LATELY_DAYS, _LENGTH_WIDTH = 60.0, 60.0, 0.3
_SPREAD_OF_RATE = 0.15
"""Variance of a log rate that no number of impressions removes, beside 1 / clicks."""
_FAR = 3.0
_MAKE = (
    "title_characters",
    "title_hashtags",
    "title_exclamations",
    "title_questions",
    "title_numbers",
    "title_upper_share",
    "title_emojis",
    "title_bars",
)
_AT_ONCE = 4_000
_ABOUT, _LEARNT, _MEANING = "ctr_title.json", "learnt.parquet", "meaning.npy"
_KEPT = {"channel": pl.String, "title": pl.String, "published": pl.String, "duration_s": pl.Float64, "weight": pl.Float64}

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Titles:
    """The program.

    Attributes:
        learnt: videos with the weight that each has in an answer (_KEPT).
        meaning: `directions` of their titles, float32 (rows, 384).
        counts: of the kinds of likeness.
        levels: mean and spread of log rates, by channel; that of all channels under "".
        make: means and spreads of the measures of titles.
    """

    learnt: pl.DataFrame
    meaning: Any
    counts: Mapping[str, float]
    levels: Mapping[str, tuple[float, float]]
    make: tuple[tuple[float, ...], tuple[float, ...]]

    @property
    def tuned(self) -> Mapping[str, Any]:
        """Nothing is left to the validation part."""
        return {}

    @property
    def importance(self) -> Mapping[str, float]:
        """What each kind of likeness may explain."""
        counts = {name: count for name, count in self.counts.items() if name != "noise" and count > 0}
        total = sum(counts.values()) or 1.0
        return dict(sorted(((name, count / total) for name, count in counts.items()), key=lambda item: -item[1]))

    def predict(self, frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
        """See `Program`. The score is a rate in percent."""
        (asked,) = frames
        scores = np.zeros(asked.height)
        centre = self.meaning.mean(axis=0)
        known = _Videos.of(self.learnt, self.make, self.meaning - centre)
        weight = self.learnt["weight"].to_numpy()
        levels = np.array([self.levels.get(channel or "", self.levels[""]) for channel in asked["channel"]]).reshape(-1, 2)
        for start in range(0, asked.height, _AT_ONCE):
            rows = asked[start : start + _AT_ONCE]
            meaning = directions(rows["title"].to_list()) - centre
            answers = _likeness(_Videos.of(rows, self.make, meaning), known, self.counts) @ weight
            mean, spread = levels[start : start + _AT_ONCE].T
            scores[start : start + _AT_ONCE] = np.exp(mean + spread * np.clip(answers, -_FAR, _FAR))
        return asked.select("row_id").with_columns(score=pl.Series(scores, dtype=pl.Float64))

    def save(self, folder: Path) -> None:
        self.learnt.write_parquet(folder / _LEARNT, compression="zstd", statistics=False)
        np.save(folder / _MEANING, self.meaning, allow_pickle=False)
        about = {"counts": self.counts, "levels": self.levels, "make": self.make}
        (folder / _ABOUT).write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def load(folder: Path) -> Titles:
    """Read a saved program. Raises Damaged for anything else."""
    try:
        about = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
        learnt = pl.read_parquet(folder / _LEARNT)
        meaning = np.load(folder / _MEANING, allow_pickle=False)
        counts = {name: float(about["counts"][name]) for name in _COUNTS}
        levels = {channel: (float(mean), float(spread)) for channel, (mean, spread) in about["levels"].items()}
        means, spreads = (tuple(float(value) for value in row) for row in about["make"])
        if (
            dict(learnt.schema) != _KEPT
            or "" not in levels
            or not len(means) == len(spreads) == len(_MAKE)
            or len(meaning) != len(learnt)
        ):
            raise ValueError
    except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError, pl.exceptions.PolarsError) as error:
        raise Damaged(f"{folder} does not hold a program of ctr_title.", "Train it again.") from error
    return Titles(learnt, meaning, counts, levels, (means, spreads))


def read(source: Source) -> pl.DataFrame:
    """Every titled video of an own channel that was shown often enough."""
    videos = source.own_videos().filter(
        (pl.col("impressions") >= _FEWEST_IMPRESSIONS)
        & (pl.col("ctr_pct") >= 0)
        & pl.col("title").is_not_null()
        & pl.col("published").is_not_null()
    )
    row_id = pl.format("{}/{}", "channel", pl.int_range(pl.len()).over("channel"))
    return videos.sort("channel", "published", "title").select(
        row_id.alias("row_id"),
        "channel",
        "title",
        pl.col("published").dt.to_string("%Y-%m-%d"),
        "duration_s",
        event_timestamp=pl.lit(None, _MOMENT),
        known_at=pl.lit(None, _MOMENT),
        cluster=row_id,
        label_ctr_pct=pl.col("ctr_pct"),
        label_impressions=pl.col("impressions"),
    )


def split(examples: pl.DataFrame) -> pl.Series:
    """By place within the channel; small channels are learnt from whole."""
    place = pl.struct("published", "row_id").rank("ordinal").over("channel") / pl.len().over("channel")
    part = (
        pl.when(pl.len().over("channel") < _FEWEST_SPLIT)
        .then(pl.lit(TRAIN))
        .when(place > 1 - _TEST_SHARE)
        .then(pl.lit(TEST))
        .when(place > 1 - _TEST_SHARE - _VALID_SHARE)
        .then(pl.lit(VALID))
        .otherwise(pl.lit(TRAIN))
    )
    return examples.select(part.alias("part")).to_series()


def requests(examples: pl.DataFrame) -> tuple[pl.DataFrame, ...]:
    """The examples as the command reads them."""
    return (examples.select(*_INPUTS),)


def fit(examples: pl.DataFrame, options: FitOptions) -> Titles:
    """Weigh every video learnt from."""
    counts = {name: float(options.params.get(name, count)) for name, count in _COUNTS.items()}
    rows = examples.sort("channel", "published", "row_id")
    rate = rows["label_ctr_pct"].clip(_LEAST_PCT, _MOST_PCT).log().to_numpy()
    clicks = (rows["label_impressions"] * rows["label_ctr_pct"].clip(0.3, _MOST_PCT) / 100).to_numpy()
    trust = 1 / (1 / clicks + _SPREAD_OF_RATE)
    channels = rows["channel"].to_numpy()
    levels = {"": (float(np.average(rate, weights=trust)), float(rate.std()) or 1.0)}
    for channel in np.unique(channels):
        here = channels == channel
        spread = float(rate[here].std()) + 1e-3 if here.sum() > 5 else 1.0
        levels[str(channel)] = (float(np.average(rate[here], weights=trust[here])), spread)
    level = np.array([levels[channel] for channel in channels])
    target = np.clip((rate - level[:, 0]) / level[:, 1], -_FAR, _FAR)
    measures = title_columns(rows["title"]).select(_MAKE).cast(pl.Float64).to_numpy()
    make = (tuple(map(float, measures.mean(axis=0))), tuple(float(spread) or 1.0 for spread in measures.std(axis=0)))
    meaning = directions(rows["title"].to_list()).astype(np.float32)
    videos = _Videos.of(rows, make, meaning - meaning.mean(axis=0))
    weight = weights_of(_likeness(videos, videos, counts), target, counts["noise"] * trust.mean() / trust)
    options.report(f"{len(levels) - 1} channels, {rows.height:,} videos")
    learnt = rows.select("channel", "title", "published", "duration_s").with_columns(weight=pl.Series(weight))
    return Titles(learnt.cast(_KEPT), meaning, counts, levels, make)


@dataclass(frozen=True)
class _Videos:
    """What likeness is told by."""

    channel: Any
    day: Array
    length: Array
    make: Array
    grams: Any
    meaning: Any

    @classmethod
    def of(cls, rows: pl.DataFrame, make: tuple[tuple[float, ...], tuple[float, ...]], meaning: Any) -> _Videos:
        """`meaning` is that of the titles, less its mean among those that are learnt from."""
        titles = rows["title"].fill_null("")
        measures = title_columns(titles).select(_MAKE).cast(pl.Float64).fill_null(0).to_numpy()
        seconds = rows["duration_s"].cast(pl.Float64)
        length = pl.select(pl.when(seconds.is_finite() & (seconds > 0)).then(seconds.log())).to_series()
        return cls(
            rows["channel"].fill_null("").to_numpy(),
            _days(rows["published"]),
            length.to_numpy(),
            np.clip((measures - np.array(make[0])) / np.array(make[1]), -_FAR, _FAR) / np.sqrt(len(_MAKE)),
            title_grams(titles.to_list()),
            meaning,
        )


def _likeness(left: _Videos, right: _Videos, counts: Mapping[str, float]) -> Array:
    """The kernel: a sum of likenesses of which each is one by itself, within the channel and anywhere."""
    length = bell(left.length, right.length, _LENGTH_WIDTH)
    title = np.asarray((left.grams @ right.grams.T).toarray())
    make = left.make @ right.make.T
    within = (
        counts["channel"]
        + counts["meaning"] * (left.meaning @ right.meaning.T)
        + counts["time"] * fading(left.day, right.day, _TIME_DAYS)
        + counts["length"] * length
        + counts["length_lately"] * length * fading(left.day, right.day, _LATELY_DAYS)
        + counts["title"] * title
        + counts["make_of_channel"] * make
    )
    anywhere = counts["length_anywhere"] * length + counts["title_anywhere"] * title + counts["make_anywhere"] * make
    return np.asarray(same(left.channel, right.channel) * within + anywhere)


def _days(published: pl.Series) -> Array:
    """Days since 1970; NaN where the text begins with no date."""
    days = published.cast(pl.String).str.strip_chars().str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
    return days.cast(pl.Int32).cast(pl.Float64).to_numpy()


def _correlation(judged: pl.DataFrame) -> float:
    """Spearman's correlation within each channel, weighted by rows."""
    return rank_correlation(judged["label_ctr_pct"].to_numpy(), judged["score"].to_numpy(), judged["channel"].to_numpy())


def _significant_pairs(judged: pl.DataFrame) -> float:
    """Share of a channel's pairs of different rates (two-proportion z, p < .05) that are in the right order; a tie is half."""
    right = total = 0.0
    for rows in judged.partition_by("channel"):
        shown = rows["label_impressions"].to_numpy().astype(np.float64)
        rate, score = rows["label_ctr_pct"].to_numpy() / 100, rows["score"].to_numpy()
        pooled = (rate * shown)[:, None] + rate * shown
        both = pooled / (shown[:, None] + shown)
        error = np.sqrt(both * (1 - both) * (1 / shown[:, None] + 1 / shown))
        clear = rate[:, None] - rate > _CLEAR * error
        right += float((clear * (np.sign(score[:, None] - score) + 1) / 2).sum())
        total += float(clear.sum())
    return right / total if total else 0.5


def _rule(score: Callable[[pl.DataFrame], Any]) -> Callable[[pl.DataFrame, pl.DataFrame], pl.DataFrame]:
    def rule(_: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
        found = pl.Series(np.nan_to_num(np.asarray(score(asked), dtype=np.float64)))
        return asked.select("row_id").with_columns(score=found)

    return rule


def _measured(rows: pl.DataFrame) -> pl.DataFrame:
    """Length, day and weekday, and measures of the title, as the learnt rules read them."""
    days = _days(rows["published"])
    own = pl.DataFrame(
        {
            "log_length": (rows["duration_s"].cast(pl.Float64).clip(1)).log(),
            "day": days,
            "weekday": (days + 3) % 7,
        }
    )
    return pl.concat([own, title_columns(rows["title"].fill_null("")).select(TITLE_MEASURES)], how="horizontal")


def _centred(learnt: pl.DataFrame) -> Array:
    rate = pl.col("label_ctr_pct").clip(_LEAST_PCT, _MOST_PCT).log()
    return learnt.select(rate - rate.mean().over("channel")).to_series().to_numpy()


def _linear(learnt: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    """Ridge regression of rates over their channel's mean on measures of the title, length and date."""
    old, new = (_measured(rows).cast(pl.Float64).fill_nan(None) for rows in (learnt, asked))
    means, spreads = old.mean().fill_null(0), old.std().fill_null(1)
    left, right = (np.nan_to_num(_standard(rows, means, spreads)) for rows in (old, new))
    bend = left.T @ left + 30.0 * np.eye(left.shape[1])
    return asked.select("row_id").with_columns(score=pl.Series(right @ np.linalg.solve(bend, left.T @ _centred(learnt))))


def _standard(rows: pl.DataFrame, means: pl.DataFrame, spreads: pl.DataFrame) -> Array:
    mean, spread = np.array(means.row(0)), np.array(spreads.row(0))
    return np.asarray((rows.to_numpy() - mean) / np.where(spread > 0, spread, 1.0))


def _boosted(learnt: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    """Boosted trees on the same, quickly."""
    params = {"objective": "regression", "num_leaves": 15, "min_data_in_leaf": 20}
    forest = fit_forest(Rows(_measured(learnt), _centred(learnt)), params, rounds=100, threads=1)
    return asked.select("row_id").with_columns(score=pl.Series(forest.predict(_measured(asked), threads=1)))


TASK = Task(
    name="ctr_title",
    model="ctr",
    question="Which of a channel's titles is clicked more often when shown?",
    inputs=(_INPUTS,),
    output=_OUTPUT,
    read=read,
    split=split,
    requests=requests,
    fit=fit,
    load=load,
    rules={
        "newer": _rule(lambda asked: _days(asked["published"])),
        "longer title": _rule(lambda asked: asked["title"].fill_null("").str.len_chars()),
        "shorter title": _rule(lambda asked: -asked["title"].fill_null("").str.len_chars().cast(pl.Float64)),
        "longer video": _rule(lambda asked: asked["duration_s"].cast(pl.Float64).fill_null(0)),
        "linear": _linear,
        "boosted, quick": _boosted,
    },
    primary="rank_correlation",
    metrics={"rank_correlation": _correlation, "pair_accuracy_significant": _significant_pairs},
    slices={"channel": lambda judged: judged["channel"]},
    space={name: Span(count / 4, count * 4, log=True) for name, count in _COUNTS.items()},
)
