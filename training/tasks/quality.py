"""Does a video beat the median of its channel's twenty videos before it? Told from its title, length, date and category alone.

Two questions in one file, told apart by `label`:

    retention   average share viewed, on operators' own channels (Studio exports): its log, less a line in log length that is
                fitted per channel, so that videos are compared at equal length. Videos of at least 30 views.
    likes       likes per view at a video's first reading, on channels of the charts: its log odds, less what views and age at
                the reading explain in all videos (least squares on their logs, fitted on what was read before the last part
                began). First readings within 48 hours.

Both are 50 by making. What says most is what became of the channel's earlier videos of a like title and length
(`features.channel_form`); a channel that is not known is answered near the base rate. Likes are learnt by two forests, of the
lead and of its sign, mixed and calibrated on the validation part. Retention has some hundred rows a channel, from which alone
little can be learnt that holds: form is weighed as likes weigh it, and its own rows move these weights a little. What a channel's
titles mean tells most of it: over four later stretches of each channel the rank correlation was .105 by that and .047 by form.

Each past is known as of a moment up to 45 days before the row, as it is when a model is used. Split by time: likes at one moment
for all, retention within each channel, where totals were exported once and no moment says when they were known."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from core.errors import Damaged
from features.channel_form import FORM, MOMENT, Past, form, with_leads
from features.texts import TITLE_MEASURES, title_columns
from training.boosting import Forest, Rows, combined, fit_forest, load_forest
from training.evaluation import auc, expected_calibration_error, rank_correlation
from training.headlines import directions
from training.logistic import Logistic, fit_logistic
from training.sources import Source
from training.tasks.task import TEST, TRAIN, VALID, FitOptions, Span, Task

LIKES, RETENTION = "likes", "retention"
LABELS = (RETENTION, LIKES)

_INPUTS = {
    "row_id": pl.String,
    "label": pl.String,
    "channel": pl.String,
    "title": pl.String,
    "published": pl.String,
    "duration_s": pl.Float64,
    "category_id": pl.Float64,
}
_OUTPUT = {"row_id": pl.String, "score": pl.Float64}
_FIRST_READING = timedelta(hours=48)
_FEWEST_VIEWS = {RETENTION: 30, LIKES: 100}
_MOST_SHARE_PCT = 300.0
_TEST_SHARE, _VALID_SHARE = 0.17, 0.15
_STALE, _STEPS = timedelta(days=24), 2
"""Pasts are known as of the last of these steps before a row, or the one before."""
_MOST_LEAD = 0.8
"""Leads beyond it are mostly of videos whose likes were bought, hidden or just begun to count."""

_OWN = ("hour", "weekday", "log_length", "category")
_LIKES_INPUTS = (*FORM, *_OWN, *TITLE_MEASURES)
_RETENTION_INPUTS = (
    "form_like_length",
    "form_like_title",
    "form_nearest",
    "form_nearest_likeness",
    "form_like_title_lately",
    "form_like_title_length",
    "form_length_ratio",
    "form_length_share",
)
_MEANING = "meaning"
_RIDGE, _RIDGE_OF_INTERCEPT, _RIDGE_OF_LIKES, _RIDGE_OF_MEANING = 200.0, 5.0, 50.0, 3.0
_FOLDS, _FEWEST_OF_MEANING = 5, 20
"""Stretches of a channel that are told by the others while learning, and videos without which a channel's titles tell nothing."""
_TREES: Mapping[str, Any] = {
    "learning_rate": 0.05,
    "num_leaves": 15,
    "min_data_in_leaf": 150,
    "lambda_l2": 10.0,
    "feature_fraction": 0.4,
    "bagging_fraction": 0.7,
}
_OBJECTIVES = {"lead": "regression", "sign": "binary"}
_ROUNDS, _PATIENCE = 500, 50
_ABOUT, _DIRECTIONS = "quality.json", "meaning.npz"

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Quality:
    """The program.

    Attributes:
        pasts: of the channels, by label.
        forests: of likes, by what they were fitted on.
        mix: intercept and shares of the forests in the logit of likes.
        retention: regressions whose logits add up: one of likes, and how retention differs from it.
        meaning: what titles mean for retention, by channel.
    """

    pasts: Mapping[str, Past]
    forests: Mapping[str, Forest]
    mix: tuple[float, ...]
    retention: Sequence[Logistic]
    meaning: Meaning

    @property
    def tuned(self) -> Mapping[str, Any]:
        return {"rounds": {name: list(forest.rounds) for name, forest in self.forests.items()}, "mix": list(self.mix)}

    @property
    def importance(self) -> Mapping[str, float]:
        """Of likes: the gains of its forests."""
        return combined([(forest.gains, 1.0) for forest in self.forests.values()])

    def predict(self, frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
        """See `Program`. A label other than the two is answered with 50."""
        (asked,) = frames
        rows = _parsed(asked)
        scores = np.full(asked.height, 50.0)
        for label in LABELS:
            chosen = np.flatnonzero((rows["label"] == label).fill_null(False).to_numpy())
            if len(chosen):
                inputs = _inputs(self.pasts[label], rows[chosen])
                if label == RETENTION:
                    told = self.meaning.told(rows[chosen]["channel"], rows[chosen]["title"])
                    inputs = inputs.with_columns(pl.Series(_MEANING, told))
                scores[chosen] = 100 * _chance(self.logit(label, inputs))
        return asked.select("row_id").with_columns(score=pl.Series(scores, dtype=pl.Float64))

    def logit(self, label: str, inputs: pl.DataFrame) -> Array:
        """Log odds of leading from the columns of `_inputs`."""
        if label == RETENTION:
            return np.sum([part.logit(inputs) for part in self.retention], axis=0)
        return _mixed(self.mix, {name: forest.predict(inputs, threads=1, raw=True) for name, forest in self.forests.items()})

    def save(self, folder: Path) -> None:
        for label, past in self.pasts.items():
            past.save(folder / f"{label}.parquet")
        for name, forest in self.forests.items():
            forest.save(folder, name)
        self.meaning.save(folder / _DIRECTIONS)
        about = {"mix": list(self.mix), "retention": [part.as_json() for part in self.retention]}
        (folder / _ABOUT).write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class Meaning:
    """What the meaning of a title says of the lead of its video on a channel that is known.

    Attributes:
        channels: names, one per row of the others.
        centres, weights: mean direction of a channel's titles, and what each direction adds to the lead, (channels, 384).
    """

    channels: tuple[str, ...]
    centres: Array
    weights: Array

    def told(self, channel: pl.Series, title: pl.Series) -> Array:
        """The lead that titles tell, (rows,); NaN for a channel that is not known."""
        place = {name: number for number, name in enumerate(self.channels)}
        places = np.array([place.get(name or "", -1) for name in channel], dtype=np.int64)
        known = np.flatnonzero(places >= 0)
        found = np.full(len(places), np.nan)
        if len(known):
            apart = directions(title[known].to_list()) - self.centres[places[known]]
            found[known] = np.einsum("rd,rd->r", apart, self.weights[places[known]])
        return found

    def save(self, path: Path) -> None:
        names = np.array(self.channels, dtype=np.str_)
        np.savez(path, allow_pickle=False, channels=names, centres=self.centres, weights=self.weights)

    @classmethod
    def load(cls, path: Path) -> Meaning:
        """Read it again. Raises Damaged for anything else."""
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
                found = cls(tuple(map(str, kept["channels"])), kept["centres"], kept["weights"])
            if not len(found.channels) == len(found.centres) == len(found.weights):
                raise ValueError
        except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
            raise Damaged(f"{path} does not hold what titles mean.", "Train it again.") from error
        return found


def load(folder: Path) -> Quality:
    """Read a saved program. Raises Damaged for anything else."""
    try:
        about = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
        mix = tuple(float(share) for share in about["mix"])
        retention = [Logistic.of_json(part) for part in about["retention"]]
        if len(mix) != 1 + len(_OBJECTIVES):
            raise ValueError
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Damaged(f"{folder} does not hold a program of quality.", "Train it again.") from error
    forests = {name: load_forest(folder, name) for name in _OBJECTIVES}
    pasts = {label: Past.load(folder / f"{label}.parquet") for label in LABELS}
    return Quality(pasts, forests, mix, retention, Meaning.load(folder / _DIRECTIONS))


def read(source: Source) -> pl.DataFrame:
    """Every video with an outcome; `label_above` and `label_lead` are null where too few came before it on its channel."""
    return pl.concat(_examples(label, videos) for label, videos in ((RETENTION, _retention(source)), (LIKES, _likes(source))))


def split(examples: pl.DataFrame) -> pl.Series:
    """Likes at two moments, retention by place within its channel; rows without a label and before test are learnt from."""
    likes = examples.filter(pl.col("label") == LIKES)
    test, valid = _moment(likes, _TEST_SHARE), _moment(likes, _TEST_SHARE + _VALID_SHARE)
    place = pl.col("published").rank("ordinal").over("channel") / pl.len().over("channel")
    asked, known = pl.col("event_timestamp"), pl.col("known_at")
    of_likes = (
        pl.when(asked >= test)
        .then(pl.lit(TEST))
        .when(known >= test)
        .then(None)
        .when(asked >= valid)
        .then(pl.lit(VALID))
        .when(known < valid)
        .then(pl.lit(TRAIN))
    )
    of_retention = (
        pl.when(place > 1 - _TEST_SHARE)
        .then(pl.lit(TEST))
        .when(place > 1 - _TEST_SHARE - _VALID_SHARE)
        .then(pl.lit(VALID))
        .otherwise(pl.lit(TRAIN))
    )
    part = pl.when(pl.col("label") == LIKES).then(of_likes).otherwise(of_retention)
    has_label = pl.col("label_above").is_not_null() | (part != TEST)
    return examples.select(pl.when(has_label).then(part).alias("part")).to_series()


def requests(examples: pl.DataFrame) -> tuple[pl.DataFrame, ...]:
    """The examples as the command reads them."""
    return (examples.select(*_INPUTS),)


def fit(examples: pl.DataFrame, options: FitOptions) -> Quality:
    """Learn both questions."""
    rng = np.random.default_rng(options.seed)
    pasts, inputs, parts = {}, {}, {}
    for label in LABELS:
        rows = _parsed(examples.filter(pl.col("label") == label).sort("row_id"))
        pasts[label] = _past(rows)
        learnt = rows.filter(pl.col("label_above").is_not_null())
        options.report(f"{label}: the form of {learnt['channel'].n_unique():,} channels at {learnt.height:,} videos")
        inputs[label] = _inputs(pasts[label], learnt, _as_of(learnt, rng))
        parts[label] = learnt
    forests, mix = _fit_likes(inputs[LIKES], parts[LIKES], options)
    meaning, told = _fit_meaning(parts[RETENTION])
    inputs[RETENTION] = inputs[RETENTION].with_columns(pl.Series(_MEANING, told))
    return Quality(pasts, forests, mix, _fit_retention(inputs, parts, options), meaning)


def _fit_likes(inputs: pl.DataFrame, rows: pl.DataFrame, options: FitOptions) -> tuple[dict[str, Forest], tuple[float, ...]]:
    lead, above = rows["label_lead"].clip(-_MOST_LEAD, _MOST_LEAD).to_numpy(), rows["label_above"].to_numpy()
    targets = {"lead": lead, "sign": above}
    is_valid = (rows["part"] == VALID).to_numpy()
    features = inputs.select(_LIKES_INPUTS)
    params = {name: value for name, value in options.params.items() if name != "ridge"}
    forests = {}
    for name, objective in _OBJECTIVES.items():
        learnt = Rows(features.filter(~is_valid), targets[name][~is_valid])
        tuned = (options.tuned or {}).get("rounds", {}).get(name)
        held = Rows(features.filter(is_valid), targets[name][is_valid]) if tuned is None and is_valid.any() else None
        forests[name] = fit_forest(
            learnt,
            {**_TREES, **params, "objective": objective},
            rounds=tuned or (_ROUNDS if held is not None else _ROUNDS // 2),
            valid=held,
            patience=_PATIENCE,
            seeds=(options.seed,),
            threads=options.threads,
            report=options.report,
        )
    if options.tuned:
        return forests, tuple(options.tuned["mix"])
    if not is_valid.any():
        return forests, (0.0, 0.0, 1.0)
    answers = {name: forest.predict(features.filter(is_valid), raw=True) for name, forest in forests.items()}
    fitted = fit_logistic(pl.DataFrame(answers), above[is_valid], 1.0)
    shares = np.array(fitted.weights) / np.array(fitted.scales)
    intercept = fitted.intercept - float(shares @ np.array(fitted.means))
    return forests, (intercept, *(float(share) for share in shares))


def _fit_meaning(rows: pl.DataFrame) -> tuple[Meaning, Array]:
    """Ridge regression of the lead on the directions of titles, channel by channel; and what each row is told by the other
    stretches of its channel. NaN on channels of too few rows."""
    found = directions(rows["title"].to_list())
    lead = rows["label_lead"].clip(-_MOST_LEAD, _MOST_LEAD).to_numpy()
    told = np.full(rows.height, np.nan)
    channels, centres, weights = [], [], []
    for (channel,), places in rows.with_row_index("place").sort("published", "row_id").group_by("channel", maintain_order=True):
        here = places["place"].to_numpy()
        if len(here) < _FEWEST_OF_MEANING:
            continue
        for stretch in np.array_split(here, _FOLDS):
            centre, weight = _ridge(found, lead, np.setdiff1d(here, stretch))
            told[stretch] = (found[stretch] - centre) @ weight
        centre, weight = _ridge(found, lead, here)
        channels.append(str(channel))
        centres.append(centre)
        weights.append(weight)
    width = found.shape[1]
    return Meaning(tuple(channels), np.reshape(centres, (-1, width)), np.reshape(weights, (-1, width))), told


def _ridge(found: Array, lead: Array, places: Array) -> tuple[Array, Array]:
    """The mean direction, and the weights of what differs from it."""
    centre = found[places].mean(axis=0)
    apart = found[places] - centre
    bend = apart.T @ apart + _RIDGE_OF_MEANING * np.eye(found.shape[1])
    return centre, np.linalg.solve(bend, apart.T @ (lead[places] - lead[places].mean()))


def _fit_retention(inputs: Mapping[str, pl.DataFrame], rows: Mapping[str, pl.DataFrame], options: FitOptions) -> list[Logistic]:
    """What likes say of form, and how retention differs from it."""
    columns = {label: inputs[label].select(_RETENTION_INPUTS) for label in LABELS}
    mine = inputs[RETENTION].select(*_RETENTION_INPUTS, _MEANING)
    targets = {label: rows[label]["label_above"].to_numpy() for label in LABELS}
    shared = fit_logistic(columns[LIKES], targets[LIKES], _RIDGE_OF_LIKES)
    ridge = float(options.params.get("ridge", _RIDGE))
    own = fit_logistic(mine, targets[RETENTION], ridge, shared.logit(mine), _RIDGE_OF_INTERCEPT)
    return [shared, own]


def _mixed(mix: tuple[float, ...], answers: Mapping[str, Array]) -> Array:
    intercept, *shares = mix
    return intercept + np.sum([share * answers[name] for share, name in zip(shares, _OBJECTIVES, strict=True)], axis=0)


def _chance(logit: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-np.clip(logit, -30, 30))))


def _inputs(past: Past, rows: pl.DataFrame, as_of: pl.Series | None = None) -> pl.DataFrame:
    """FORM, what the row says itself, and measures of its title."""
    moment = pl.col("published_at")
    own = rows.select(
        hour=moment.dt.hour().cast(pl.Float64) + moment.dt.minute().cast(pl.Float64) / 60,
        weekday=moment.dt.weekday().cast(pl.Float64),
        log_length=pl.when(pl.col("duration_s") >= 0).then((pl.col("duration_s") + 1).log()),
        category=pl.col("category_id"),
    )
    titles = title_columns(rows["title"]).select(TITLE_MEASURES)
    return pl.concat([form(past, rows, as_of), own, titles], how="horizontal")


def _as_of(rows: pl.DataFrame, rng: np.random.Generator) -> pl.Series:
    """A moment before each row's publishing, as stale as a model's past is."""
    last = (pl.col("published_at") - timedelta(microseconds=1)).dt.truncate(f"{_STALE.days}d")
    steps = pl.Series(rng.integers(0, _STEPS, rows.height))
    return rows.select((last - steps * _STALE).alias("as_of")).to_series()


def _past(rows: pl.DataFrame) -> Past:
    return Past.of(
        rows.with_columns(outcome="label_outcome", lead="label_lead", known_at=pl.coalesce("known_at", "published_at"))
    )


def _parsed(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with `published_at`, null where `published` is no time, and without lengths and categories that cannot be."""
    text = pl.col("published").str.strip_chars()
    at = pl.coalesce(
        text.str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", time_unit="us", strict=False),
        text.str.slice(0, 19).str.replace(" ", "T").str.to_datetime("%Y-%m-%dT%H:%M:%S", time_unit="us", strict=False),
        text.str.slice(0, 10).str.to_datetime("%Y-%m-%d", time_unit="us", strict=False),
    ).dt.replace_time_zone("UTC")
    length = pl.col("duration_s").cast(pl.Float64)
    return rows.with_columns(
        published_at=at,
        duration_s=pl.when(length.is_finite() & (length >= 0)).then(length),
        category_id=pl.col("category_id").cast(pl.Float64),
    )


def _examples(label: str, videos: pl.DataFrame) -> pl.DataFrame:
    """Examples of one label from `with_leads`' columns with `row_id`, `published` and `event_timestamp`."""
    found = with_leads(videos)
    known = pl.col("known_at") if label == LIKES else pl.lit(None, MOMENT)
    return found.select(
        "row_id",
        pl.lit(label).alias("label"),
        "channel",
        "title",
        "published",
        "duration_s",
        pl.col("category_id").cast(pl.Float64),
        pl.col("event_timestamp").cast(MOMENT),
        known_at=known.cast(MOMENT),
        cluster="row_id",
        label_outcome=pl.col("outcome"),
        label_lead=pl.col("lead"),
        label_above=(pl.col("lead") > 0).cast(pl.Float64),
    )


def _retention(source: Source) -> pl.DataFrame:
    """Own videos with their log share viewed at equal length."""
    videos = source.own_videos().filter(
        (pl.col("views") >= _FEWEST_VIEWS[RETENTION])
        & (pl.col("average_viewed_pct") > 0)
        & (pl.col("duration_s") > 0)
        & pl.col("title").is_not_null()
        & pl.col("published").is_not_null()
    )
    share, length = pl.col("average_viewed_pct").clip(1, _MOST_SHARE_PCT).log(), pl.col("duration_s").log()
    slope = (pl.cov(share, length) / (length.var() + 1e-9)).over("channel")
    at = pl.col("published").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    return videos.with_columns(
        row_id=pl.format("{}/{}", "channel", pl.int_range(pl.len()).over("channel")),
        outcome=share - slope.fill_nan(0.0) * length,
        published_at=at,
        known_at=at,
        published=pl.col("published").dt.to_string("%Y-%m-%d"),
        category_id=pl.lit(None, pl.Float64),
        event_timestamp=pl.lit(None, MOMENT),
    )


def _likes(source: Source) -> pl.DataFrame:
    """Charting videos with the log odds of a like at their first reading, less what views and age explain."""
    first = source.readings().sort("fetched_at").unique("video_id", keep="first", maintain_order=True)
    known = source.videos().filter(pl.col("channel_id").is_not_null() & pl.col("published_at").is_not_null())
    age = pl.col("fetched_at") - pl.col("published_at")
    rows = (
        known.unique("video_id", keep="first", maintain_order=True)
        .join(first, on="video_id", how="inner")
        .filter(
            (age > timedelta(0))
            & (age <= _FIRST_READING)
            & (pl.col("likes") > 0)
            & (pl.col("views") >= _FEWEST_VIEWS[LIKES])
            & (pl.col("views") > pl.col("likes"))
        )
        .sort("fetched_at", "video_id")
    )
    odds = (rows["likes"] / (rows["views"] - rows["likes"])).log().to_numpy()
    hours = rows.select((age.dt.total_seconds() / 3600).clip(0.1).log()).to_series().to_numpy()
    explained = np.column_stack([np.ones(rows.height), rows["views"].log().to_numpy(), hours])
    earlier = max(int(rows.height * (1 - _TEST_SHARE)), 1)
    slopes = np.linalg.lstsq(explained[:earlier], odds[:earlier], rcond=None)[0] if rows.height else np.zeros(3)
    return rows.select(
        row_id="video_id",
        channel="channel_id",
        title="title",
        published=pl.col("published_at").dt.to_string("%Y-%m-%dT%H:%M:%SZ"),
        published_at="published_at",
        known_at="fetched_at",
        duration_s=pl.col("duration").cast(pl.Float64),
        category_id=pl.col("category_id").cast(pl.Float64),
        event_timestamp="published_at",
        outcome=pl.Series(odds - explained @ slopes),
    )


def _moment(rows: pl.DataFrame, share: float) -> Any:
    """The moment after which the last share of the rows was published; null without rows."""
    return rows.select(pl.col("event_timestamp").quantile(1 - share, "nearest")).item() if rows.height else None


def _of(label: str, judged: pl.DataFrame) -> tuple[Array, Array, Array]:
    """Chances, leads and whether they lead, of one label's rows."""
    rows = judged.filter((pl.col("label") == label) & pl.col("label_above").is_not_null())
    return rows["score"].to_numpy() / 100, rows["label_lead"].to_numpy(), rows["label_above"].to_numpy()


def _auc(label: str) -> Callable[[pl.DataFrame], float]:
    def metric(judged: pl.DataFrame) -> float:
        score, _, above = _of(label, judged)
        return auc(above, score) if 0 < above.sum() < len(above) else 0.5

    return metric


def _correlation(label: str) -> Callable[[pl.DataFrame], float]:
    def metric(judged: pl.DataFrame) -> float:
        score, lead, _ = _of(label, judged)
        return rank_correlation(lead, score, np.zeros(len(lead))) if len(lead) else 0.0

    return metric


def _ece(label: str) -> Callable[[pl.DataFrame], float]:
    def metric(judged: pl.DataFrame) -> float:
        score, _, above = _of(label, judged)
        return expected_calibration_error(above, score) if len(above) else 0.0

    return metric


def _rows_of(label: str) -> Callable[[pl.DataFrame], int]:
    return lambda judged: judged.filter((pl.col("label") == label) & pl.col("label_above").is_not_null()).height


def _mean_auc(judged: pl.DataFrame) -> float:
    return float(np.mean([_auc(label)(judged) for label in LABELS]))


def _rule(score: Callable[[pl.DataFrame, pl.DataFrame], pl.Series]) -> Callable[[pl.DataFrame, pl.DataFrame], pl.DataFrame]:
    """A rule from any score: its rank among the rows asked would depend on them, so it is squeezed into 0 to 100."""

    def rule(learnt: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
        found = score(learnt, asked).cast(pl.Float64).fill_nan(None).fill_null(0.0).clip(-10, 10).to_numpy()
        return asked.select("row_id").with_columns(score=pl.Series(100 * _chance(found), dtype=pl.Float64))

    return rule


def _last_three(learnt: pl.DataFrame, asked: pl.DataFrame) -> pl.Series:
    """How many of the channel's last three known videos led, drawn towards a half."""
    led = (
        learnt.filter(pl.col("label_above").is_not_null())
        .sort("published", "row_id")
        .group_by("label", "channel", maintain_order=True)
        .agg(pl.col("label_above").tail(3).mean().alias("led"))
    )
    found = asked.select("label", "channel").join(led, on=["label", "channel"], how="left", maintain_order="left")
    return (found["led"].fill_null(0.5) - 0.5) * 0.2


def _linear(learnt: pl.DataFrame, asked: pl.DataFrame) -> pl.Series:
    """A logistic regression on length, hour, weekday and measures of the title, per label."""
    logits = np.zeros(asked.height)
    new = _plain(asked)
    for label in LABELS:
        rows = learnt.filter((pl.col("label") == label) & pl.col("label_above").is_not_null())
        chosen = (asked["label"] == label).fill_null(False).to_numpy()
        if rows.height and chosen.any():
            fitted = fit_logistic(_plain(rows), rows["label_above"].to_numpy(), 10.0)
            logits[chosen] = fitted.logit(new.filter(chosen))
    return pl.Series(logits)


def _boosted(learnt: pl.DataFrame, asked: pl.DataFrame) -> pl.Series:
    """Boosted trees on the same inputs with the channel's level, quickly: what comes to hand first."""
    logits = np.zeros(asked.height)
    new = _plain(asked)
    for label in LABELS:
        rows = learnt.filter((pl.col("label") == label) & pl.col("label_above").is_not_null())
        chosen = (asked["label"] == label).fill_null(False).to_numpy()
        if rows.height and chosen.any():
            params = {"objective": "binary", "num_leaves": 15, "min_data_in_leaf": 20}
            forest = fit_forest(Rows(_plain(rows), rows["label_above"].to_numpy()), params, rounds=150, threads=1)
            logits[chosen] = forest.predict(new.filter(chosen), threads=1, raw=True)
    return pl.Series(logits)


def _plain(rows: pl.DataFrame) -> pl.DataFrame:
    parsed = _parsed(rows)
    moment = pl.col("published_at")
    own = parsed.select(
        hour=moment.dt.hour().cast(pl.Float64),
        weekday=moment.dt.weekday().cast(pl.Float64),
        log_length=(pl.col("duration_s") + 1).log(),
        category=pl.col("category_id"),
    )
    return pl.concat([own, title_columns(parsed["title"]).select(TITLE_MEASURES)], how="horizontal")


TASK = Task(
    name="quality",
    model="quality",
    question="Does a video beat the median of its channel's last twenty, at equal length, views and age?",
    inputs=(_INPUTS,),
    output=_OUTPUT,
    read=read,
    split=split,
    requests=requests,
    fit=fit,
    load=load,
    rules={
        "last three": _rule(_last_three),
        "longer title": _rule(lambda _, asked: asked["title"].str.len_chars().cast(pl.Float64).fill_null(0) / 100),
        "linear": _rule(_linear),
        "boosted, quick": _rule(_boosted),
    },
    primary="auc",
    metrics={
        "auc": _mean_auc,
        **{f"{label}_auc": _auc(label) for label in LABELS},
        **{f"{label}_rank_correlation": _correlation(label) for label in LABELS},
        **{f"{label}_ece": _ece(label) for label in LABELS},
    },
    lower_is_better=frozenset(f"{label}_ece" for label in LABELS),
    counted={f"{label}_ece": _rows_of(label) for label in LABELS},
    slices={
        "label": lambda judged: judged["label"],
        "category": lambda judged: judged["category_id"].cast(pl.Int64, strict=False).cast(pl.String).fill_null("unknown"),
    },
    space={
        "learning_rate": Span(0.01, 0.1, log=True),
        "num_leaves": Span(7, 63, log=True, whole=True),
        "min_data_in_leaf": Span(50, 500, log=True, whole=True),
        "feature_fraction": Span(0.2, 0.8),
        "ridge": Span(10.0, 300.0, log=True),
    },
)
"""Judged by the mean of both areas under the curve: the questions count alike though one has a hundred times the rows, and
ranking is what a draft can be helped with; calibration is watched beside it."""
