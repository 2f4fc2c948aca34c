"""Whether a topic of chart titles rises within 48 hours, and how many channels chart with it then.

    now      channels that chart with it on the request's day or the day before, four at least
    later    channels that do on the two days after
    rising   later ≥ now + max(3, ⌈0.4 now⌉)

Requests are answered in the order of their dates. Those of one input tell of each other: earlier ones make a topic's past longer,
those of the same day tell how all topics do. None is told of a later day, and a request that stands alone is answered as well;
some of those that are learnt from stand alone, with a memory that ended up to seven weeks before.

Rows are drawn together by blocks of days when they are judged. Words and pairs of one event rise on one day, which makes a day's
topics far from independent, and the outcomes of neighbouring days are counted on days that they share. Topics would not do as
clusters: what topics of a day have in common would be left out, and intervals half as wide as they are by days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from core.digest import digest_value
from features.texts import scripts
from features.topic_series import REQUEST, TopicMemory, rise_needed, topic_inputs, topic_requests
from training.boosting import Forest, Rows, combined, fit_forest, load_forest
from training.evaluation import auc, average_precision, expected_calibration_error
from training.sources import Source
from training.tasks.growth import Array, fit_mixture, log_odds, mixed, precision_at_top, read_json, write_json
from training.tasks.task import TEST, TRAIN, VALID, FitOptions, Metric, Span, Task

TEST_DAYS, VALID_DAYS = 35, 28
BLOCK_DAYS = 3
STALE_DAYS = 49
ALONE_SHARE = 0.15
"""Of the rows that are learnt from, as many more are learnt from as if they stood alone."""

_INPUT = {"row_id": pl.String, **REQUEST}
_OUTPUT = {"row_id": pl.String, "p_rising": pl.Float64, "channels_48h": pl.Float64}

_SHARED: Mapping[str, Any] = {
    "learning_rate": 0.06,
    "num_leaves": 15,
    "min_data_in_leaf": 200,
    "feature_fraction": 0.3,
    "lambda_l2": 5.0,
    "max_bin": 63,
}
_FORESTS: Mapping[str, Mapping[str, Any]] = {
    "rising": {"objective": "binary", "metric": "binary_logloss"},
    "nearly": {"objective": "cross_entropy", "metric": "cross_entropy"},
    "change": {"objective": "regression_l1", "metric": "l1", "learning_rate": 0.08, "num_leaves": 31, "min_data_in_leaf": 100},
}
"""Whether a topic rises; how near it comes, which tells more of each outcome; how its channels change."""
_MOST_ROUNDS = 400
_PATIENCE = 40
_SEEDS = 3
_ABOUT = "topic48.json"
_EVEN = (0.0, 0.5, 0.5, 0.0)
"""The mixture where no row was held back to fit one."""


def read(source: Source) -> pl.DataFrame:
    """Make examples of every day whose two next days are read too. Raises NotReady where the source has none."""
    rows = topic_requests(source.readings(), source.videos()).drop_nulls("channels_48h_later")
    now, later = rows["channels_48h_now"].to_numpy(), rows["channels_48h_later"].to_numpy()
    keys = [digest_value([day.isoformat(), topic])[:12] for day, topic in rows.select("date", "topic").rows()]
    day = pl.col("date").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    return rows.with_columns(
        row_id=pl.Series(keys, dtype=pl.String),
        event_timestamp=day + timedelta(days=1),
        known_at=day + timedelta(days=3),
        cluster=(pl.col("date").to_physical() // BLOCK_DAYS).cast(pl.String),
        label_channels=pl.col("channels_48h_later").cast(pl.Float64),
        label_rising=pl.Series(later >= now + rise_needed(now)),
    ).select(*_INPUT, "event_timestamp", "known_at", "cluster", "label_rising", "label_channels")


def split(examples: pl.DataFrame) -> pl.Series:
    """The last weeks judge, those before them decide when to stop. No block of days is in two parts, and what a part learns from
    was known when the next begins."""
    days = examples.select(begin=pl.col("date").min().over("cluster"), known=pl.col("known_at").max().over("cluster"))
    last = examples["date"].max()
    test = pl.lit(last, dtype=pl.Date) - timedelta(days=TEST_DAYS - 1)
    valid = test - timedelta(days=VALID_DAYS)
    known, begin = pl.col("known").dt.date(), pl.col("begin")
    return days.select(
        pl.when(begin >= test)
        .then(pl.lit(TEST))
        .when((begin >= valid) & (known <= test))
        .then(pl.lit(VALID))
        .when(known <= valid)
        .then(pl.lit(TRAIN))
        .alias("part")
    ).to_series()


def requests(examples: pl.DataFrame) -> tuple[pl.DataFrame, ...]:
    """What is asked of examples."""
    return (examples.select(*_INPUT),)


@dataclass(frozen=True)
class Topics:
    """A fitted task.

    Attributes:
        forests: by the names of _FORESTS.
        memory: what the requests that were learnt from told of topics.
        mixture: shift and slopes that make one chance of what the forests tell.
    """

    forests: Mapping[str, Forest]
    memory: TopicMemory
    mixture: tuple[float, ...]

    @property
    def tuned(self) -> Mapping[str, Any]:
        rounds = {name: list(forest.rounds) for name, forest in self.forests.items()}
        return {"rounds": rounds, "mixture": list(self.mixture)}

    @property
    def importance(self) -> Mapping[str, float]:
        return combined([(forest.gains, 1.0) for forest in self.forests.values()])

    def predict(self, frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
        # A request that stands in a file many times is one: each would be told of all the others.
        asked = frames[0].with_row_index("place").group_by(list(REQUEST), maintain_order=True).agg("row_id", "place")
        inputs = topic_inputs(asked.select(*REQUEST), self.memory)
        chance = mixed(_told(self.forests, inputs), self.mixture)
        answers = _answer(asked, chance, self.forests["change"].predict(inputs))
        return answers.with_columns(asked["place"]).explode("row_id", "place").sort("place").drop("place")

    def save(self, folder: Path) -> None:
        for name, forest in self.forests.items():
            forest.save(folder, name)
        self.memory.save(folder)
        write_json(folder / _ABOUT, {"mixture": list(self.mixture)})


def load(folder: Path) -> Topics:
    """Read a saved program. Raises Damaged for anything else."""
    mixture = tuple(map(float, read_json(folder / _ABOUT, ("mixture",))["mixture"]))
    forests = {name: load_forest(folder, name) for name in _FORESTS}
    return Topics(forests, TopicMemory.load(folder), mixture)


def fit(examples: pl.DataFrame, options: FitOptions) -> Topics:
    """Learn from train and valid; with `tuned`, from every row."""
    examples = examples.filter(pl.col("part").is_in([TRAIN, VALID])).sort("date", "topic", maintain_order=True)
    is_train = (examples["part"] == TRAIN).to_numpy() if options.tuned is None else np.ones(len(examples), dtype=bool)
    held_back = not is_train.all()
    memory = TopicMemory.of(examples)
    inputs = topic_inputs(examples)
    draw = np.random.default_rng(options.seed)
    alone = np.sort(draw.choice(len(examples), int(ALONE_SHARE * len(examples)), replace=False))
    apart = topic_inputs(examples[alone], memory, draw.integers(1, STALE_DAYS + 1, len(alone)).tolist())
    options.report(f"{len(inputs.columns)} inputs of {len(inputs):,} rows are made")
    rising = examples["label_rising"].to_numpy().astype(float)
    targets = {"rising": rising, "nearly": _nearness(examples), "change": _change(examples)}
    forests = {}
    for name, params in _FORESTS.items():
        target = targets[name]
        also = alone[is_train[alone]]
        learnt = Rows(
            pl.concat([inputs.filter(is_train), apart.filter(is_train[alone])]), np.concatenate([target[is_train], target[also]])
        )
        forests[name] = fit_forest(
            learnt,
            {**_SHARED, **params, **options.params},
            rounds=_MOST_ROUNDS if options.tuned is None else options.tuned["rounds"][name],
            valid=Rows(inputs.filter(~is_train), target[~is_train]) if held_back else None,
            patience=_PATIENCE,
            seeds=tuple(range(options.seed, options.seed + _SEEDS)),
            threads=options.threads,
            report=lambda said, name=name: options.report(f"{name}: {said}"),  # type: ignore[misc]
        )
    mixture: tuple[float, ...] = _EVEN
    if options.tuned is not None:
        mixture = tuple(options.tuned["mixture"])
    elif held_back:
        held = rising[~is_train]
        mixture = tuple(fit_mixture(_told(forests, inputs.filter(~is_train)), held, np.ones(len(held))))
    return Topics(forests, memory, mixture)


def _change(examples: pl.DataFrame) -> Array:
    """How many more channels there are later, as the difference of ln(1 + channels)."""
    return np.asarray(np.log1p(examples["label_channels"].to_numpy()) - np.log1p(examples["channels_48h_now"].to_numpy()))


def _nearness(examples: pl.DataFrame) -> Array:
    """How near a topic came to rising, or how far beyond, from 0 to 1: counts are uncertain by a channel or a seventh."""
    now, later = (examples[name].to_numpy().astype(float) for name in ("channels_48h_now", "label_channels"))
    beyond = (later - now - rise_needed(now) + 0.5) / np.maximum(1.0, 0.15 * now)
    return np.asarray(1 / (1 + np.exp(-2.5 * beyond)), dtype=np.float64)


def _told(forests: Mapping[str, Forest], inputs: pl.DataFrame) -> Array:
    """What each forest tells of rising, a column each."""
    odds = [log_odds(forests[name].predict(inputs)) for name in ("rising", "nearly")]
    return np.column_stack([*odds, forests["change"].predict(inputs)])


def _answer(rows: pl.DataFrame, chance: Any, change: Any) -> pl.DataFrame:
    now = rows["channels_48h_now"].cast(pl.Float64).fill_null(0).clip(0).to_numpy()
    later = np.maximum((1 + now) * np.exp(np.clip(np.asarray(change, dtype=float), -10, 10)) - 1, 0)
    return rows.select("row_id").with_columns(
        p_rising=pl.Series(np.clip(np.asarray(chance, dtype=float), 0, 1)), channels_48h=pl.Series(later)
    )


_LEVELS = (5, 7, 11, 21)
_STEPS = (-0.5, -0.2, -0.05, 0.05, 0.2, 0.5)


def _placed(rows: pl.DataFrame) -> pl.DataFrame:
    """The band of each row's channels, of their last change, and of the change of the same weekdays a week before."""

    def step(above: pl.Expr, below: pl.Expr) -> pl.Expr:
        return ((above.fill_null(0).clip(0) + 0.5) / (below.fill_null(0).clip(0) + 0.5)).log()

    two = {back: pl.max_horizontal(f"ch_{back}", f"ch_{back + 1}") for back in (5, 7)}
    placed = rows.select(
        *(name for name in ("label_rising",) if name in rows.columns),
        now=pl.col("channels_48h_now").fill_null(0),
        last_step=step(pl.col("ch_0"), pl.col("ch_1")),
        week_step=step(two[5], two[7]),
    )
    if "label_channels" in rows.columns:
        placed = placed.with_columns(change=pl.Series(_change(rows)))
    return placed.with_columns(
        level=_band(placed["now"], _LEVELS), last=_band(placed["last_step"], _STEPS), week=_band(placed["week_step"], _STEPS)
    )


def _band(values: pl.Series, begins: Sequence[float]) -> pl.Series:
    return pl.Series(np.searchsorted(begins, values.to_numpy(), side="right"))


def _table(learnt: pl.DataFrame, asked: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """Share of risers and median change of each group; of all, where a group has not been seen."""
    rows = _placed(learnt)
    measures = {"chance": pl.col("label_rising").mean(), "change": pl.col("change").median()}
    found = _placed(asked).drop("change", strict=False)
    if keys:
        found = found.join(rows.group_by(keys).agg(**measures), on=keys, how="left", maintain_order="left")
    else:
        found = found.with_columns(chance=pl.lit(None, pl.Float64), change=pl.lit(None, pl.Float64))
    chance, change = rows.select(**measures).row(0)
    return found.with_columns(pl.col("chance").fill_null(chance or 0.0), pl.col("change").fill_null(change or 0.0))


def level_and_change(learnt: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    """What became of topics of as many channels with as large a last change."""
    found = _table(learnt, asked, ["level", "last"])
    return _answer(asked, found["chance"], found["change"])


def last_change(learnt: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    """It stays as many; what became of topics with as large a last change tells the chance."""
    found = _table(learnt, asked, ["last"])
    return _answer(asked, found["chance"], np.zeros(len(asked)))


def same_weekday(learnt: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    """It changes as it did a week ago, half of the way; the rest as `last_change`."""
    found = _table(learnt, asked, ["level", "week"])
    return _answer(asked, found["chance"], found["week_step"].to_numpy() / 2)


def linear(learnt: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    """Logistic and least-squares regression on the logarithms of a request's counts."""
    from sklearn.linear_model import LogisticRegression, Ridge

    learnt = _latest(learnt)
    x, z = _counts(learnt), _counts(asked)
    centre, spread = x.mean(axis=0), x.std(axis=0) + 1e-9
    x, z = (x - centre) / spread, (z - centre) / spread
    rising = learnt["label_rising"].to_numpy()
    chance = LogisticRegression(max_iter=300).fit(x, rising).predict_proba(z)[:, 1] if rising.any() else np.zeros(len(z))
    return _answer(asked, chance, Ridge(1.0).fit(x, _change(learnt)).predict(z))


def quick_boosted(learnt: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    """Boosted trees as they come, on the logarithms of a request's counts: no past, no company, no texts."""
    learnt = _latest(learnt)
    names = [str(place) for place in range(_counts(learnt.head(1)).shape[1])]
    told, questions = (pl.DataFrame(_counts(rows), schema=names, orient="row") for rows in (learnt, asked))
    params = {"num_leaves": 31, "learning_rate": 0.05}
    target = learnt["label_rising"].cast(pl.Float64).to_numpy()
    chance = fit_forest(Rows(told, target), {**params, "objective": "binary"}, rounds=100, threads=1)
    change = fit_forest(Rows(told, _change(learnt)), {**params, "objective": "regression_l1"}, rounds=100, threads=1)
    return _answer(asked, chance.predict(questions), change.predict(questions))


def _latest(learnt: pl.DataFrame, rows: int = 60_000) -> pl.DataFrame:
    """The latest rows: enough for a baseline."""
    return learnt.sort("event_timestamp", maintain_order=True).tail(rows)


def _counts(rows: pl.DataFrame) -> Array:
    names = [name for name, kind in REQUEST.items() if kind == pl.Int64]
    counts = rows.select(pl.col(name).cast(pl.Float64).fill_null(0).clip(0).log1p() for name in names).to_numpy()
    weekday = rows["date"].dt.weekday().fill_null(0).to_numpy()
    return np.hstack([counts, weekday[:, None] == np.arange(1, 8)]).astype(np.float64)


def _of(metric: Any, label: str, answer: str) -> Metric:
    def judge(judged: pl.DataFrame) -> float:
        return (
            float(metric(judged[label].cast(pl.Float64).to_numpy(), judged[answer].to_numpy())) if len(judged) else float("nan")
        )

    return judge


def _precision_at_2pct(judged: pl.DataFrame) -> float:
    label, chance = judged["label_rising"].cast(pl.Float64).to_numpy(), judged["p_rising"].to_numpy()
    return precision_at_top(0.02)(label, chance, np.ones(len(label))) if len(label) else float("nan")


def _mae_log1p(judged: pl.DataFrame) -> float:
    return float((judged["channels_48h"].log1p() - judged["label_channels"].log1p()).abs().mean() or float("nan"))  # type: ignore[arg-type]


def _growth_rank_correlation(judged: pl.DataFrame) -> float:
    ranks = judged.select(
        told=(pl.col("channels_48h") / pl.col("channels_48h_now")).rank(),
        true=(pl.col("label_channels") / pl.col("channels_48h_now")).rank(),
    )
    told, true = ranks["told"].to_numpy(), ranks["true"].to_numpy()
    return float(np.corrcoef(told, true)[0, 1]) if told.std() > 0 and true.std() > 0 else 0.0


def _by_words(rows: pl.DataFrame) -> pl.Series:
    return rows.select(pl.when(pl.col("topic").str.contains(" ")).then(pl.lit("pair")).otherwise(pl.lit("word"))).to_series()


def _by_level(rows: pl.DataFrame) -> pl.Series:
    names = pl.Series(["4", "5 and 6", "7 to 10", "11 to 20", "21 and more"])
    return names.gather(_band(rows["channels_48h_now"], _LEVELS))


TASK = Task(
    name="topic48",
    model="trend",
    question="Does a topic of the charts rise within 48 hours, and how many channels chart with it then?",
    inputs=(_INPUT,),
    output=_OUTPUT,
    read=read,
    split=split,
    requests=requests,
    fit=fit,
    load=load,
    rules={
        "level and last change": level_and_change,
        "last change": last_change,
        "same weekday": same_weekday,
        "linear": linear,
        "quick boosted trees": quick_boosted,
    },
    primary="average_precision",
    metrics={
        "average_precision": _of(average_precision, "label_rising", "p_rising"),
        "auc": _of(auc, "label_rising", "p_rising"),
        "precision_at_2pct": _precision_at_2pct,
        "ece": _of(expected_calibration_error, "label_rising", "p_rising"),
        "mae_log1p": _mae_log1p,
        "growth_rank_correlation": _growth_rank_correlation,
    },
    lower_is_better=frozenset({"ece", "mae_log1p"}),
    slices={"script": lambda rows: scripts(rows["topic"]), "channels": _by_level, "words": _by_words},
    space={
        "learning_rate": Span(0.02, 0.1, log=True),
        "num_leaves": Span(15, 63, log=True, whole=True),
        "min_data_in_leaf": Span(40, 400, log=True, whole=True),
        "feature_fraction": Span(0.15, 0.6),
        "lambda_l2": Span(0.5, 30.0, log=True),
    },
    fewest=1_000,
)
