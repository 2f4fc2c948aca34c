"""The gate between a challenger and use, and the way back: one gate for the tasks and for the models of the warehouse.

A challenger becomes champion when, on the test part, which it has not seen,
1. every answer is finite, and its files are those that were registered,
2. it surely beats the rule that its model began with: the 95 % interval of the difference lies above zero; and its difference to
   every other baseline is above zero,
3. it beats the version in use: the difference is above zero, and surely so where both learnt from the same rows. Among programs
   of equal worth the one that knows newer rows is preferred. What is compared has not learnt from the test part, where a version
   keeps such a twin; an older champion without one can only make the gate stricter,
4. what it calls a chance happens as often as it says: the error is not surely above a bound, and not above the bound and what
   chance itself moves on so few rows,
5. in no slice is it surely worse than the version in use,
6. answering is quick enough, and its files are small enough.
A version that was rolled back is not promoted again. What was decided is kept in tags of the version and in `ops.promotions`."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
import polars as pl

from core.errors import Damaged, NotReady
from features.codec import Input, Scale, matrix
from training.candidates import ensure_baseline, fitted_rule
from training.dataset import Dataset, Part, read_snapshot, served_name
from training.evaluation import CONFIDENCE, compare, differences
from training.export import read_signature, run_program, score_parts
from training.judging import FEWEST_OF_SLICE, Exam, Figure
from training.packs import HELD_OUT, load_program
from training.specs import ModelSpec
from training.specs import Task as Kind
from training.tasks.pipeline import (
    BASELINE,
    CANDIDATE,
    CHAMPION,
    SNAPSHOTS,
    answer,
    enter_champion,
    entry_of,
    measure,
    pack_version,
    put_to_use,
    sit_rules,
)
from training.tasks.task import Task
from training.tracking import DATASET, DELETED, PROMOTION, Named, Tracker, Version
from training.values import Candidate, Comparison, Costs, Verdict

LOGGER = logging.getLogger(__name__)

ROLLED_BACK = "rolled_back"
VERSIONS_KEPT = 3
"""Newest versions beside the champion, its predecessor and the rule whose files are kept."""
_PREVIOUS = "previous_champion"
_SEED = 0
_PROBE_ROWS = 1_000


@dataclass(frozen=True)
class Bounds:
    """What a version may cost at most, and how far its chances may be off."""

    calibration_error: float = 0.05
    batch_ms: float = 7.5
    """Forty thousand rows in five minutes."""
    single_ms: float = 2_000.0
    megabytes: float = 500.0


BOUNDS = Bounds()


@dataclass(frozen=True)
class SliceDifference:
    """How a challenger differs from the version in use in one group of rows. The interval holds for all groups at once."""

    name: str
    group: str
    rows: int
    point: float
    low: float
    high: float


@dataclass(frozen=True)
class Evidence:
    """What the gate goes by. Differences are above zero where the challenger is better."""

    metric: str
    rows: int
    against_baselines: Mapping[str, Comparison]
    """The first is the rule that the model began with."""
    against_champion: Comparison | None
    """None where there is no other version in use, or it cannot answer."""
    learnt_from_the_same: bool
    calibration: Mapping[str, Figure]
    """Mean distance between what was predicted and what happened, by name of the metric."""
    slices: Sequence[SliceDifference]
    costs: Costs
    bounds: Bounds = field(default=BOUNDS)
    calibration_rows: Mapping[str, int] = field(default_factory=dict)
    """On how many rows a calibration was measured, by name, where those are not all."""


def obstacles(evidence: Evidence) -> list[str]:
    """What keeps a challenger from being used: one phrase each, none when it passes."""
    found = []
    first, *others = evidence.against_baselines
    if not evidence.against_baselines[first].low > 0:
        found.append(f"not surely above the baseline ({first})")
    found += [f"not above the baseline ({name})" for name in others if not evidence.against_baselines[name].point > 0]
    champion = evidence.against_champion
    if champion is not None and not champion.point > 0:
        found.append("not above the champion")
    elif champion is not None and evidence.learnt_from_the_same and not champion.low > 0:
        found.append("not surely above the champion, which learnt from the same rows")
    for name, error in evidence.calibration.items():
        allowed = allowed_calibration_error(evidence, name)
        if not error.value <= allowed and not error.low <= evidence.bounds.calibration_error:  # few rows may be off by chance
            found.append(f"{name} is {error.value:.3f} [{error.low:.3f}, {error.high:.3f}], and {allowed:.3f} is allowed")
    found += [
        f"surely worse than the champion where {part.name} is {part.group} ({_figure(part)}, {part.rows:,} rows)"
        for part in evidence.slices
        if part.high < 0
    ]
    costs, bounds = evidence.costs, evidence.bounds
    if costs.batch_ms > bounds.batch_ms:
        found.append(f"{costs.batch_ms:.1f} ms per row of a batch, and {bounds.batch_ms:g} are allowed")
    if costs.single_ms > bounds.single_ms:
        found.append(f"{costs.single_ms:.0f} ms for one row, and {bounds.single_ms:g} are allowed")
    if costs.megabytes > bounds.megabytes:
        found.append(f"{costs.megabytes:.0f} MB, and {bounds.megabytes:g} are allowed")
    return found


def allowed_calibration_error(evidence: Evidence, name: str) -> float:
    """The bound, and what the error of a perfectly calibrated chance would be on so few rows: ten bins, each off by 0.8 of the
    standard error of a share, which is at most √(0.25 / rows of the bin)."""
    rows = evidence.calibration_rows.get(name, evidence.rows)
    return evidence.bounds.calibration_error + 0.8 * float(np.sqrt(0.25 * 10 / max(rows, 1)))


def simultaneous(spread: np.ndarray[Any, Any], point: float, groups: int) -> tuple[float, float]:
    """Ends of an interval that holds for several groups at once with 95 % (Bonferroni), from the spread of the draws."""
    known = spread[np.isfinite(spread)]
    reach = NormalDist().inv_cdf(1 - (1 - CONFIDENCE) / 2 / max(groups, 1)) * float(np.std(known)) if len(known) else np.inf
    return point - reach, point + reach


# Models of the warehouse


def promote(dataset: Dataset, spec: ModelSpec, tracker: Tracker, candidate: Candidate) -> Verdict:
    """Judge a candidate and, when it passes the gate, put it to use. Judging again changes nothing."""
    baseline = ensure_baseline(dataset, spec, tracker)
    champion = tracker.champion(spec.name) or baseline
    if candidate.version is None:
        return _verdict(champion, None, False, candidate.reason)
    challenger = tracker.version(spec.name, candidate.version)
    if challenger.number == champion.number:
        return _verdict(champion, challenger, False, "It is the champion already.")

    test = dataset.part("test", spec)
    files = tracker.files(challenger)
    score = run_program(files, test.raw)
    if not np.isfinite(score).all():
        raise Damaged(f"Model {spec.name} version {challenger.number} gives scores that are not finite.", "The champion stays.")
    rule_score = score_parts(fitted_rule(dataset, spec), dataset, spec, "test")
    rows = dataset.rows.filter(pl.col("part") == "test")
    champion_score = score_as_served(tracker.files(champion), spec, rows)
    error = candidate.metrics.get("calibration_error", 0.0)
    is_chance = spec.task is Kind.CHANCE and "calibration_error" in candidate.metrics
    evidence = Evidence(
        metric=spec.primary_metric,
        rows=len(test),
        against_baselines={spec.baseline.value: compare(spec, test, score, rule_score, _SEED)},
        against_champion=compare(spec, test, score, champion_score, _SEED),
        learnt_from_the_same=challenger.tags.get(DATASET) == champion.tags.get(DATASET),
        calibration={"calibration_error": Figure(error, error, error)} if is_chance else {},
        slices=_slices_of_part(spec, test, score, champion_score),
        costs=_costs_of(files, test.raw),
    )
    verdict = _decide(evidence, tracker, challenger, champion, f" as of {dataset.manifest.as_of:%Y-%m-%d}", tracker.crown)
    prune(tracker, spec.name)
    return verdict


def score_as_served(folder: Path, spec: ModelSpec, rows: pl.DataFrame) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Score rows of a dataset with a version in use, by the features of its own service; what the rows do not hold is unknown."""
    signature = read_signature(folder)
    service = signature["feature_service"]
    names = [name if service == spec.feature_service else served_name(service, name) for name in signature["inputs"]]
    known = rows.with_columns(pl.lit(None, dtype=pl.Float64).alias(name) for name in names if name not in rows.columns)
    return run_program(folder, matrix(known, [Input(name) for name in names]))


def _slices_of_part(
    spec: ModelSpec, test: Part, score: np.ndarray[Any, Any], other: np.ndarray[Any, Any]
) -> list[SliceDifference]:
    """The groups of every category among the inputs that are large enough to be judged."""
    groups = []
    for position, column in enumerate(spec.inputs):
        if column.scale is Scale.CATEGORY:
            values, counts = np.unique(test.raw[:, position], return_counts=True)
            large = values[counts >= FEWEST_OF_SLICE]
            groups += [(column.name, position, value) for value in large]
    found = []
    for name, position, value in groups:
        rows = test.raw[:, position] == value
        if not rows.any():  # unknown values, which equal nothing
            continue
        part = Part(test.raw[rows], test.target[rows], test.cluster[rows], test.within[rows])
        point, spread = differences(spec, part, score[rows], other[rows], _SEED)
        found.append(SliceDifference(name, f"{value:g}", int(rows.sum()), point, *simultaneous(spread, point, len(groups))))
    return found


def _costs_of(files: Path, raw: np.ndarray[Any, Any]) -> Costs:
    begin = time.monotonic()
    run_program(files, raw[:_PROBE_ROWS])
    batch = 1000 * (time.monotonic() - begin) / max(len(raw[:_PROBE_ROWS]), 1)
    begin = time.monotonic()
    run_program(files, raw[:1])
    single = 1000 * (time.monotonic() - begin)
    megabytes = sum(path.stat().st_size for path in files.rglob("*") if path.is_file()) / 1e6
    return Costs(round(batch, 4), round(single, 3), round(megabytes, 3))


# Tasks


def promote_task(
    task: Task,
    tracker: Tracker,
    version: Version,
    state: Path,
    home: Path,
    exam: Exam | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> Verdict:
    """Judge a version of a task and, when it passes the gate, put it to use and bring its files to where predictions are made.

    `exam` is the one that it was trained with; without it the snapshot of its rows is read again. Raises NotReady without a
    snapshot, Damaged for files that have changed or answers that are not finite; the champion stays then."""
    version = tracker.version(version.model, version.number)  # with the tags that it has now
    champion = tracker.champion(version.model)
    if champion is not None and champion.number == version.number:
        pack_version(task, tracker, version, home)
        return _verdict(champion, version, False, "It is the champion already.")
    if champion is not None and version.kind == BASELINE:
        return _verdict(champion, version, False, "The rule comes back by a rollback, not by the gate.")
    if champion is not None and ROLLED_BACK in version.tags:
        return _verdict(champion, version, False, f"Not promoted: it was rolled back ({version.tags[ROLLED_BACK]}).")

    program = load_program(task, tracker.files(version))
    exam = exam or sit_again(task, tracker, version, state, report)
    probe = exam.test.head(_PROBE_ROWS)
    answer(task, program, probe)
    if champion is not None:
        enter_champion(task, tracker, champion, exam, report)
    rules = list(task.rules)
    other = CHAMPION if exam.has(CHAMPION) else rules[0] if champion is not None and champion.kind == BASELINE else None
    evidence = Evidence(
        metric=task.primary,
        rows=exam.test.height,
        against_baselines={rule: exam.difference(CANDIDATE, rule) for rule in rules},
        against_champion=exam.difference(CANDIDATE, CHAMPION) if exam.has(CHAMPION) else None,
        learnt_from_the_same=champion is not None and champion.tags.get(DATASET) == version.tags.get(DATASET),
        calibration={name: figure for name, figure in exam.metrics(CANDIDATE).items() if _is_calibration(name)},
        slices=_slices_of_exam(exam, other) if other else [],
        costs=measure(task, program, probe, tracker.files(version)),
        calibration_rows={name: counted(exam.test) for name, counted in task.counted.items()},
    )

    def use(chosen: Version, tags: Mapping[str, str]) -> None:
        put_to_use(task, tracker, chosen, home, tags)

    verdict = _decide(evidence, tracker, version, champion, "", use)
    prune(tracker, version.model)
    return verdict


def sit_again(
    task: Task, tracker: Tracker, version: Version, state: Path, report: Callable[[str], None] = lambda _: None
) -> Exam:
    """The exam of a version that was trained before: its own rows, the rules, and its twin. Raises NotReady, Damaged."""
    _, examples = read_snapshot(state / SNAPSHOTS, version.tags.get(DATASET, ""))
    exam = sit_rules(task, examples, report)
    twin = load_program(task, tracker.beside(version) / HELD_OUT)
    exam.enter(CANDIDATE, answer(task, twin, exam.test), in_full=True, report=report)
    return exam


def rollback_task(task: Task, tracker: Tracker, home: Path, reason: str) -> Verdict:
    """Put the predecessor of a task's champion back to use, also where predictions are made. Raises as `rollback`."""
    return _roll_back(entry_of(task), tracker, reason, lambda version, tags: put_to_use(task, tracker, version, home, tags))


def _slices_of_exam(exam: Exam, other: str) -> list[SliceDifference]:
    found = []
    for part in exam.slices:
        point = exam.difference(CANDIDATE, other, part).point
        ends = simultaneous(exam.spread(CANDIDATE, other, part), point, len(exam.slices))
        found.append(SliceDifference(part.name, part.group, part.rows, point, *ends))
    return found


def _is_calibration(metric: str) -> bool:
    return metric.startswith(("ece", "calibration_error")) or metric.endswith(("_ece", "calibration_error"))


# Both


def rollback(spec: ModelSpec, tracker: Tracker, reason: str) -> Version:
    """Put the champion's predecessor back to use; the version rolled back is never promoted again by the gate.

    Raises NotReady when there is no champion or nothing before it, Damaged when the predecessor's files have changed.
    """
    return tracker.version(spec.name, rollback_model(spec, tracker, reason).champion)


def rollback_model(spec: ModelSpec, tracker: Tracker, reason: str) -> Verdict:
    """`rollback`, with what was decided."""
    return _roll_back(spec, tracker, reason, tracker.crown)


def _roll_back(spec: Named, tracker: Tracker, reason: str, use: Callable[[Version, Mapping[str, str]], object]) -> Verdict:
    champion = tracker.champion(spec.name)
    if champion is None or _PREVIOUS not in champion.tags:
        raise NotReady(f"Model {spec.name} has no earlier champion to go back to.", "The version in use stays.")
    previous = tracker.version(spec.name, champion.tags[_PREVIOUS])
    tracker.files(previous)
    words = f"Back in use after version {champion.number} was rolled back: {reason}"
    use(previous, {PROMOTION: words})
    tracker.tag(champion, {ROLLED_BACK: reason})
    return _verdict(previous, previous, True, words, previous=champion.number)


def prune(tracker: Tracker, model: str) -> list[Version]:
    """Delete the files of old versions; the champion, its predecessor, the rule and the three newest others keep theirs."""
    champion = tracker.champion(model)
    kept = {champion.number, champion.tags.get(_PREVIOUS)} if champion is not None else set()
    others = [version for version in reversed(tracker.versions(model)) if version.number not in kept and version.kind != BASELINE]
    deleted = [version for version in others[VERSIONS_KEPT:] if DELETED not in version.tags]
    for version in deleted:
        tracker.delete_files(version)
    return deleted


def _decide(
    evidence: Evidence,
    tracker: Tracker,
    challenger: Version,
    champion: Version | None,
    as_of: str,
    use: Callable[[Version, Mapping[str, str]], object],
) -> Verdict:
    """Pass or refuse a challenger, and write down why."""
    found = obstacles(evidence)
    if ROLLED_BACK in challenger.tags:
        found.insert(0, f"it was rolled back ({challenger.tags[ROLLED_BACK]})")
    first = next(iter(evidence.against_baselines))
    compared = [f"{evidence.metric} against the baseline {_figure(evidence.against_baselines[first])}"]
    if champion is not None and evidence.against_champion is not None:
        compared.append(f"against version {champion.number} {_figure(evidence.against_champion)}")
    figures = {
        "metric": evidence.metric,
        "rows": evidence.rows,
        "against_baselines": {name: asdict(found) for name, found in evidence.against_baselines.items()},
        "against_champion": asdict(evidence.against_champion) if evidence.against_champion else None,
        "learnt_from_the_same": evidence.learnt_from_the_same,
        "calibration": {name: asdict(error) for name, error in evidence.calibration.items()},
        "allowed_calibration_error": {name: allowed_calibration_error(evidence, name) for name in evidence.calibration},
        "slices": [asdict(part) for part in evidence.slices],
        "costs": asdict(evidence.costs),
        "bounds": asdict(evidence.bounds),
        "obstacles": found,
    }
    if found:
        reason = f"Not promoted{as_of}, {'; '.join(found)}: {', '.join(compared)}."
        tracker.tag(challenger, {PROMOTION: reason})
        used = champion or challenger
    else:
        reason = f"Promoted{as_of}: {', '.join(compared)}."
        use(challenger, {PROMOTION: reason, **({_PREVIOUS: champion.number} if champion is not None else {})})
        used = challenger
    LOGGER.info("%s: version %s. %s", challenger.model, challenger.number, reason)
    return _verdict(
        used,
        challenger,
        not found,
        reason,
        evidence.against_baselines[first],
        evidence.against_champion,
        previous=champion.number if champion is not None else None,
        figures=figures,
    )


def _verdict(
    champion: Version,
    judged: Version | None,
    is_promoted: bool,
    reason: str,
    against_baseline: Comparison | None = None,
    against_champion: Comparison | None = None,
    previous: str | None = None,
    figures: dict[str, Any] | None = None,
) -> Verdict:
    return Verdict(
        champion.model,
        is_promoted,
        champion.number,
        champion.kind,
        reason,
        against_baseline,
        against_champion,
        judged.number if judged is not None else None,
        previous,
        figures or {},
    )


def _figure(comparison: Comparison | SliceDifference) -> str:
    return f"{comparison.point:+.3f} [{comparison.low:+.3f}, {comparison.high:+.3f}]"
