"""Makes versions: the baseline rule, registered before anything else, and challengers trained on a dataset.

Which of them is used is decided by `promotion`; this module only judges a fit on the test part after it is final."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from core.digest import digest_value
from core.errors import NotReady
from training.dataset import Dataset, Part, require_enough
from training.evaluation import metrics_of, plots
from training.export import Exportable, Signature, export, score_parts
from training.networks.baselines import fit_baseline
from training.specs import OUTPUT, ModelSpec
from training.tracking import AS_OF, DATASET, KEY, KIND, PROMOTION, Tracker, Version
from training.values import Candidate

LOGGER = logging.getLogger(__name__)

BASELINE, NETWORK, BOOSTED = "baseline", "network", "boosted"

Array = np.ndarray[Any, Any]

_FEWEST_TO_SELECT, _DROP = 100, 0.5
"""Inputs from which on a study selects those of the trees, and the share left out at each step. Of fewer, the few dozen rows of
the validation part tell nothing."""


def ensure_baseline(dataset: Dataset, spec: ModelSpec, tracker: Tracker) -> Version:
    """Register the baseline rule as the model's first version, in use until it is beaten; find it again later.

    Works on an empty dataset: the rule then gives its prior. Takes the place of a champion whose files are damaged.
    """
    version = tracker.find(spec.name, KIND, BASELINE)
    if version is None or not tracker.is_intact(version):
        rule = fitted_rule(dataset, spec)
        test = dataset.part("test", spec)
        metrics = metrics_of(spec, test, score_parts(rule, dataset, spec, "test"))
        LOGGER.info("%s: registering the rule to beat: %s", spec.name, spec.baseline.value)
        version = _register(dataset, spec, tracker, rule, BASELINE, BASELINE, metrics, metrics, {}, {}, [])
    champion = tracker.champion(spec.name)
    if champion is None or not tracker.is_intact(champion):
        reason = "first version" if champion is None else f"the files of version {champion.number} are damaged"
        tracker.crown(version, {PROMOTION: f"In use since {dataset.manifest.as_of:%Y-%m-%d}: {reason}."})
    return version


def train_challenger(dataset: Dataset, spec: ModelSpec, tracker: Tracker, trials: int, seed: int, studies: Path) -> Candidate:
    """Search, fit, export, judge on the test part and register one challenger: the network, boosted trees or both together,
    whichever is best on the validation part.

    The same dataset, seed, number of trials and spec give the version that is already there. With too little data there is
    no challenger, and the candidate says why; the baseline is registered in any case.
    """
    ensure_baseline(dataset, spec, tracker)
    digest = dataset.manifest.digest
    test = dataset.part("test", spec)
    rule_score = score_parts(fitted_rule(dataset, spec), dataset, spec, "test")
    baseline = metrics_of(spec, test, rule_score)
    try:
        require_enough(dataset.manifest, spec)
    except NotReady as reason:
        LOGGER.warning("%s: %s", spec.name, reason)
        return Candidate(spec.name, digest, None, str(reason), {}, baseline)
    key = digest_value({"dataset": digest, "seed": seed, "trials": trials, "spec": repr(spec)})
    if (known := tracker.find(spec.name, KEY, key)) is not None and tracker.is_intact(known):
        metrics = {
            name.removeprefix("test."): value for name, value in tracker.metrics(known).items() if name.startswith("test.")
        }
        return Candidate(spec.name, digest, known.number, "Trained before on the same dataset.", metrics, baseline, is_new=False)

    from training.boosted import fit_boosted
    from training.ensemble import choose
    from training.fit import fit
    from training.selection import only, select_boosted
    from training.study import search

    begin = time.monotonic()
    params = search(dataset, spec, f"{spec.name}-{key[:16]}", trials, seed, studies)
    fitted = fit(dataset, spec, params, seed, checkpoints=studies / "checkpoints")
    selected, selection = dataset, {}
    if trials > 0 and len(spec.inputs) >= _FEWEST_TO_SELECT:
        found = select_boosted(dataset, spec, seed, drop=_DROP)
        selected, selection = only(dataset, spec, found.chosen), found.as_params()
    choice = choose(dataset, spec, {NETWORK: fitted.network, BOOSTED: fit_boosted(selected, spec, seed)})
    score = score_parts(choice.model, dataset, spec, "test")
    metrics = metrics_of(spec, test, score)
    pictures = plots(spec, test, {spec.name: score, "baseline": rule_score}, rules_of(test, spec))
    extra = {**asdict(params), "epochs": fitted.epochs, "seed": seed, "trials": trials, **selection}
    extra |= {f"valid.{kind}": round(figure, 5) for kind, figure in choice.figures.items()}
    version = _register(
        dataset, spec, tracker, choice.model, choice.kind, key, metrics, baseline, extra, pictures, list(fitted.unseen_inputs)
    )
    LOGGER.info(
        "%s: version %s (%s) in %.1f s, %s %.3f, baseline %.3f",
        *(spec.name, version.number, choice.kind, time.monotonic() - begin, spec.primary_metric),
        *(metrics[spec.primary_metric], baseline[spec.primary_metric]),
    )
    return Candidate(spec.name, digest, version.number, "Trained.", metrics, baseline)


def fitted_rule(dataset: Dataset, spec: ModelSpec) -> nn.Module:
    """The baseline rule fitted on a dataset's training part."""
    train = dataset.part("train", spec)
    return fit_baseline(spec, train.raw, train.target)


def rules_of(part: Part, spec: ModelSpec) -> dict[str, Array]:
    """Scores of the further simple rules of a spec: single inputs, brought to 0..1 by rank; unknown values come last."""
    names = [column.name for column in spec.inputs]
    scores = {}
    for name, column, sign in spec.rules:
        values = sign * part.raw[:, names.index(column)].astype(np.float64)
        ranks = np.unique(np.where(np.isfinite(values), values, -np.inf), return_inverse=True)[1]
        scores[name] = ranks / max(float(ranks.max(initial=0)), 1.0)
    return scores


def _register(
    dataset: Dataset,
    spec: ModelSpec,
    tracker: Tracker,
    model: nn.Module | Exportable,
    kind: str,
    key: str,
    metrics: Mapping[str, float],
    baseline: Mapping[str, float],
    params: Mapping[str, Any],
    pictures: Mapping[str, bytes],
    unseen: list[str],
) -> Version:
    manifest = dataset.manifest
    signature = Signature(
        model=spec.name,
        kind=kind,
        feature_service=spec.feature_service,
        inputs=[column.name for column in spec.inputs],
        outputs=[OUTPUT],
        unseen_inputs=unseen,
        metrics=dict(metrics),
        baseline_metrics=dict(baseline),
        dataset_digest=manifest.digest,
        trained_as_of=f"{manifest.as_of:%Y-%m-%d}",
    )
    parts = {f"{name}_rows": part.rows for name, part in manifest.parts.items()}
    return tracker.register(
        spec,
        tags={KIND: kind, KEY: key, AS_OF: signature.trained_as_of, DATASET: manifest.digest},
        params={"feature_service": spec.feature_service, "dataset_digest": manifest.digest, **parts, **params},
        metrics={f"test.{name}": value for name, value in metrics.items()}
        | {f"baseline.{name}": value for name, value in baseline.items()},
        plots=pictures,
        write_model=lambda folder: export(model, spec, signature, folder, dataset.part("test", spec).raw),
    )
