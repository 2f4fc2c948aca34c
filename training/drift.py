"""Whether a champion still meets what it learnt from, and whether it is still as good: reasons to train before the week is over.

Two samples are compared input by input: the rows of the champion's snapshot, and the rows whose outcome became known since. What
the server was asked is compared as well and shown, but decides nothing: a caller asks of the rows it likes, and training again
does not change that.

The figure is the population stability index over tenths of the reference, Σ (q − p) ln(q / p), with a place of its own for
unknown values. Two samples of n and m independent rows of one population give (1/n + 1/m) χ² with one degree less than places
(Yurdakul, Statistical Properties of Population Stability Index, 2018): that is its chance. An input has drifted when the figure
is large and chance no explanation. Evidently draws the page and takes its verdicts from here."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from core.errors import NotReady
from features.codec import Input, Scale, matrix
from training.specs import OUTPUT, ModelSpec, Task

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from features.repository import FeatureStore
    from training.dataset import Part
    from training.tracking import Tracker

UNSTABLE = 0.2
"""Smallest index that counts: below 0.1 is said to be no change, 0.1 to 0.2 a small one (Siddiqi, Credit Risk Scorecards)."""
SURE = 0.01
"""Largest chance, over all judged inputs together, of calling one drifted that is not."""
MANY = 0.3
"""Share of judged inputs from which the whole counts as drifted."""
DROP = 0.05
"""Relative loss of the primary metric that counts, where its interval excludes what was recorded."""
FEWEST = 100
"""Independent rows of each sample from which anything is judged."""
SERVED_WINDOW = timedelta(days=7)

_PLACES = 10
_RARE = 0.01
"""A value that fewer reference rows have shares one place with every other such and with every new one."""
_DRAWN_ROWS = 20_000
_MOST_DRAWN = 40
"""Inputs on a page, the least stable ones: one of two hundred takes minutes to draw and is read by nobody."""
_SEED = 0
_STATISTIC = "ytempire_stability"
_IDS = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class InputDrift:
    """One input of two samples."""

    name: str
    stability: float
    """Population stability index; 0 where it was not judged."""
    chance: float
    """Of an index at least as large without any change."""
    threshold: float
    """What the chance must lie below."""
    is_drifted: bool
    note: str
    """Why it was not judged; empty where it was."""

    @property
    def is_judged(self) -> bool:
        return not self.note


@dataclass(frozen=True)
class Accuracy:
    """The primary metric on rows that came after training, beside what was recorded when the version was made."""

    metric: str
    recorded: float
    now: float
    low: float
    high: float
    """95 % interval of `now`."""
    rows: int

    @property
    def change(self) -> float:
        """Relative to what was recorded."""
        return self.now / self.recorded - 1

    @property
    def has_dropped(self) -> bool:
        return self.change < -DROP and self.high < self.recorded


@dataclass(frozen=True)
class DriftReport:
    """What one day's look at a champion found."""

    model: str
    version: str
    as_of: datetime
    reference_rows: int
    current_rows: int
    inputs: tuple[InputDrift, ...]
    score: InputDrift | None
    """The distribution of the champion's own answers."""
    served_rows: int
    served: tuple[InputDrift, ...]
    """What the server was asked in the last seven days."""
    accuracy: Accuracy | None
    """None while too few outcomes are known."""
    share: float
    """Drifted inputs among the judged ones."""
    drifted: bool
    reason: str

    @property
    def has_dropped(self) -> bool:
        return self.accuracy is not None and self.accuracy.has_dropped


def stability(
    reference: Array, current: Array, independent: tuple[int, int] | None = None, *, is_category: bool = False
) -> tuple[float, float]:
    """The population stability index of two samples, NaN where unknown, and its chance without any change.

    Args:
        reference: the sample that sets the places: tenths, or each value one of a category or where there are at most ten.
        current: the other sample; a value that the reference lacks counts among its rare ones.
        independent: how many rows of each are independent of each other, where not all are.
    """
    from scipy.stats import chi2

    places = _places(reference, is_category)
    counts = np.stack([_counts(sample, *places) for sample in (reference, current)])
    counts = counts[:, counts.sum(axis=0) > 0]
    if counts.shape[1] < 2:
        return 0.0, 1.0
    # Half a row in every place keeps the index finite.
    shares = (counts + 0.5) / (counts + 0.5).sum(axis=1, keepdims=True)
    index = float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())
    sizes = independent or (len(reference), len(current))
    return index, float(chi2.sf(index / (1 / sizes[0] + 1 / sizes[1]), counts.shape[1] - 1))


def _places(reference: Array, is_category: bool) -> tuple[Array, bool]:
    """Known values, or the edges between tenths; and which of the two."""
    present = reference[np.isfinite(reference)]
    values, counts = np.unique(present, return_counts=True)
    if is_category or len(values) <= _PLACES:
        return values[counts >= _RARE * len(present)], True
    return np.unique(np.quantile(present, np.linspace(0, 1, _PLACES + 1)[1:-1])), False


def _counts(sample: Array, places: Array, are_values: bool) -> Array:
    """Rows in each place; the last one holds unknown values, the one before it, of values, those without a place."""
    present = sample[np.isfinite(sample)]
    found = np.searchsorted(places, present, side="left" if are_values else "right")
    if are_values and len(places):
        near = np.minimum(found, len(places) - 1)
        found = np.where(places[near] == present, near, len(places))
    counts = np.bincount(found, minlength=len(places) + 1)
    return np.append(counts, len(sample) - len(present)).astype(float)


def compare_inputs(
    inputs: Sequence[Input], reference: pl.DataFrame, current: pl.DataFrame, cluster: str | None = None
) -> tuple[InputDrift, ...]:
    """Compare two frames input by input; rows of one `cluster` count as one where chance is asked.

    Text is compared as codes. An input is not judged, and says why, where there are too few rows, where it
    was never known to the reference (the model then does not react to it), or where one of the frames lacks it.
    """
    sizes = _independent(reference, cluster), _independent(current, cluster)
    if min(sizes) < FEWEST:
        fewer = f"{min(sizes)} of {FEWEST} independent rows"
        return tuple(_unjudged(column.name, f"too few rows: {fewer}") for column in inputs)
    notes, pairs = {}, {}
    for column in inputs:
        if lacking := [f for f, frame in (("reference", reference), ("current", current)) if column.name not in frame.columns]:
            notes[column.name] = f"not in the {' and '.join(lacking)} rows"
            continue
        before, after = _numbers(reference[column.name], current[column.name])
        if not np.isfinite(before).any():
            is_new = np.isfinite(after).any()
            notes[column.name] = "unknown when the model learnt, which does not react to it" if is_new else "never known"
        else:
            pairs[column.name] = before, after
    threshold = SURE / max(len(pairs), 1)
    found = []
    for column in inputs:
        if column.name in notes:
            found.append(_unjudged(column.name, notes[column.name]))
            continue
        is_category = column.scale is Scale.CATEGORY or not reference.schema[column.name].is_numeric()
        index, chance = stability(*pairs[column.name], sizes, is_category=is_category)
        found.append(InputDrift(column.name, index, chance, threshold, index >= UNSTABLE and chance < threshold, ""))
    return tuple(found)


def _numbers(reference: pl.Series, current: pl.Series) -> tuple[Array, Array]:
    """Both as floats, NaN where unknown; text as codes."""
    if not (reference.dtype.is_numeric() and current.dtype.is_numeric()):
        before, after = reference.cast(pl.String), current.cast(pl.String)
        values = pl.concat([before.rename("value"), after.rename("value")]).drop_nulls().unique().sort()
        codes = pl.Series(range(len(values)), dtype=pl.Float64)
        reference, current = (series.replace_strict(values, codes, default=None) for series in (before, after))
    before, after = (series.cast(pl.Float64).fill_null(np.nan) for series in (reference, current))
    return before.to_numpy(), after.to_numpy()


def _independent(frame: pl.DataFrame, cluster: str | None) -> int:
    return frame.height if cluster is None or cluster not in frame.columns else frame[cluster].n_unique()


def _unjudged(name: str, note: str) -> InputDrift:
    return InputDrift(name, 0.0, 1.0, SURE, False, note)


def share_of(found: Sequence[InputDrift]) -> float:
    """Drifted inputs among the judged ones; 0 where none was judged."""
    judged = [entry for entry in found if entry.is_judged]
    return sum(entry.is_drifted for entry in judged) / len(judged) if judged else 0.0


def conclude(inputs: Sequence[InputDrift], score: InputDrift | None) -> tuple[bool, str]:
    """Whether the whole has drifted, and why or why not, in a sentence."""
    judged = [entry for entry in inputs if entry.is_judged]
    if not judged:
        return False, f"Nothing to judge: {inputs[0].note}." if inputs else "Nothing to judge: no inputs."
    moved = sorted((entry for entry in judged if entry.is_drifted), key=lambda entry: -entry.stability)
    named = ", ".join(f"{entry.name} ({entry.stability:.2f})" for entry in moved[:5]) + (", …" if len(moved) > 5 else "")
    said = f"{len(moved)} of {len(judged)} inputs have drifted" + (f": {named}" if moved else "")
    if score is not None and score.is_drifted:
        return True, f"The scores have drifted ({score.stability:.2f}); {said}."
    return share_of(inputs) >= MANY, f"{said[0].upper()}{said[1:]}; the scores have not."


def judge_accuracy(spec: ModelSpec, part: Part, score: Array, recorded: float | None) -> Accuracy | None:
    """The primary metric of scores on a part with its 95 % interval (clusters drawn with replacement).

    None where nothing was recorded, or where the part is smaller than a test part must be.
    """
    from training.evaluation import PRIMARY, cluster_draws, interval

    fewest_of_class = len(part) if spec.task is Task.RATE else int(min(part.target.sum(), (1 - part.target).sum()))
    if recorded is None or not recorded > 0 or len(part) < spec.minimum.test or fewest_of_class < spec.minimum.positives:
        return None
    metric = PRIMARY[spec.primary_metric]
    spread = []
    for drawn in cluster_draws(part.cluster, _SEED):
        kept = drawn > 0
        spread.append(metric(part.target[kept], score[kept], part.within[kept], drawn[kept].astype(float)))
    now = metric(part.target, score, part.within, None)
    return Accuracy(spec.primary_metric, recorded, float(now), *interval(np.array(spread)), len(part))


@dataclass(frozen=True)
class Look:
    """A report with the rows that it is of."""

    report: DriftReport
    inputs: tuple[Input, ...] = ()
    reference: pl.DataFrame = field(default_factory=pl.DataFrame)
    current: pl.DataFrame = field(default_factory=pl.DataFrame)

    @property
    def is_judged(self) -> bool:
        """Whether there is anything to draw."""
        return any(entry.is_judged for entry in self.report.inputs)

    def page(self) -> bytes:
        """Evidently's page of the inputs and the score: HTML that needs nothing from elsewhere."""
        score = () if self.report.score is None else (self.report.score,)
        return draw_page((*self.inputs, Input(OUTPUT)), self.reference, self.current, (*self.report.inputs, *score))

    def picture(self) -> bytes:
        """PNG with a bar per input."""
        return draw_picture(self.report)


def look(engine: Engine, store: FeatureStore, spec: ModelSpec, tracker: Tracker, snapshots: Path, as_of: datetime) -> Look:
    """Compare the champion's snapshot with what came to be known since, up to `as_of`.

    Where there is nothing to compare (no champion, a rule that learnt from no rows, a snapshot that is gone, too few new rows)
    nothing is called drifted, and the reason says so. Raises Damaged for a changed snapshot or changed model files.
    """
    from training.dataset import load_dataset, part_of, rows_known_since
    from training.export import read_signature, run_program
    from training.tracking import DATASET

    champion = tracker.champion(spec.name)
    if champion is None:
        return Look(_nothing(spec, "none", as_of, "Nothing to compare: there is no champion yet."))
    try:
        dataset = load_dataset(snapshots, champion.tags[DATASET])
    except NotReady as gone:
        return Look(_nothing(spec, champion.number, as_of, f"Nothing to compare: {gone.message}"))
    if dataset.rows.is_empty():
        return Look(_nothing(spec, champion.number, as_of, "Nothing to compare: the champion learnt from no rows."))

    folder = tracker.files(champion)
    names = list(read_signature(folder)["inputs"])
    inputs = [column for column in spec.inputs if column.name in names]
    reference, current = dataset.rows, rows_known_since(engine, store, spec, dataset, as_of)
    scored = [frame.with_columns(pl.Series(OUTPUT, run_program(folder, _raw(frame, names)))) for frame in (reference, current)]
    found = compare_inputs(inputs, *scored, cluster=spec.cluster)
    (score,) = compare_inputs([Input(OUTPUT)], *scored, cluster=spec.cluster)
    asked = served_rows(engine, spec.name, [column.name for column in inputs], as_of)
    served = compare_inputs(inputs, reference, asked, cluster=spec.cluster)
    recorded = tracker.metrics(champion).get(f"test.{spec.primary_metric}")
    accuracy = judge_accuracy(spec, part_of(current, spec), scored[1][OUTPUT].to_numpy(), recorded)
    drifted, reason = conclude(found, score)
    report = DriftReport(
        spec.name,
        champion.number,
        as_of,
        reference.height,
        current.height,
        found,
        score,
        asked.height,
        served,
        accuracy,
        share_of(found),
        drifted,
        reason,
    )
    return Look(report, tuple(inputs), *scored)


def _nothing(spec: ModelSpec, version: str, as_of: datetime, reason: str) -> DriftReport:
    return DriftReport(spec.name, version, as_of, 0, 0, (), None, 0, (), None, 0.0, False, reason)


def _raw(frame: pl.DataFrame, names: Sequence[str]) -> Array:
    """The matrix a program takes; an input that the frame lacks is unknown."""
    known = frame.with_columns(pl.lit(None, dtype=pl.Float64).alias(name) for name in names if name not in frame.columns)
    return matrix(known, [Input(name) for name in names])


def served_rows(engine: Engine, model: str, names: Sequence[str], as_of: datetime) -> pl.DataFrame:
    """What the server was asked of a model in the last seven days: each input as float, equal questions once."""
    from sqlalchemy import text

    statement = text("""
        select inputs from ops.model_observations
        where model = :model and observed_at > :since and observed_at <= :as_of
        group by entity_key, inputs order by entity_key, inputs
    """)
    with engine.connect() as connection:
        period = {"model": model, "since": as_of - SERVED_WINDOW, "as_of": as_of}
        rows: list[Mapping[str, Any]] = list(connection.execute(statement, period).scalars())
    return pl.DataFrame({name: pl.Series([row.get(name) for row in rows], dtype=pl.Float64, strict=False) for name in names})


def draw_page(inputs: Sequence[Input], reference: pl.DataFrame, current: pl.DataFrame, found: Sequence[InputDrift]) -> bytes:
    """Evidently's page of the judged inputs: distributions side by side, with the figures found here. Equal for equal input."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it takes names that numpy is about to drop
        from evidently import DataDefinition, Dataset, Report
        from evidently.legacy.calculations.stattests.registry import StatTest, register_stattest
        from evidently.legacy.core import ColumnType
        from evidently.presets import DataDriftPreset

        verdicts = {entry.name: (entry.stability, entry.is_drifted) for entry in found if entry.is_judged}
        kinds = [ColumnType.Numerical, ColumnType.Categorical]
        statistic = StatTest(_STATISTIC, "Population stability index", kinds, UNSTABLE)
        register_stattest(statistic, lambda sample, *_: verdicts[str(sample.name)])
        known = [column for column in inputs if column.name in verdicts and _is_known(current[column.name])]
        drawn = {column.name for column in sorted(known, key=lambda column: -verdicts[column.name][0])[:_MOST_DRAWN]}
        shown = [column for column in known if column.name in drawn]
        definition = DataDefinition(
            numerical_columns=[column.name for column in shown if column.scale is not Scale.CATEGORY],
            categorical_columns=[column.name for column in shown if column.scale is Scale.CATEGORY],
        )
        report = Report(
            [
                DataDriftPreset(
                    num_method=_STATISTIC,
                    cat_method=_STATISTIC,
                    num_threshold=UNSTABLE,
                    cat_threshold=UNSTABLE,
                    drift_share=min(1.0, MANY * len(verdicts) / max(len(shown), 1)),
                )
            ]
        )
        samples = [Dataset.from_pandas(_drawable(frame, shown), data_definition=definition) for frame in (current, reference)]
        content = report.run(*samples).get_html_str(as_iframe=False)
    seen: dict[str, int] = {}
    # Its ids are drawn by chance; in the order they occur they say the same.
    return _IDS.sub(lambda match: f"{seen.setdefault(match[0], len(seen)):032x}", content).encode()


def _is_known(series: pl.Series) -> bool:
    return bool(series.cast(pl.Float64).is_finite().any())


def _drawable(frame: pl.DataFrame, inputs: Sequence[Input]) -> Any:
    """At most 20,000 rows, evenly taken, as pandas; values of many magnitudes as ln(1 + |x|) with their sign."""
    taken = frame.gather_every(max(1, -(-frame.height // _DRAWN_ROWS)))
    return taken.select(
        (pl.col(column.name).cast(pl.Float64).sign() * pl.col(column.name).cast(pl.Float64).abs().log1p()).alias(column.name)
        if column.scale is Scale.LOG
        else pl.col(column.name).cast(pl.Float64)
        for column in inputs
    ).to_pandas()


def draw_picture(report: DriftReport) -> bytes:
    """A bar per judged input, the largest first, and the line from which an index counts."""
    from matplotlib.figure import Figure

    entries = [entry for entry in (*report.inputs, report.score) if entry is not None and entry.is_judged]
    entries = sorted(entries, key=lambda entry: -entry.stability)[:20]
    figure = Figure(figsize=(6.4, 0.9 + 0.24 * len(entries)), layout="constrained")
    axes = figure.subplots()
    colours = ["tab:red" if entry.is_drifted else "tab:blue" for entry in entries]
    axes.barh([entry.name for entry in entries], [entry.stability for entry in entries], color=colours)
    axes.axvline(UNSTABLE, color="grey", linestyle=":")
    axes.invert_yaxis()
    axes.set(xlabel=f"Population stability index: {report.model}, version {report.version}")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=90, metadata={"Software": None})
    return buffer.getvalue()
