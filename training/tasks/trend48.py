"""What a charting video does within 48 hours: whether it breaks out, and its views then.

    growth      ln(views two days later / views now) × 48 / hours between, of readings up to a week old with a hundred views
    breakout    a growth of the top tenth of its band of age; on no chart two days later counts as none, its views are unknown

A video counts once: its rows weigh one over their number, in learning and in every metric. What is predicted is given that a
video charted; charts show no failed ones. Being on the chart two days later is half of the question, so it is learnt by itself
(`stays`), as is the breakout of those that are (`given`): learnt from a third of the rows, their product had an average precision
of .407 on the valid part, where asking at once had .384. A trend network is asked both questions at once. The odds of all three,
and the distance of the growth that the network and a forest (`mean`) expect to that of a breakout, are mixed as suits the valid
part, where forests alone had .384, the network alone .390 and all together .413."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from features.readings import AGE_BANDS, CODES, TREND_COLUMNS, age_band, age_hours, trend_columns
from training.boosting import Forest, Rows, combined, fit_forest, load_forest, telling_inputs
from training.evaluation import auc, average_precision
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
    explained,
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
    precision_at_top,
    read_json,
    weighted,
    weights,
    write_json,
)
from training.tasks.task import TEST, TRAIN, VALID, FitOptions, Span, Task
from training.trend_network import BATCH_ROWS, TrendAnswers, TrendTargets, fit_trend_network, load_trend_network

LONGEST_AGE_HOURS = 168.0
FEWEST_VIEWS = 100
HORIZON_HOURS = 48.0
DAYS = 2

_INPUT = {**INPUT, "history": pl.String}
_OUTPUT = {"video_id": pl.String, "p_breakout": pl.Float64, "views_48h": pl.Float64}

_CHANNELS = {
    "grew": 3.0,
    "stayed": 5.0,
    "broke": 5.0,
    "grew_first": 2.0,
    "stayed_first": 3.0,
    "broke_first": 3.0,
    "views_first": 1.0,
    "likes_first": 1.0,
    "comments_first": 1.0,
    "exponent": 2.0,
    "countries": 0.0,
    "countries_most": 0.0,
    "age_first": 0.0,
    "duration_first": 0.0,
    "readings": 0.0,
    "music": 0.0,
}
_WORDS = {"grew_first": 5.0, "broke_first": 10.0, "stayed_first": 10.0, "views_first": 3.0, "countries": 0.0}
"""What is remembered of channels and words, each with its shrinkage towards the norm."""
_NORMS = {
    "growth": "median",
    "breakout": "mean",
    "stays": "mean",
    "log_views": "mean",
    "like_rate": "mean",
    "comment_rate": "mean",
    "exponent_since_first": "median",
}
COLUMNS = (*TREND_COLUMNS, *past_columns(_CHANNELS, _WORDS), *AGAINST)
"""Everything that a forest may look at."""

_SHARED: Mapping[str, Any] = {
    "learning_rate": 0.1,
    "num_leaves": 31,
    "min_data_in_leaf": 60,
    "feature_fraction": 0.3,
    "lambda_l2": 3.0,
    "max_bin": 63,
}
_FORESTS: Mapping[str, Mapping[str, Any]] = {
    "stays": {"objective": "binary", "metric": "binary_logloss"},
    "given": {"objective": "binary", "metric": "binary_logloss"},
    "mean": {"objective": "regression", "metric": "l2"},
}
_OF_NETWORK = 0.6
"""Part of the network in the predicted growth where no valid part decides it. The network's is near the median; the rest is of
the forest's mean, which large growths pull up."""
_STEPS, _EPOCHS, _RATE = 1_500, (5, 40), 4e-3
"""Steps that the network learns in, fewest and most epochs to make them in, and its rate."""
_INPUTS, _MOST_INPUTS, _TRIED_ROWS = "inputs", 170, 90_000
"""Inputs that the forests are fitted on, as many as a study says, chosen by short fits on so many rows: beyond 170 the others
have under a thousandth of any gain. Which ones is kept with the version (`tuned`)."""
_MOST_ROUNDS = 400
_PATIENCE = 30
_ABOUT = "trend48.json"
_NETWORK = "network"
_GREATEST_GROWTH = 12.0


def read(source: Source) -> pl.DataFrame:
    """Make examples of every reading whose outcome can be known. Raises NotReady where the source has none."""
    readings = source.readings()
    rows = charted(readings, source.videos()).filter(
        pl.col("age").is_between(0, LONGEST_AGE_HOURS), pl.col("views") >= FEWEST_VIEWS
    )
    # A day on which nothing was read says of no video that it left the charts.
    days = readings.select(date=pl.col("fetched_at").dt.date() - timedelta(days=DAYS)).unique()
    rows = at_day(rows.join(days, on="date", how="semi", maintain_order="left"), readings, DAYS)
    hours = (pl.col("then") - pl.col("fetched_at")).dt.total_seconds() / 3600
    rows = rows.with_columns(
        event_timestamp=pl.col("fetched_at"),
        known_at=pl.col("fetched_at").dt.truncate("1d") + timedelta(days=DAYS + 1),
        cluster=pl.col("video_id"),
        weight=weights(rows["video_id"]),
        band=age_band(rows["age"]),
        label_growth=(pl.col("views_then").clip(1) / pl.col("views")).log() * HORIZON_HOURS / hours,
        label_views=pl.col("views_then").cast(pl.Float64),
    )
    limits = limits_of(rows.filter(parts(rows).fill_null(TEST) != TEST))
    rows = rows.join(limits, on="band", how="left", maintain_order="left").with_columns(
        label_breakout=(pl.col("label_growth") >= pl.col("limit")).fill_null(False)
    )
    return rows.select(
        *_INPUT, "event_timestamp", "known_at", "cluster", "weight", "label_breakout", "label_growth", "label_views"
    )


def requests(examples: pl.DataFrame) -> tuple[pl.DataFrame, ...]:
    """What is asked of examples."""
    return (examples.select(*_INPUT),)


@dataclass(frozen=True)
class Trend:
    """A fitted task.

    Attributes:
        forests: by the names of _FORESTS.
        network: of all COLUMNS, where forests have a choice of them.
        past: what is remembered of channels and words.
        limits: growth of a breakout by band of age.
        mixture: shift and slopes of the log odds (`_told_of_chance`).
        share: part of the network in the predicted growth.
    """

    forests: Mapping[str, Forest]
    network: TrendAnswers
    past: Past
    limits: tuple[float, ...]
    mixture: tuple[float, ...]
    share: float

    @property
    def tuned(self) -> Mapping[str, Any]:
        rounds = {name: list(forest.rounds) for name, forest in self.forests.items()}
        inputs = list(next(iter(self.forests.values())).inputs)
        return {"rounds": rounds, "mixture": list(self.mixture), "share": self.share, "inputs": inputs}

    @property
    def importance(self) -> Mapping[str, float]:
        return combined([(forest.gains, 1.0) for forest in self.forests.values()])

    def predict(self, frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
        rows = frames[0]
        inputs = _inputs(rows, self.past)
        said = _said(self.forests, self.network, inputs, rows)
        chance = mixed(_told_of_chance(said, inputs, self.limits), self.mixture)
        return _answer(rows, chance, self.share * said["network_growth"] + (1 - self.share) * said["mean"])

    def save(self, folder: Path) -> None:
        for name, forest in self.forests.items():
            forest.save(folder, name)
        self.network.save(folder, _NETWORK)
        self.past.save(folder)
        write_json(folder / _ABOUT, {"limits": list(self.limits), "mixture": list(self.mixture), "share": self.share})


def load(folder: Path) -> Trend:
    """Read a saved program. Raises Damaged for anything else."""
    about = read_json(folder / _ABOUT, ("limits", "mixture", "share"))
    forests = {name: load_forest(folder, name) for name in _FORESTS}
    past = load_past(folder, _CHANNELS, _WORDS)
    limits, mixture = tuple(about["limits"]), tuple(about["mixture"])
    return Trend(forests, load_trend_network(folder, _NETWORK), past, limits, mixture, float(about["share"]))


def fit(examples: pl.DataFrame, options: FitOptions) -> Trend:
    """Learn from train and valid; with `tuned`, from every row."""
    examples = examples.filter(pl.col("part").is_in([TRAIN, VALID]))
    is_train = (examples["part"] == TRAIN).to_numpy()
    held_back = options.tuned is None and not is_train.all()
    limits = limit_of_bands(examples, AGE_BANDS)
    told = trend_columns(examples)
    options.report(f"{len(told.columns)} inputs of {len(told):,} readings are made")
    past = _past_of(examples, told, is_train if held_back else np.ones(len(examples), dtype=bool))
    inputs = _inputs(examples, past, told, cuts_of(examples, options.seed))
    options.report(f"{len(past.channels.last().states):,} channels and {len(past.words.last().states):,} words are remembered")
    breakout, growth = examples["label_breakout"].to_numpy(), examples["label_growth"].to_numpy()
    stays, weight = np.isfinite(growth), examples["weight"].to_numpy()
    targets = {"stays": stays, "given": breakout, "mean": growth}
    columns, network = inputs, _taught(examples, inputs, is_train if held_back else None, options)
    if options.tuned is None:
        inputs = inputs.select(_chosen(inputs, targets, stays, weight, np.flatnonzero(is_train) if held_back else None, options))
    else:
        inputs = inputs.select(options.tuned["inputs"])
    codes = [name for name in CODES if name in inputs.columns]
    forests = {}
    for name, params in _FORESTS.items():
        known = np.ones(len(examples), dtype=bool) if name == "stays" else stays
        learnt, held = np.flatnonzero(known & is_train), np.flatnonzero(known & ~is_train)
        if options.tuned is not None:
            learnt = np.flatnonzero(known)

        def rows_of(place: Array, target: Array = targets[name]) -> Rows:
            return Rows(inputs[place], target[place].astype(float), weight[place])

        forests[name] = fit_forest(
            rows_of(learnt),
            {**_SHARED, **params, **_of_forests(options)},
            rounds=_MOST_ROUNDS if options.tuned is None else options.tuned["rounds"][name],
            valid=rows_of(held) if held_back and len(held) else None,
            patience=_PATIENCE,
            seeds=(options.seed,),
            threads=options.threads,
            categorical=codes,
            report=lambda said, name=name: options.report(f"{name}: {said}"),
        )
    mixture, share = (0.0, 0.5, 0.5, 0.0, 0.5, 0.0), _OF_NETWORK
    if options.tuned is not None:
        mixture, share = tuple(options.tuned["mixture"]), float(options.tuned["share"])
    elif held_back:
        held = np.flatnonzero(~is_train)
        said = _said(forests, network, columns[held], examples[held], options.threads)
        told_of_chance = _told_of_chance(said, columns[held], limits)
        mixture = tuple(fit_mixture(told_of_chance, breakout[held].astype(float), weight[held]))
        share = _share_of(said["network_growth"], said["mean"], growth[held], weight[held])
        options.report(f"mixture: {', '.join(f'{value:.3f}' for value in mixture)}; of the network's growth {share:.1f}")
    return Trend(forests, network, past, limits, mixture, share)


def _taught(examples: pl.DataFrame, inputs: pl.DataFrame, is_learnt: Array | None, options: FitOptions) -> TrendAnswers:
    """The network, taught by the rows of a mask and watched on the others; by all rows without a mask."""
    breakout = examples["label_breakout"].cast(pl.Float64).to_numpy()
    views_48h = examples["label_views"].fill_null(float("nan")).to_numpy()
    weight = examples["weight"].to_numpy()

    def side(place: Array) -> tuple[pl.DataFrame, pl.Series, pl.Series, TrendTargets, Array]:
        rows = examples[place]
        return inputs[place], rows["views"], rows["title"], TrendTargets(breakout[place], views_48h[place]), weight[place]

    learnt = np.ones(len(examples), dtype=bool) if is_learnt is None else is_learnt
    return fit_trend_network(
        side(np.flatnonzero(learnt)),
        None if is_learnt is None else side(np.flatnonzero(~is_learnt)),
        codes=CODES,
        epochs=int(np.clip(-(-_STEPS * BATCH_ROWS // max(learnt.sum(), 1)), *_EPOCHS)),
        seed=options.seed,
        params={"learning_rate": _RATE},
        report=lambda said: options.report(f"network: {said}"),
    )


def _share_of(one: Array, other: Array, growth: Array, weight: Array) -> float:
    """The part of one prediction, in tenths, with which the mean of both is nearest to the growth where that is known."""
    known = np.isfinite(growth)

    def error(share: float) -> float:
        return float(np.average(np.abs(share * one[known] + (1 - share) * other[known] - growth[known]), weights=weight[known]))

    return min((step / 10 for step in range(11)), key=error) if known.any() else _OF_NETWORK


def _of_forests(options: FitOptions) -> dict[str, Any]:
    return {name: value for name, value in options.params.items() if name != _INPUTS}


def _said(
    forests: Mapping[str, Forest], network: TrendAnswers, inputs: pl.DataFrame, rows: pl.DataFrame, threads: int = 2
) -> dict[str, Array]:
    """What every part says of rows with COLUMNS as inputs, by the names of _FORESTS; of the network `network`, the log odds of a
    breakout, and `network_growth`."""
    said = {name: forest.predict(inputs, threads=threads) for name, forest in forests.items()}
    odds, log_views = network.predict(inputs, rows["views"], rows["title"])
    now = rows["views"].cast(pl.Float64).fill_nan(None).fill_null(0).clip(0).to_numpy()
    return said | {"network": odds, "network_growth": log_views[:, 0] - np.log1p(now)}


def _chosen(
    inputs: pl.DataFrame, targets: Mapping[str, Array], stays: Array, weight: Array, counted: Array | None, options: FitOptions
) -> list[str]:
    """The inputs to learn from, by short fits on an even sample of the counted rows; the band of age is always kept."""
    places = np.arange(len(inputs)) if counted is None else counted
    draw = np.random.default_rng(options.seed)
    tried = np.sort(draw.choice(places, min(_TRIED_ROWS, len(places)), replace=False))

    def question(name: str, place: Array) -> tuple[Rows, Mapping[str, Any]]:
        rows = Rows(inputs[place], targets[name][place].astype(float), weight[place])
        return rows, {**_SHARED, **_FORESTS[name], **_of_forests(options), "learning_rate": 0.15}

    questions = [question("stays", tried), question("given", tried[stays[tried]]), question("mean", tried[stays[tried]])]
    most = int(options.params.get(_INPUTS, _MOST_INPUTS))
    kept = telling_inputs(questions, most, seed=options.seed, threads=options.threads, categorical=list(CODES))
    options.report(f"{len(kept)} of {len(inputs.columns)} inputs are chosen")
    return [name for name in inputs.columns if name in kept or name == "age_band"]


def _told_of_chance(said: Mapping[str, Array], inputs: pl.DataFrame, limits: tuple[float, ...]) -> Array:
    """What the chance of a breakout is mixed of, by the forests and by the network: its log odds (of staying and of breaking out
    if so; of breaking out) and how far the predicted growth is from that of a breakout."""
    band = inputs["age_band"].fill_null(len(limits) - 1).cast(pl.Int64).to_numpy()
    limit = np.asarray(limits)[band]
    mean, network = (np.clip(said[name] - limit, -5, 5) for name in ("mean", "network_growth"))
    return np.column_stack([log_odds(said["stays"]), log_odds(said["given"]), mean, said["network"], network])


def _past_of(examples: pl.DataFrame, told: pl.DataFrame, counted: Array) -> Past:
    """What examples with their inputs leave to remember. Norms are of the counted ones."""
    rows = examples.select(
        "channel_id",
        "channel_title",
        "title",
        "known_at",
        "category_id",
        growth="label_growth",
        breakout=pl.col("label_breakout").cast(pl.Float64),
        stays=pl.col("label_growth").is_not_null().cast(pl.Float64),
    )
    measured = ("log_views", "like_rate", "comment_rate", "log_countries", "most_countries", "exponent_since_first", "age_hours")
    told = told.select(*measured, "log_duration", "readings", "age_band")
    rows = pl.concat([rows, told], how="horizontal").with_columns(band=pl.col("age_band").cast(pl.Int32))
    norms = norms_of(rows.filter(pl.Series(counted)), _NORMS)
    is_first = pl.col("readings") == 1
    events = beyond(rows, norms).select(
        "channel_id",
        "channel_title",
        "title",
        "known_at",
        is_first=is_first,
        grew="growth",
        stayed="stays",
        broke="breakout",
        grew_first=pl.when(is_first).then("growth"),
        stayed_first=pl.when(is_first).then("stays"),
        broke_first=pl.when(is_first).then("breakout"),
        views_first=pl.when(is_first).then("log_views"),
        likes_first=pl.when(is_first).then("like_rate"),
        comments_first=pl.when(is_first).then("comment_rate"),
        exponent="exponent_since_first",
        countries="log_countries",
        countries_most="most_countries",
        music=(pl.col("category_id") == 10).cast(pl.Float64),
        age_first=pl.when(is_first).then("age_hours"),
        duration_first=pl.when(is_first).then("log_duration"),
        readings="readings",
    )
    return learn_past(events, norms, _CHANNELS, _WORDS)


def _inputs(rows: pl.DataFrame, past: Past, told: pl.DataFrame | None = None, cuts: pl.Series | None = None) -> pl.DataFrame:
    """COLUMNS of each row."""
    return beside_past(rows, trend_columns(rows) if told is None else told, past, cuts).select(COLUMNS)


def _answer(rows: pl.DataFrame, chance: pl.Series | Array, growth: pl.Series | Array) -> pl.DataFrame:
    views = rows["views"].cast(pl.Float64).fill_nan(None).fill_null(0).clip(0).to_numpy()
    ahead = np.clip(np.asarray(growth, dtype=float), -1.0, _GREATEST_GROWTH)
    return rows.select("video_id").with_columns(
        p_breakout=pl.Series(np.clip(np.asarray(chance, dtype=float), 0, 1)), views_48h=pl.Series(views * np.exp(ahead))
    )


def _placed(rows: pl.DataFrame) -> pl.DataFrame:
    """`band` and `kind` of each row, and what is known of its outcome."""
    known = [name for name in ("weight", "label_breakout", "label_growth") if name in rows.columns]
    return rows.select(*known, band=age_band(age_hours(rows)).fill_null(-1), kind=kind_of(pl.col("category_id").fill_null(0)))


def category_and_age(learnt: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    """The rate of breakouts and the median growth of the category at that age."""
    rows, chance = _placed(learnt), (pl.col("label_breakout") * pl.col("weight")).sum() / pl.col("weight").sum()
    rates = rows.group_by("band", "kind").agg(chance=chance, growth=pl.col("label_growth").median())
    overall = rows.select(chance=chance, growth=pl.col("label_growth").median()).row(0)
    found = _placed(asked).join(rates, on=["band", "kind"], how="left", maintain_order="left")
    return _answer(asked, found["chance"].fill_null(overall[0] or 0.0), found["growth"].fill_null(overall[1] or 0.0))


def last_growth(learnt: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    """It goes on as from the reading before: a chance by the tenth of that growth, and that growth again. Where there is none
    before, category and age tell."""
    prior = category_and_age(learnt, asked)
    before = _before(learnt)
    known = before.is_not_null()
    if not known.any():
        return prior
    edges = np.unique(np.quantile(before.drop_nulls().to_numpy(), np.linspace(0.1, 0.9, 9)))

    def tenth(values: pl.Series) -> pl.Series:
        return pl.Series("tenth", np.searchsorted(edges, values.fill_null(0).to_numpy(), side="right"))

    rates = (
        learnt.select("label_breakout", "weight", tenth(before))
        .filter(known)
        .group_by("tenth")
        .agg(chance=(pl.col("label_breakout") * pl.col("weight")).sum() / pl.col("weight").sum())
    )
    ahead = _before(asked)
    found = pl.DataFrame([tenth(ahead)]).join(rates, on="tenth", how="left", maintain_order="left")
    views = pl.Series(_answer(asked, np.zeros(len(asked)), ahead.fill_null(0))["views_48h"])
    return asked.select("video_id").with_columns(
        p_breakout=pl.Series(found["chance"].zip_with(ahead.is_not_null(), prior["p_breakout"])).fill_null(0.0),
        views_48h=views.zip_with(ahead.is_not_null(), prior["views_48h"]),
    )


def _before(rows: pl.DataFrame) -> pl.Series:
    """Growth per 48 hours from the reading before to the present one, from the two last cells of `history`."""
    cell = rows.select(cell=pl.col("history").fill_null("").str.split(";").list.get(-2, null_on_oob=True)).select(
        at=pl.col("cell")
        .str.split("|")
        .list.get(0, null_on_oob=True)
        .str.to_datetime(time_unit="us", time_zone="UTC", strict=False),
        views_before=pl.col("cell").str.split("|").list.get(1, null_on_oob=True).cast(pl.Float64, strict=False),
    )
    frame = pl.concat([rows.select("fetched_at", "views"), cell], how="horizontal")
    hours = (pl.col("fetched_at") - pl.col("at")).dt.total_seconds() / 3600
    growth = ((pl.col("views") + 1) / (pl.col("views_before") + 1)).log() * HORIZON_HOURS / hours
    return frame.select(pl.when((hours > 0) & (pl.col("views_before") >= 0)).then(growth).alias("growth")).to_series()


def log_linear(learnt: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    """Szabo and Huberman: the logarithm of the views grows by a constant, the mean at each age. The category tells the chance."""
    rows = _placed(learnt).filter(pl.col("label_growth").is_not_null())
    means = rows.group_by("band").agg(growth=(pl.col("label_growth") * pl.col("weight")).sum() / pl.col("weight").sum())
    found = _placed(asked).join(means, on="band", how="left", maintain_order="left")
    overall = rows["label_growth"].mean() or 0.0
    return _answer(asked, category_and_age(learnt, asked)["p_breakout"], found["growth"].fill_null(overall))


_LINEAR = (
    "log_age",
    "log_views",
    "like_rate",
    "comment_rate",
    "log_countries",
    "log_views_per_hour",
    "is_music",
    "is_gaming",
    "is_film",
    "log_duration",
    "published_hour_sin",
    "published_hour_cos",
    "now_weekend",
    "readings",
    "growth_1",
    "exponent_1",
    "acceleration_1",
    "ahead_decay",
    "like_growth_1",
    "countries_change_1",
    "growth_since_first",
)
_QUICK = (
    *_LINEAR,
    "age_hours",
    "category",
    "age_band",
    "velocity_1",
    "growth_2",
    "log_growth_2",
    "like_rate_drift",
    "hours_charted",
)
_QUICK_ROWS = 80_000


def linear(learnt: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    """Logistic and least-squares regression on twenty inputs, unknown ones at their median and marked."""
    from sklearn.linear_model import LogisticRegression, Ridge

    learnt = _thinned(learnt)
    told, questions = trend_columns(learnt).select(_LINEAR), trend_columns(asked).select(_LINEAR)
    middle = {name: told[name].median() or 0.0 for name in _LINEAR}
    centre, spread = told.fill_null(0).mean().row(0), [value or 1.0 for value in told.fill_null(0).std().row(0)]

    def matrix(frame: pl.DataFrame) -> Array:
        filled = frame.with_columns(pl.col(name).fill_null(middle[name]) for name in _LINEAR)
        scaled = np.clip((filled.to_numpy() - np.asarray(centre)) / np.asarray(spread), -8, 8)
        return np.hstack([scaled, frame.select("growth_1", "acceleration_1", "like_rate").to_numpy() * 0 == 0])

    x, weight = matrix(told), learnt["weight"].to_numpy()
    growth = learnt["label_growth"].fill_null(float("nan")).to_numpy()
    known, breakout = np.isfinite(growth), learnt["label_breakout"].to_numpy()
    z = matrix(questions)
    chance = LogisticRegression(max_iter=300).fit(x, breakout, sample_weight=weight).predict_proba(z)[:, 1]
    ahead = Ridge(1.0).fit(x[known], growth[known], sample_weight=weight[known]).predict(z)
    return _answer(asked, chance, ahead)


def quick_boosted(learnt: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    """Boosted trees as they come, on thirty inputs of the readings: no past of channels, no words, no calibration."""
    learnt = _thinned(learnt)
    told, questions = trend_columns(learnt).select(_QUICK), trend_columns(asked).select(_QUICK)
    weight, growth = learnt["weight"].to_numpy(), learnt["label_growth"].fill_null(float("nan")).to_numpy()
    known = np.isfinite(growth)
    params = {"num_leaves": 31, "learning_rate": 0.05}
    breakout = fit_forest(
        Rows(told, learnt["label_breakout"].cast(pl.Float64).to_numpy(), weight), {**params, "objective": "binary"}, rounds=200
    )
    ahead = fit_forest(
        Rows(told.filter(known), growth[known], weight[known]), {**params, "objective": "regression_l1"}, rounds=200
    )
    return _answer(asked, breakout.predict(questions), ahead.predict(questions))


def _thinned(learnt: pl.DataFrame) -> pl.DataFrame:
    """The latest rows: enough for a baseline."""
    return learnt.sort("event_timestamp", maintain_order=True).tail(_QUICK_ROWS)


def _slice_metric(judged: str, is_music: bool) -> Callable[[pl.DataFrame], float]:
    where = (pl.col("category_id") == 10).fill_null(False)
    return weighted(average_precision, judged, "p_breakout", where if is_music else ~where)


def _mae_log10(judged: pl.DataFrame) -> float:
    known = judged.drop_nulls("label_views")
    if not len(known):
        return float("nan")
    error = ((known["views_48h"] + 1).log10() - (known["label_views"] + 1).log10()).abs()
    return float(np.average(error.to_numpy(), weights=known["weight"].to_numpy()))


def _growth_r2(judged: pl.DataFrame) -> float:
    known = judged.drop_nulls("label_growth")
    if not len(known):
        return float("nan")
    told = ((known["views_48h"].clip(1)) / known["views"].clip(1)).log()
    return explained(known["label_growth"].to_numpy(), told.to_numpy(), known["weight"].to_numpy())


TASK = Task(
    name="trend48",
    model="trend",
    question="Does a charting video break out within 48 hours, and how many views has it then?",
    inputs=(_INPUT,),
    output=_OUTPUT,
    read=read,
    split=parts,
    requests=requests,
    fit=fit,
    load=load,
    rules={
        "category and age": category_and_age,
        "last growth": last_growth,
        "log-linear scaling": log_linear,
        "linear": linear,
        "quick boosted trees": quick_boosted,
    },
    primary="average_precision",
    metrics={
        "average_precision": weighted(average_precision, "label_breakout", "p_breakout"),
        "average_precision_music": _slice_metric("label_breakout", True),
        "average_precision_rest": _slice_metric("label_breakout", False),
        "precision_at_5pct": weighted(precision_at_top(0.05), "label_breakout", "p_breakout"),
        "auc": weighted(auc, "label_breakout", "p_breakout"),
        "ece": weighted(calibration_error, "label_breakout", "p_breakout"),
        "mae_log10": _mae_log10,
        "growth_r2": _growth_r2,
    },
    lower_is_better=frozenset({"ece", "mae_log10"}),
    slices={"category": by_category, "channel": by_channel, "language": by_language, "age": by_age(AGE_BANDS)},
    space={
        _INPUTS: Span(20, len(COLUMNS), log=True, whole=True),
        "learning_rate": Span(0.02, 0.1, log=True),
        "num_leaves": Span(15, 127, log=True, whole=True),
        "min_data_in_leaf": Span(20, 300, log=True, whole=True),
        "feature_fraction": Span(0.15, 0.8),
        "lambda_l2": Span(0.1, 30.0, log=True),
    },
    fewest=1_000,
)
