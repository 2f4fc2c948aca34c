"""What a video that charts within 30 hours of its publication has come to after a week, from its first reading alone.

    views_7d    views at the reading nearest to 168 hours of age, between 150 and 186
    late        a growth until then, ln(views then / views now), of the top tenth of its band of age

Videos without such a reading are not asked about, so every figure is given that a video stays on some chart for a week. They are
examples all the same, without an outcome: channels are remembered by them too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from features.readings import CODES, FIRST_COLUMNS, age_band, age_hours, first_columns
from training.boosting import Forest, Rows, combined, fit_forest, load_forest
from training.evaluation import average_precision
from training.sources import Source
from training.tasks.growth import (
    AGAINST,
    INPUT,
    Array,
    Past,
    at_day,
    beside_past,
    beyond,
    by_age,
    by_category,
    by_channel,
    by_language,
    calibration_error,
    charted,
    cuts_of,
    fit_mixture,
    kind_of,
    learn_past,
    limit_of_bands,
    limits_of,
    load_past,
    log_odds,
    mixed,
    norms_of,
    parts,
    past_columns,
    read_json,
    weighted,
    weighted_median,
    write_json,
)
from training.tasks.task import TEST, TRAIN, VALID, FitOptions, Span, Task

FIRST_WITHIN_HOURS = 30.0
WEEK_HOURS = 168.0
WEEK = (150.0, 186.0)
BANDS = (8.0, 16.0, 24.0, 30.0)

_OUTPUT = {"video_id": pl.String, "views_7d": pl.Float64, "p_late": pl.Float64}
_CHANNELS = {
    "grew": 2.0,
    "grew_2d": 2.0,
    "late": 3.0,
    "stayed": 3.0,
    "stayed_2d": 3.0,
    "views_first": 1.0,
    "likes_first": 1.0,
    "countries": 0.0,
    "age_first": 0.0,
    "duration_first": 0.0,
}
_WORDS = {"grew_2d": 5.0, "grew": 5.0, "stayed": 10.0, "views_first": 3.0}
_NORMS = {
    "growth": "median",
    "growth_2d": "median",
    "late": "mean",
    "stays": "mean",
    "stays_2d": "mean",
    "log_views": "mean",
    "like_rate": "mean",
}
COLUMNS = (*FIRST_COLUMNS, "hours_ahead", *past_columns(_CHANNELS, _WORDS), *AGAINST)
"""Everything that a forest may look at."""

_SHARED: Mapping[str, Any] = {
    "learning_rate": 0.06,
    "min_data_in_leaf": 20,
    "feature_fraction": 0.3,
    "lambda_l2": 5.0,
    "max_bin": 63,
}
_FORESTS: Mapping[str, Mapping[str, Any]] = {
    "growth": {"objective": "regression_l1", "metric": "l1", "num_leaves": 31},
    "mean": {"objective": "regression", "metric": "l1", "num_leaves": 15},
    "late": {"objective": "binary", "metric": "average_precision", "num_leaves": 31},
}
_OF_MEDIAN = 0.8
"""Part of the median in the predicted growth; the rest is of the mean, and the two err differently."""
_SEEDS = 4
_VALID_DAYS = 35
"""A week of it is lost to what is not known yet."""
_MOST_ROUNDS = 600
_PATIENCE = 50
_ABOUT = "early7.json"
_GREATEST_GROWTH = 15.0


def read(source: Source) -> pl.DataFrame:
    """Make examples of every video's first reading, if early enough. Raises NotReady where the source has none."""
    readings = source.readings()
    every = charted(readings, source.videos())
    first = every.unique("video_id", keep="first", maintain_order=True)
    first = first.filter(pl.col("age").is_between(0, FIRST_WITHIN_HOURS), pl.col("views") > 0)
    week = (
        every.filter(pl.col("age").is_between(*WEEK))
        .with_columns(off=(pl.col("age") - WEEK_HOURS).abs())
        .sort("off", "fetched_at")
        .unique("video_id", keep="first", maintain_order=True)
        .select("video_id", label_views=pl.col("views").cast(pl.Float64))
    )
    # What cannot be known yet is no example: neither is it said that a video left the charts.
    end = readings["fetched_at"].max()
    known_at = pl.col("published_at") + timedelta(hours=WEEK[1])
    rows = at_day(first, readings, 2).join(week, on="video_id", how="left", maintain_order="left")
    rows = rows.filter(known_at <= end) if end is not None else rows
    hours = (pl.col("then") - pl.col("fetched_at")).dt.total_seconds() / 3600
    rows = rows.with_columns(
        event_timestamp=pl.col("fetched_at"),
        known_at=known_at,
        cluster=pl.col("video_id"),
        weight=pl.lit(1.0),
        growth_2d=(pl.col("views_then").clip(1) / pl.col("views")).log() * 48 / hours,
        label_growth=(pl.col("label_views").clip(1) / pl.col("views")).log(),
        band=age_band(rows["age"], BANDS),
    )
    limits = limits_of(rows.filter(parts(rows, _VALID_DAYS).fill_null(TEST) != TEST))
    rows = rows.join(limits, on="band", how="left", maintain_order="left").with_columns(
        label_late=pl.col("label_growth") >= pl.col("limit").fill_null(float("inf"))
    )
    labels = ("label_late", "label_growth", "label_views")
    return rows.select(*INPUT, "event_timestamp", "known_at", "cluster", "weight", "growth_2d", *labels)


def split(examples: pl.DataFrame) -> pl.Series:
    """By time; rows without an outcome are learnt from, and never judged."""
    unknown = (pl.col("part") == TEST) & pl.col("label_views").is_null()
    frame = examples.with_columns(parts(examples, _VALID_DAYS).alias("part"))
    return frame.select(pl.when(~unknown).then("part").alias("part")).to_series()


def requests(examples: pl.DataFrame) -> tuple[pl.DataFrame, ...]:
    """What is asked of examples."""
    return (examples.select(*INPUT),)


@dataclass(frozen=True)
class Early:
    """A fitted task.

    Attributes:
        forests: by the names of _FORESTS.
        past: what is remembered of channels and words.
        limits: growth of a late video by band of its first reading's age.
        mixture: shift and slopes of the log odds of being late (`_told_of_chance`).
    """

    forests: Mapping[str, Forest]
    past: Past
    limits: tuple[float, ...]
    mixture: tuple[float, ...]

    @property
    def tuned(self) -> Mapping[str, Any]:
        rounds = {name: list(forest.rounds) for name, forest in self.forests.items()}
        return {"rounds": rounds, "mixture": list(self.mixture)}

    @property
    def importance(self) -> Mapping[str, float]:
        return combined([(forest.gains, 1.0) for forest in self.forests.values()])

    def predict(self, frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
        rows = frames[0]
        inputs = _inputs(rows, self.past)
        said = {name: forest.predict(inputs) for name, forest in self.forests.items()}
        late = mixed(_told_of_chance(said, inputs, self.limits), self.mixture)
        return _answer(rows, _OF_MEDIAN * said["growth"] + (1 - _OF_MEDIAN) * said["mean"], late)

    def save(self, folder: Path) -> None:
        for name, forest in self.forests.items():
            forest.save(folder, name)
        self.past.save(folder)
        write_json(folder / _ABOUT, {"limits": list(self.limits), "mixture": list(self.mixture)})


def load(folder: Path) -> Early:
    """Read a saved program. Raises Damaged for anything else."""
    about = read_json(folder / _ABOUT, ("limits", "mixture"))
    forests = {name: load_forest(folder, name) for name in _FORESTS}
    return Early(forests, load_past(folder, _CHANNELS, _WORDS), tuple(about["limits"]), tuple(about["mixture"]))


def fit(examples: pl.DataFrame, options: FitOptions) -> Early:
    """Learn from train and valid; with `tuned`, from every row."""
    examples = examples.filter(pl.col("part").is_in([TRAIN, VALID]))
    is_train = (examples["part"] == TRAIN).to_numpy()
    held_back = options.tuned is None and not is_train.all()
    told = first_columns(examples)
    past = _past_of(examples, told, is_train if held_back else np.ones(len(examples), dtype=bool))
    cuts = cuts_of(examples, options.seed)
    # Only what has an outcome is learnt from; the others were for remembering.
    known = examples["label_growth"].is_not_null()
    examples, told, cuts, is_train = examples.filter(known), told.filter(known), cuts.filter(known), is_train[known.to_numpy()]
    inputs = _inputs(examples, past, told, cuts)
    options.report(f"{len(inputs.columns)} inputs of {len(inputs):,} first readings are made")
    growth, late = examples["label_growth"].to_numpy(), examples["label_late"].cast(pl.Float64).to_numpy()
    learnt = np.flatnonzero(is_train) if held_back else np.arange(len(examples))
    held = np.flatnonzero(~is_train)
    forests = {}
    for name, params in _FORESTS.items():
        target = late if name == "late" else growth
        forests[name] = fit_forest(
            Rows(inputs[learnt], target[learnt]),
            {**_SHARED, **params, **options.params},
            rounds=_MOST_ROUNDS if options.tuned is None else options.tuned["rounds"][name],
            valid=Rows(inputs[held], target[held]) if held_back and len(held) else None,
            patience=_PATIENCE,
            seeds=tuple(range(options.seed, options.seed + _SEEDS)),
            threads=options.threads,
            categorical=[code for code in CODES if code in inputs.columns],
            report=lambda said, name=name: options.report(f"{name}: {said}"),
        )
    mixture: tuple[float, ...] = (0.0, 1.0, 0.0, 0.0)
    limits = limit_of_bands(examples, BANDS)
    if options.tuned is not None:
        mixture = tuple(options.tuned["mixture"])
    elif held_back and len(held):
        said = {name: forest.predict(inputs[held], threads=options.threads) for name, forest in forests.items()}
        mixture = tuple(fit_mixture(_told_of_chance(said, inputs[held], limits), late[held], np.ones(len(held))))
        options.report(f"mixture: {', '.join(f'{value:.3f}' for value in mixture)}")
    return Early(forests, past, limits, mixture)


def _told_of_chance(said: Mapping[str, Array], inputs: pl.DataFrame, limits: tuple[float, ...]) -> Array:
    """What the chance of being late is mixed of: its log odds, and how far the predicted growth is from that of a late video."""
    band = age_band(inputs["age_hours"], BANDS).fill_null(len(limits) - 1).to_numpy()
    beyond_limit = [np.clip(said[name] - np.asarray(limits)[band], -5, 5) for name in ("growth", "mean")]
    return np.column_stack([log_odds(said["late"]), *beyond_limit])


def _past_of(examples: pl.DataFrame, told: pl.DataFrame, counted: Array) -> Past:
    """What examples with their inputs leave to remember. Norms are of the counted ones."""
    rows = examples.select(
        "channel_id",
        "channel_title",
        "title",
        "known_at",
        "category_id",
        "growth_2d",
        growth="label_growth",
        late=pl.col("label_late").cast(pl.Float64),
        stays=pl.col("label_growth").is_not_null().cast(pl.Float64),
        stays_2d=pl.col("growth_2d").is_not_null().cast(pl.Float64),
    )
    told = told.select("log_views", "like_rate", "log_countries", "age_hours", "log_duration", "age_band")
    rows = pl.concat([rows, told], how="horizontal").with_columns(band=pl.col("age_band").cast(pl.Int32))
    norms = norms_of(rows.filter(pl.Series(counted)), _NORMS)
    events = beyond(rows, norms).select(
        "channel_id",
        "channel_title",
        "title",
        "known_at",
        is_first=pl.lit(True),
        grew="growth",
        grew_2d="growth_2d",
        late="late",
        stayed="stays",
        stayed_2d="stays_2d",
        views_first="log_views",
        likes_first="like_rate",
        countries="log_countries",
        age_first="age_hours",
        duration_first="log_duration",
    )
    return learn_past(events, norms, _CHANNELS, _WORDS)


def _inputs(rows: pl.DataFrame, past: Past, told: pl.DataFrame | None = None, cuts: pl.Series | None = None) -> pl.DataFrame:
    """COLUMNS of each row."""
    told = first_columns(rows) if told is None else told
    return beside_past(rows, told, past, cuts).with_columns(hours_ahead=_hours_ahead(pl.col("age_hours"))).select(COLUMNS)


def _hours_ahead(age: pl.Expr) -> pl.Expr:
    """Hours until the daily reading that is nearest to a week of age."""
    return ((WEEK_HOURS - age) / 24).round() * 24


def _answer(rows: pl.DataFrame, growth: pl.Series | Array, late: pl.Series | Array) -> pl.DataFrame:
    views = rows["views"].cast(pl.Float64).fill_nan(None).fill_null(0).clip(0).to_numpy()
    ahead = np.clip(np.asarray(growth, dtype=float), -1.0, _GREATEST_GROWTH)
    chance = np.clip(np.asarray(late, dtype=float), 0, 1)
    return rows.select("video_id").with_columns(views_7d=pl.Series(views * np.exp(ahead)), p_late=pl.Series(chance))


def _placed(rows: pl.DataFrame) -> pl.DataFrame:
    known = [name for name in ("label_late", "label_growth") if name in rows.columns]
    return rows.select(
        *known, band=age_band(age_hours(rows), BANDS).fill_null(-1), kind=kind_of(pl.col("category_id").fill_null(0))
    )


def category_and_age(learnt: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    """The median growth and the rate of late ones of the category at that age."""
    rows, told = (
        _placed(learnt).drop_nulls("label_growth"),
        {"growth": pl.col("label_growth").median(), "late": pl.col("label_late").mean()},
    )
    overall = rows.select(**told).row(0)
    found = _placed(asked).join(rows.group_by("band", "kind").agg(**told), on=["band", "kind"], how="left", maintain_order="left")
    return _answer(asked, found["growth"].fill_null(overall[0] or 0.0), found["late"].fill_null(overall[1] or 0.0))


def log_linear(learnt: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    """Szabo and Huberman: the logarithm of the views grows by a constant, the mean at each age. The category tells the chance."""
    means = _placed(learnt).drop_nulls("label_growth").group_by("band").agg(growth=pl.col("label_growth").mean())
    found = _placed(asked).join(means, on="band", how="left", maintain_order="left")
    prior = category_and_age(learnt, asked)
    return _answer(asked, found["growth"].fill_null(learnt["label_growth"].mean() or 0.0), prior["p_late"])


_LINEAR = (
    "log_age",
    "log_views",
    "like_rate",
    "comment_rate",
    "log_countries",
    "is_music",
    "is_gaming",
    "is_film",
    "log_duration",
    "published_hour_sin",
    "published_hour_cos",
    "weekend_hours_ahead",
    "music_age",
    "gaming_age",
    "script_latin",
    "marker_official",
)
_QUICK = (*_LINEAR, "age_hours", "category", "published_hour", "published_weekday", "comments_per_like", "title_characters")


def linear(learnt: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    """Least-squares and logistic regression on sixteen inputs, unknown ones at their median."""
    from sklearn.linear_model import LogisticRegression, Ridge

    learnt = learnt.drop_nulls("label_growth")
    told, questions = first_columns(learnt).select(_LINEAR), first_columns(asked).select(_LINEAR)
    told, questions = (frame.with_columns(pl.col("music_age", "gaming_age").fill_null(0)) for frame in (told, questions))
    middle = {name: told[name].median() or 0.0 for name in _LINEAR}

    def filled(frame: pl.DataFrame) -> Array:
        return frame.with_columns(pl.col(name).fill_null(middle[name]) for name in _LINEAR).to_numpy().astype(float)

    x = filled(told)
    centre, spread = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-9)
    x, z = (np.clip((matrix - centre) / spread, -8, 8) for matrix in (x, filled(questions)))
    late = LogisticRegression(max_iter=300).fit(x, learnt["label_late"].to_numpy()).predict_proba(z)[:, 1]
    return _answer(asked, Ridge(1.0).fit(x, learnt["label_growth"].to_numpy()).predict(z), late)


def quick_boosted(learnt: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    """Boosted trees as they come, on twenty inputs: no past of channels, no words, no calibration."""
    learnt = learnt.drop_nulls("label_growth")
    told, questions = first_columns(learnt).select(_QUICK), first_columns(asked).select(_QUICK)
    params = {"num_leaves": 31, "learning_rate": 0.05}
    growth, late = learnt["label_growth"].to_numpy(), learnt["label_late"].cast(pl.Float64).to_numpy()
    ahead = fit_forest(Rows(told, growth), {**params, "objective": "regression_l1"}, rounds=200, threads=1)
    chance = fit_forest(Rows(told, late), {**params, "objective": "binary"}, rounds=100, threads=1)
    return _answer(asked, ahead.predict(questions, threads=1), chance.predict(questions, threads=1))


def _log10_errors(judged: pl.DataFrame) -> pl.Series:
    known = judged.drop_nulls("label_views")
    return ((known["views_7d"] + 1).log10() - (known["label_views"] + 1).log10()).abs()


def _mae_log10(judged: pl.DataFrame) -> float:
    errors = _log10_errors(judged)
    return float(errors.mean()) if len(errors) else float("nan")  # type: ignore[arg-type]


def _mdape(judged: pl.DataFrame) -> float:
    known = judged.drop_nulls("label_views")
    if not len(known):
        return float("nan")
    errors = ((known["views_7d"] - known["label_views"]).abs() / known["label_views"].clip(1)).to_numpy()
    return weighted_median(errors, np.ones(len(errors)))


TASK = Task(
    name="early7",
    model="trend",
    question="How many views has a video a week after publication, told from its first reading, and does it grow late?",
    inputs=(INPUT,),
    output=_OUTPUT,
    read=read,
    split=split,
    requests=requests,
    fit=fit,
    load=load,
    rules={
        "category and age": category_and_age,
        "log-linear scaling": log_linear,
        "linear": linear,
        "quick boosted trees": quick_boosted,
    },
    primary="mae_log10",
    metrics={
        "mae_log10": _mae_log10,
        "mdape": _mdape,
        "late_ap": weighted(average_precision, "label_late", "p_late"),
        "late_ece": weighted(calibration_error, "label_late", "p_late"),
    },
    lower_is_better=frozenset({"mae_log10", "mdape", "late_ece"}),
    slices={"category": by_category, "channel": by_channel, "language": by_language, "age": by_age(BANDS)},
    space={
        "learning_rate": Span(0.01, 0.1, log=True),
        "num_leaves": Span(7, 63, log=True, whole=True),
        "min_data_in_leaf": Span(5, 100, log=True, whole=True),
        "feature_fraction": Span(0.15, 0.8),
        "lambda_l2": Span(0.1, 30.0, log=True),
    },
    fewest=300,
)
