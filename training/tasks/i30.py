"""Views of a video's first thirty days, from the first one, three and seven: videos of a Chinese portal, about 2015.

A growth factor is learnt, views of thirty days over those of the first k. The error that the literature reports, mRSE, is squared
error of factors weighted by 1 / factor²: that is what the trees are fitted on, and what a constant is chosen for. A video without
views in its first k days has no factor; it is answered with the constant that suits such videos.

The set has no times, and videos of one day are in both halves of it. An id holds a number that grows with the upload, and most
videos are of two days: the later in its day one came, the less of day 1 was left, and the larger is its factor. The trees know an
id's place among those learnt from. A second set of trees does not, and answers for ids of another time or form; the rule
`boosted without places` says what to expect there, and is what compares with the literature. `mrse_from1` is the error from the
first day alone.

Videos are split by a hash of their id."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from core.errors import Damaged, InvalidInput
from features.early_views import columns, places, views_of
from training.boosting import Forest, Rows, combined, fit_forest, load_forest
from training.classic import fit_multivariate, fit_radial, fit_szabo_huberman, relative_squared_error
from training.sources import Source
from training.tasks.task import TEST, TRAIN, VALID, FitOptions, Span, Task

HORIZON_DAYS = 30
KNOWN_DAYS = (1, 3, 7)

_DAYS = {known: tuple(f"d{day}" for day in range(1, known + 1)) for known in KNOWN_DAYS}
_ANSWERS = {known: f"y_from{known}" for known in KNOWN_DAYS}
_OUTPUT = {"video_id": pl.String, **dict.fromkeys(_ANSWERS.values(), pl.Float64)}
_TEST_SHARE, _VALID_SHARE = 0.2, 0.1
_PLACE = "place"
_STRAY = 0.005
"""How far outside the ids learnt from a place may lie, as a share of their middle half, to be of the same time."""
_TREES: Mapping[str, Any] = {
    "objective": "regression",
    "learning_rate": 0.03,
    "num_leaves": 15,
    "min_data_in_leaf": 60,
    "lambda_l2": 1.0,
    "feature_fraction": 0.7,
    "bagging_fraction": 0.7,
}
_ROUNDS = {1: 100, 3: 120, 7: 150}
_SEEDS = 4
_ABOUT = "i30.json"

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Growth:
    """What is learnt for one number of known days.

    Attributes:
        placed: trees that know where an id stands, `free` those that do not.
        first, last: of the places learnt from, between which `placed` answers.
        at_zero: answer where no view was seen.
    """

    placed: Forest
    free: Forest
    first: float
    last: float
    at_zero: float

    def predict(self, views: Array, place: Array) -> Array:
        """Views of thirty days from daily views (rows, days) and places (rows,)."""
        inputs = columns(views)
        inside = (place >= self.first) & (place <= self.last)
        factor = np.ones(len(views))
        with_place = inputs.with_columns(pl.Series(_PLACE, place))
        for rows, forest, frame in ((inside, self.placed, with_place), (~inside, self.free, inputs)):
            if rows.any():
                factor[rows] = forest.predict(frame.filter(pl.Series(rows)))
        seen = views.sum(axis=1)
        return np.where(seen > 0, seen * np.maximum(factor, 1.0), self.at_zero)


@dataclass(frozen=True)
class Growths:
    """The program: one growth for each number of known days."""

    by_days: Mapping[int, Growth]

    @property
    def tuned(self) -> Mapping[str, Any]:
        """Nothing is left to the validation part: the rounds are the study's or the defaults."""
        return {}

    @property
    def importance(self) -> Mapping[str, float]:
        return combined([(growth.placed.gains, 1.0) for growth in self.by_days.values()])

    def predict(self, frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
        """See `Program`. Files may list the videos in different orders; the first one's is kept.

        Raises InvalidInput for a video that a file lacks or has twice."""
        ids, frames = _aligned(frames)
        place = places(ids)
        answers = {
            _ANSWERS[known]: growth.predict(views_of(frame.select(_DAYS[known])), place)
            for (known, growth), frame in zip(self.by_days.items(), frames, strict=True)
        }
        return pl.DataFrame({"video_id": ids, **answers}, schema=_OUTPUT)

    def save(self, folder: Path) -> None:
        about = {}
        for known, growth in self.by_days.items():
            growth.placed.save(folder, f"placed{known}")
            growth.free.save(folder, f"free{known}")
            about[known] = {"first": growth.first, "last": growth.last, "at_zero": growth.at_zero}
        (folder / _ABOUT).write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


def load(folder: Path) -> Growths:
    """Read a saved program. Raises Damaged for anything else."""
    try:
        about = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
        numbers = {known: {name: float(about[str(known)][name]) for name in ("first", "last", "at_zero")} for known in KNOWN_DAYS}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Damaged(f"{folder} does not hold a program of i30.", "Train it again.") from error
    return Growths(
        {
            known: Growth(load_forest(folder, f"placed{known}"), load_forest(folder, f"free{known}"), **numbers[known])
            for known in KNOWN_DAYS
        }
    )


def read(source: Source) -> pl.DataFrame:
    """Every video with thirty known days and a view in them."""
    series = source.view_series()
    days = [f"d{day}" for day in range(1, HORIZON_DAYS + 1)]
    total = pl.sum_horizontal(pl.col(days).cast(pl.Float64))
    return (
        series.filter(pl.all_horizontal(pl.col("video_id", *days).is_not_null()) & pl.all_horizontal(pl.col(days) >= 0))
        .unique("video_id", keep="first", maintain_order=True)
        .select(
            "video_id",
            *_DAYS[max(KNOWN_DAYS)],
            event_timestamp=pl.lit(None, pl.Datetime("us", "UTC")),
            known_at=pl.lit(None, pl.Datetime("us", "UTC")),
            cluster="video_id",
            label_total=total,
        )
        .filter(pl.col("label_total") > 0)
    )


def split(examples: pl.DataFrame) -> pl.Series:
    """By a hash of the id: a fifth judges. Nothing is decided by the validation part, which is learnt from."""
    draws = [int.from_bytes(hashlib.sha256(f"i30 {one}".encode()).digest()[:4]) / 2**32 for one in examples["video_id"]]
    parts = [TEST if draw < _TEST_SHARE else VALID if draw < _TEST_SHARE + _VALID_SHARE else TRAIN for draw in draws]
    return pl.Series("part", parts, dtype=pl.String)


def requests(examples: pl.DataFrame) -> tuple[pl.DataFrame, ...]:
    """The examples as the three files."""
    return tuple(examples.select("video_id", *_DAYS[known]) for known in KNOWN_DAYS)


def fit(examples: pl.DataFrame, options: FitOptions) -> Growths:
    """Learn the growth from each number of known days."""
    place = places(examples["video_id"])
    total = examples["label_total"].to_numpy()
    growths = {}
    for known in KNOWN_DAYS:
        views = views_of(examples.select(_DAYS[known]))
        placed = _fit_trees(views, place, total, known, options)
        free = _fit_trees(views, None, total, known, options)
        middle = place[np.isfinite(place)]
        low, high = np.quantile(middle, [0.25, 0.75]) if len(middle) else (np.nan, np.nan)
        margin = _STRAY * (high - low)
        first, last = (middle.min() - margin, middle.max() + margin) if len(middle) else (np.inf, -np.inf)
        at_zero = fit_szabo_huberman(views.sum(axis=1), total).at_zero
        growths[known] = Growth(placed, free, float(first), float(last), at_zero)
        options.report(f"from day {known}: {len(placed.rounds)} × {placed.rounds[0]} rounds")
    return Growths(growths)


def _fit_trees(views: Array, place: Array | None, total: Array, known: int, options: FitOptions, seeds: int = _SEEDS) -> Forest:
    """Trees of the growth factor: target y / s with weight (s / y)² makes squared error the relative error."""
    seen = views.sum(axis=1)
    kept = seen > 0
    inputs = columns(views)
    if place is not None:
        inputs = inputs.with_columns(pl.Series(_PLACE, place))
    factor = total[kept] / seen[kept]
    params = {name: value for name, value in options.params.items() if name != "rounds"}
    return fit_forest(
        Rows(inputs.filter(pl.Series(kept)), factor, 1 / factor**2),
        {**_TREES, **params},
        rounds=round(_ROUNDS[known] * float(options.params.get("rounds", 1.0))),
        seeds=[options.seed + seed for seed in range(seeds)],
        threads=options.threads,
    )


def _aligned(frames: Sequence[pl.DataFrame]) -> tuple[list[str], list[pl.DataFrame]]:
    """The ids of the first frame, and every frame in their order."""
    ids = frames[0]["video_id"]
    found = []
    for place, frame in enumerate(frames):
        found.append(frame if frame["video_id"].equals(ids) else _ordered(ids, frame, place))
    return ids.to_list(), found


def _ordered(ids: pl.Series, frame: pl.DataFrame, place: int) -> pl.DataFrame:
    name = f"the file of {KNOWN_DAYS[place]} days" if KNOWN_DAYS[place] > 1 else "the file of day 1"
    twice = frame.filter(pl.col("video_id").is_duplicated())["video_id"]
    if len(twice):
        raise InvalidInput(f"Video {twice[0]} is more than once in {name}.", "Give each video one row per file.")
    for wanted, given, where in ((ids, frame["video_id"], name), (frame["video_id"], ids, "the file of day 1")):
        lacking = wanted.filter(~wanted.is_in(given.implode()))
        if len(lacking):
            raise InvalidInput(
                f"Video {lacking[0]} is not in {where}, and {len(lacking) - 1:,} more are missing there.",
                "Give the same videos in all three files.",
            )
    return pl.DataFrame({"video_id": ids}).join(frame, on="video_id", how="left", maintain_order="left")


def _rule(answer: Callable[[Array, Array, Array], Array]) -> Callable[[pl.DataFrame, pl.DataFrame], pl.DataFrame]:
    """A rule from (views learnt from, their totals, views asked) → totals."""

    def rule(learnt: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
        total = learnt["label_total"].to_numpy()
        answers = {
            _ANSWERS[known]: answer(views_of(learnt.select(days)), total, views_of(asked.select(days)))
            for known, days in _DAYS.items()
        }
        return pl.DataFrame({"video_id": asked["video_id"], **answers}, schema=_OUTPUT)

    return rule


def _boosted(learnt: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    """The program's trees without the place of an id: one seed."""

    def answer(views: Array, total: Array, wanted: Array) -> Array:
        forest = _fit_trees(views, None, total, views.shape[1], FitOptions(threads=1), seeds=1)
        seen = wanted.sum(axis=1)
        zero = fit_szabo_huberman(views.sum(axis=1), total).at_zero
        return np.where(seen > 0, seen * np.maximum(forest.predict(columns(wanted)), 1.0), zero)

    return _rule(answer)(learnt, asked)


def _mrse(known: int) -> Callable[[pl.DataFrame], float]:
    """Mean relative squared error from so many days, over the videos with a view in them, as the literature has it."""

    def metric(judged: pl.DataFrame) -> float:
        seen = judged.select(pl.sum_horizontal(_DAYS[known]) > 0).to_series().to_numpy()
        return relative_squared_error(judged["label_total"].to_numpy()[seen], judged[_ANSWERS[known]].to_numpy()[seen])

    return metric


def _mean_mrse(judged: pl.DataFrame) -> float:
    return float(np.mean([_mrse(known)(judged) for known in KNOWN_DAYS]))


def _size(judged: pl.DataFrame) -> pl.Series:
    return judged["d1"].cut([9, 99, 999], labels=["under 10", "10 to 99", "100 to 999", "1,000 or more"]).cast(pl.String)


TASK = Task(
    name="i30",
    model="trend",
    question="How many views will a video have had by day 30, given its first day, three days, seven days?",
    inputs=tuple({"video_id": pl.String, **dict.fromkeys(days, pl.Int64)} for days in _DAYS.values()),
    output=_OUTPUT,
    read=read,
    split=split,
    requests=requests,
    fit=fit,
    load=load,
    rules={
        "log-linear scaling": _rule(
            lambda views, total, wanted: fit_szabo_huberman(views.sum(axis=1), total).predict(wanted.sum(axis=1))
        ),
        "multivariate linear": _rule(lambda views, total, wanted: fit_multivariate(views, total).predict(wanted)),
        "radial bases": _rule(lambda views, total, wanted: fit_radial(views, total).predict(wanted)),
        "boosted without places": _boosted,
    },
    primary="mrse",
    metrics={"mrse": _mean_mrse, **{f"mrse_from{known}": _mrse(known) for known in KNOWN_DAYS}},
    lower_is_better=frozenset({"mrse", *(f"mrse_from{known}" for known in KNOWN_DAYS)}),
    slices={"views on day 1": _size},
    space={
        "learning_rate": Span(0.015, 0.06, log=True),
        "num_leaves": Span(5, 40, log=True, whole=True),
        "min_data_in_leaf": Span(30, 150, log=True, whole=True),
        "rounds": Span(0.6, 1.6),
    },
    fewest=500,
)
