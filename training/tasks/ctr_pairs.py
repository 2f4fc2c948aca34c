"""Which of several headlines of one story and image is clicked more, learnt from randomised tests of a news site, 2013 to 2014.

A group is a test and an image; its arms differ in their headline and were shown to readers at random. Only scores of one group
are compared, so a score is the log of a click rate but for a constant. A fine-tuned sentence encoder answers together with linear
weights of how a headline is told; `training.headlines` says how both learn.

What this does not show. The tests are headlines of news, on one site, in the years when such headlines were new: that what wins
there wins as the title of a video is unproven. Images were the same within a group: nothing here says anything about thumbnails.

Weeks 2013-25 to 2014-02 are learnt from, because scores of later weeks were better with them, and never judged: their arms were
not shown at random. Weeks are dated to their Monday; a test's outcome is taken to be known a week later."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from features.headlines import headline_columns
from training.headlines import (
    Arms,
    Course,
    Linear,
    Rankers,
    fit_linear,
    load_linear,
    load_rankers,
    targets,
    teach,
    vectors,
)
from training.sources import Source
from training.tasks.task import TEST, TRAIN, VALID, FitOptions, Span, Task

FEWEST_IMPRESSIONS = 1_000
BROKEN_WEEKS = (201325, 201402)
"""First and last week in which arms were not shown at random."""
TEST_WEEKS, VALID_WEEKS = 5, 4
"""The last five weeks judge. Nothing is decided by the four before them, which are learnt from."""
SIGNIFICANT = 1.959964
"""Of the normal distribution: 5 % on both sides."""

_OUTPUT = {"row_id": pl.String, "score": pl.Float64}
_INPUTS = dict.fromkeys(("row_id", "group_id", "headline", "lede", "excerpt"), pl.String)
_NETWORKS = 2
_RIDGE = 1_000.0
_LINEAR_SHARE = 0.15
_WORDS = r"[\w']+|[?!.:]"
_LINEAR = "linear"

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class HeadlineScores:
    """The program: taught encoders and linear weights."""

    rankers: Rankers
    linear: Linear

    @property
    def tuned(self) -> Mapping[str, Any]:
        """Nothing is left to the validation part: epochs and shares are the study's or the defaults."""
        return {}

    @property
    def importance(self) -> Mapping[str, float]:
        """The headline alone is read."""
        return {"headline": 1.0}

    def predict(self, frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
        """See `Program`. Only the headline is read; equal headlines have equal scores."""
        headlines = _clean(frames[0]["headline"])
        unique = headlines.unique(maintain_order=True)
        wording = self.linear.score(headline_columns(unique))
        score = (1 - _LINEAR_SHARE) * self.rankers.score(unique.to_list()) + _LINEAR_SHARE * wording
        scores = pl.DataFrame({"headline": unique, "score": score})
        found = headlines.to_frame("headline").join(scores, on="headline", how="left", maintain_order="left")["score"]
        return pl.DataFrame({"row_id": frames[0]["row_id"], "score": found}, schema=_OUTPUT)

    def save(self, folder: Path) -> None:
        self.rankers.save(folder)
        self.linear.save(folder, _LINEAR)


def load(folder: Path) -> HeadlineScores:
    """Read a saved program. Raises Damaged for anything else."""
    return HeadlineScores(load_rankers(folder), load_linear(folder, _LINEAR))


def read(source: Source) -> pl.DataFrame:
    """Arms with enough impressions, in groups of more than one headline, by week."""
    arms = source.headlines().filter(
        (pl.col("impressions") >= FEWEST_IMPRESSIONS)
        & pl.col("clicks").is_between(0, pl.col("impressions"))
        & pl.col("test_week").is_not_null()
        & (pl.col("headline").str.strip_chars().str.len_chars() > 0)
    )
    group = pl.concat_str("test_id", pl.lit("/"), pl.col("eyecatcher_id").fill_null("none"))
    monday = pl.col("test_week").map_elements(_monday, return_dtype=pl.Datetime("us", "UTC"))
    rows = arms.with_columns(group_id=group, event_timestamp=monday).filter(pl.col("event_timestamp").is_not_null())
    return (
        rows.filter(pl.col("headline").n_unique().over("group_id") > 1)
        .sort("test_week", "group_id", maintain_order=True)
        .with_row_index("place")
        .select(
            row_id=pl.col("place").cast(pl.String),
            group_id="group_id",
            headline="headline",
            lede=pl.col("lede").fill_null(""),
            excerpt=pl.col("excerpt").fill_null(""),
            event_timestamp="event_timestamp",
            known_at=pl.col("event_timestamp") + timedelta(days=7),
            cluster="test_id",
            test_week="test_week",
            label_clicks="clicks",
            label_impressions="impressions",
        )
    )


def split(examples: pl.DataFrame) -> pl.Series:
    """By week; a test lies in one week. Arms that were not shown at random are learnt from wherever they lie."""
    weeks = examples["test_week"].unique().sort(descending=True)
    week = pl.col("test_week")
    test = weeks[min(TEST_WEEKS, len(weeks)) - 1] if len(weeks) else 0
    valid = weeks[min(TEST_WEEKS + VALID_WEEKS, len(weeks)) - 1] if len(weeks) else 0
    part = (
        pl.when(week.is_between(*BROKEN_WEEKS) & (week < test))
        .then(pl.lit(TRAIN))
        .when(week.is_between(*BROKEN_WEEKS))
        .then(None)
        .when(week >= test)
        .then(pl.lit(TEST))
        .when(week >= valid)
        .then(pl.lit(VALID))
        .otherwise(pl.lit(TRAIN))
    )
    return examples.select(part.alias("part")).to_series()


def requests(examples: pl.DataFrame) -> tuple[pl.DataFrame, ...]:
    """The examples as the file."""
    return (examples.select(*_INPUTS),)


def fit(examples: pl.DataFrame, options: FitOptions) -> HeadlineScores:
    """Teach the encoders and fit the weights."""
    headlines, group, target, weight = _learnt(examples)
    linear = fit_linear(headline_columns(headlines), group, target, weight, _RIDGE)
    known = {name: options.params[name] for name in ("layers", "epochs", "rate", "decay", "dropout") if name in options.params}
    networks = int(options.params.get("networks", _NETWORKS))
    arms = Arms(headlines.to_list(), group, examples["label_clicks"].to_numpy(), examples["label_impressions"].to_numpy())
    seeds = [options.seed + place for place in range(networks)]
    return HeadlineScores(teach(arms, Course(**known), seeds, options.threads, options.report), linear)


def _learnt(examples: pl.DataFrame) -> tuple[pl.Series, Array, Array, Array]:
    """Headlines, groups, targets and weights."""
    target, weight = targets(examples["label_clicks"].to_numpy(), examples["label_impressions"].to_numpy())
    return _clean(examples["headline"]), examples["group_id"].rank("dense").to_numpy(), target, weight


def _clean(headlines: pl.Series) -> pl.Series:
    return headlines.cast(pl.String).fill_null("").str.replace_all(r"\s+", " ").str.strip_chars().alias("headline")


def _monday(week: int) -> datetime | None:
    """The Monday of `year × 100 + week`; weeks count from 0 or 1, and week 0 is the rest of the last year's last."""
    year, number = divmod(week, 100)
    if not 1 <= year <= 9_999 or number > 53:
        return None
    first = datetime(year, 1, 1, tzinfo=UTC)
    return first + timedelta(days=7 * number - first.weekday())


def _longer(_: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    """The longer headline wins."""
    return _answers(asked, asked["headline"].fill_null("").str.len_chars().cast(pl.Float64))


def _phrases(learnt: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    """TF-IDF of words and word pairs, ridge regression on differences within groups."""
    from scipy import sparse
    from scipy.sparse.linalg import lsqr
    from sklearn.feature_extraction.text import TfidfVectorizer

    headlines, group, target, weight = _learnt(learnt)
    vectoriser = TfidfVectorizer(ngram_range=(1, 2), min_df=3, sublinear_tf=True, token_pattern=_WORDS)
    inputs = vectoriser.fit_transform(headlines.to_list())
    _, place = np.unique(group, return_inverse=True)
    rows = np.arange(len(place))
    share = sparse.csr_matrix((weight / np.bincount(place, weight)[place], (place, rows)))
    member = sparse.csr_matrix((np.ones(len(place)), (rows, place)))
    root = np.sqrt(weight)
    apart = sparse.diags(root) @ (inputs - member @ (share @ inputs))
    weights = lsqr(apart, root * (target - member @ (share @ target)), damp=np.sqrt(10.0), iter_lim=200)[0]
    return _answers(asked, vectoriser.transform(_clean(asked["headline"]).to_list()) @ weights)


def _frozen(learnt: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    """The published sentence vectors, ridge regression on differences within groups."""
    headlines, group, target, weight = _learnt(learnt)
    linear = fit_linear(_vector_columns(headlines), group, target, weight, _RIDGE)
    return _answers(asked, linear.score(_vector_columns(_clean(asked["headline"]))))


def _vector_columns(headlines: pl.Series) -> pl.DataFrame:
    found = vectors(headlines.to_list())
    return pl.DataFrame(found, schema=[f"v{place}" for place in range(found.shape[1])])


def _answers(asked: pl.DataFrame, score: Any) -> pl.DataFrame:
    return pl.DataFrame({"row_id": asked["row_id"], "score": score}, schema=_OUTPUT)


@dataclass(frozen=True)
class _Pairs:
    """Every two arms of one group with different click rates, the better one first.

    Attributes:
        right: 1 where the better one's score is higher, ½ where both are equal, else 0.
        gap: difference of the rates, `z` the same in standard deviations.
        group: number of the group.
    """

    right: Array
    gap: Array
    z: Array
    group: Array


def _pairs(judged: pl.DataFrame) -> _Pairs:
    rows = judged.select("group_id", "label_clicks", "label_impressions", "score").sort("group_id", maintain_order=True)
    group = rows["group_id"].rank("dense").to_numpy().astype(np.int64)
    clicks, seen = rows["label_clicks"].to_numpy().astype(float), rows["label_impressions"].to_numpy().astype(float)
    score = rows["score"].to_numpy()
    one, other = [], []
    step, left = 1, np.arange(len(group))
    while len(left := left[left + step < len(group)]):
        left = left[group[left] == group[left + step]]
        one.append(left)
        other.append(left + step)
        step += 1
    a = np.concatenate([*one, np.zeros(0, dtype=np.int64)])
    b = np.concatenate([*other, np.zeros(0, dtype=np.int64)])
    both = (clicks[a] + clicks[b]) / (seen[a] + seen[b])
    spread = np.sqrt(np.maximum(both * (1 - both), 1e-12) * (1 / seen[a] + 1 / seen[b]))
    gap = clicks[a] / seen[a] - clicks[b] / seen[b]
    right = (np.sign(score[a] - score[b]) * np.sign(gap) + 1) / 2
    kept = gap != 0
    return _Pairs(right[kept], np.abs(gap)[kept], np.abs(gap / spread)[kept], group[a][kept])


def _mean(values: Array) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _accuracy(judged: pl.DataFrame) -> float:
    """Share of pairs in which the higher score has the higher click rate."""
    return _mean(_pairs(judged).right)


def _accuracy_significant(judged: pl.DataFrame) -> float:
    """The same among pairs whose rates differ with p < .05 (two-proportion z)."""
    pairs = _pairs(judged)
    return _mean(pairs.right[pairs.z > SIGNIFICANT])


def _accuracy_widest(judged: pl.DataFrame) -> float:
    """The same for the best and the worst arm of each group."""
    pairs = _pairs(judged)
    order = np.lexsort((-pairs.gap, pairs.group))
    _, first = np.unique(pairs.group[order], return_index=True)
    return _mean(pairs.right[order][first])


def _picks(judged: pl.DataFrame) -> pl.DataFrame:
    """One row per group: its arms, and the click rates of the arm with the highest score, of the best, and of all on average."""
    rate = pl.col("label_clicks") / pl.col("label_impressions")
    return judged.group_by("group_id").agg(
        arms=pl.len(), picked=rate.filter(pl.col("score") == pl.col("score").max()).mean(), best=rate.max(), mean=rate.mean()
    )


def _top(judged: pl.DataFrame) -> float:
    """Share of groups of three and more arms whose best arm has the highest score."""
    picks = _picks(judged).filter(pl.col("arms") >= 3)
    return _mean((picks["picked"] >= picks["best"]).to_numpy())


def _lift(judged: pl.DataFrame) -> float:
    """How much more the arm with the highest score is clicked than the mean arm of its group, on average over groups."""
    picks = _picks(judged).filter(pl.col("mean") > 0)
    return _mean((picks["picked"] / picks["mean"] - 1).to_numpy())


def _quarter(judged: pl.DataFrame) -> pl.Series:
    moment = pl.col("event_timestamp")
    return judged.select(pl.format("{} Q{}", moment.dt.year(), moment.dt.quarter())).to_series()


def _length(judged: pl.DataFrame) -> pl.Series:
    """Mean length of the group's headlines: a pair lies in one slice."""
    words = pl.col("headline").str.count_matches(r"\S+").mean().over("group_id")
    labels = ["short, up to 13 words", "14 to 16 words", "long, over 16 words"]
    return judged.select(words.cut([13, 16], labels=labels).cast(pl.String)).to_series()


_METRICS: dict[str, Callable[[pl.DataFrame], float]] = {
    "pair_accuracy": _accuracy,
    "pair_accuracy_significant": _accuracy_significant,
    "pair_accuracy_widest": _accuracy_widest,
    "top1_of_3": _top,
    "click_lift": _lift,
}

TASK = Task(
    name="ctr_pairs",
    model="ctr",
    question="Which of these headlines of one story will be clicked more?",
    inputs=(_INPUTS,),
    output=_OUTPUT,
    read=read,
    split=split,
    requests=requests,
    fit=fit,
    load=load,
    rules={"longer headline": _longer, "words and word pairs": _phrases, "frozen sentence encoder": _frozen},
    primary="pair_accuracy",
    metrics=_METRICS,
    slices={"quarter": _quarter, "length": _length},
    space={
        "rate": Span(3e-5, 3e-4, log=True),
        "epochs": Span(1, 4, whole=True),
        "decay": Span(0.6, 1.0),
        "dropout": Span(0.0, 0.2),
    },
    fewest=500,
)
