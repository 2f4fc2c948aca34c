"""The gate between a challenger and use, and the way back.

A challenger becomes champion when, on the test part of its own dataset and as the exported program that would be served,
1. every score is finite (that it equals its network was checked at export),
2. it beats the baseline rule fitted on the same training part: the 90 % interval of the difference lies above zero,
3. it beats the version in use: the difference is above zero. No interval is asked for here: among networks of equal worth the
   one that knows the newer rows is preferred. An older champion may have learnt from rows of this test part, which can only
   make the gate stricter.
A version that was rolled back is not promoted again. What was decided is kept in tags of the version."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import Damaged, NotReady
from training.candidates import ensure_baseline, fitted_rule
from training.dataset import Dataset
from training.evaluation import compare
from training.export import read_signature, run_program, score_parts
from training.specs import ModelSpec
from training.tracking import PROMOTION, Tracker, Version
from training.values import Candidate, Comparison, Verdict

LOGGER = logging.getLogger(__name__)

ROLLED_BACK = "rolled_back"
_PREVIOUS = "previous_champion"
_SEED = 0


def promote(dataset: Dataset, spec: ModelSpec, tracker: Tracker, candidate: Candidate) -> Verdict:
    """Judge a candidate and, when it passes the gate, put it to use. Judging again changes nothing."""
    baseline = ensure_baseline(dataset, spec, tracker)
    champion = tracker.champion(spec.name) or baseline
    if candidate.version is None:
        return _verdict(champion, False, candidate.reason)
    challenger = tracker.version(spec.name, candidate.version)
    if challenger.number == champion.number:
        return _verdict(champion, False, "It is the champion already.")

    test = dataset.part("test", spec)
    score = run_program(tracker.files(challenger), test.raw)
    if not np.isfinite(score).all():
        raise Damaged(f"Model {spec.name} version {challenger.number} gives scores that are not finite.", "The champion stays.")
    rule_score = score_parts(fitted_rule(dataset, spec), dataset, spec, "test")
    against_baseline = compare(spec, test, score, rule_score, _SEED)
    against_champion = compare(spec, test, score, _score_by_name(tracker.files(champion), spec, test.raw), _SEED)
    figures = (
        f"{spec.primary_metric} against the baseline {_figure(against_baseline)},"
        f" against version {champion.number} {_figure(against_champion)}"
    )
    day = f"{dataset.manifest.as_of:%Y-%m-%d}"
    if obstacle := _obstacle(challenger, against_baseline, against_champion):
        reason = f"Not promoted as of {day}, {obstacle}: {figures}."
        tracker.tag(challenger, {PROMOTION: reason})
        used = champion
    else:
        reason = f"Promoted as of {day}: {figures}."
        tracker.crown(challenger, {PROMOTION: reason, _PREVIOUS: champion.number})
        used = challenger
    LOGGER.info("%s: version %s. %s", spec.name, challenger.number, reason)
    return _verdict(used, used is challenger, reason, against_baseline, against_champion)


def rollback(spec: ModelSpec, tracker: Tracker, reason: str) -> Version:
    """Put the champion's predecessor back to use; the version rolled back is never promoted again by the gate.

    Raises NotReady when there is no champion or nothing before it.
    """
    champion = tracker.champion(spec.name)
    if champion is None or _PREVIOUS not in champion.tags:
        raise NotReady(f"Model {spec.name} has no earlier champion to go back to.", "The version in use stays.")
    previous = tracker.version(spec.name, champion.tags[_PREVIOUS])
    tracker.tag(champion, {ROLLED_BACK: reason})
    tracker.crown(previous, {PROMOTION: f"Back in use after version {champion.number} was rolled back: {reason}"})
    return previous


def _score_by_name(
    folder: Path, spec: ModelSpec, raw: np.ndarray[Any, np.dtype[np.float32]]
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Score rows with a version in use, which may have learnt from other inputs than the spec names today; those are unknown."""
    columns = dict(zip((column.name for column in spec.inputs), raw.T, strict=True))
    unknown = np.full(len(raw), np.nan, dtype=np.float32)
    return run_program(folder, np.stack([columns.get(name, unknown) for name in read_signature(folder)["inputs"]], axis=1))


def _obstacle(challenger: Version, against_baseline: Comparison, against_champion: Comparison) -> str | None:
    """What keeps a challenger from being used, or None."""
    if ROLLED_BACK in challenger.tags:
        return f"it was rolled back ({challenger.tags[ROLLED_BACK]})"
    if against_baseline.low <= 0:
        return "not surely above the baseline"
    if against_champion.point <= 0:
        return "not above the champion"
    return None


def _verdict(
    champion: Version,
    is_promoted: bool,
    reason: str,
    against_baseline: Comparison | None = None,
    against_champion: Comparison | None = None,
) -> Verdict:
    return Verdict(champion.model, is_promoted, champion.number, champion.kind, reason, against_baseline, against_champion)


def _figure(comparison: Comparison) -> str:
    return f"{comparison.point:+.3f} [{comparison.low:+.3f}, {comparison.high:+.3f}]"
