"""Training as assets, three per model and as-of day: dataset, challenger, champion. How is said in `training`.

A day on which there is too little data has no challenger, and says why; the rule to beat stays in use, and the run succeeds."""

import base64
from typing import TYPE_CHECKING, Any

import dagster as dg

from orchestration.failures import plain_failures
from orchestration.features import FEATURE_TABLES, REGISTRY
from orchestration.partitions import daily
from orchestration.resources import Platform
from training.specs import MODELS, ModelSpec, Task
from training.values import Candidate, Manifest, Verdict

if TYPE_CHECKING:
    from orchestration.stack import Stack
    from training.dataset import Dataset
    from training.tracking import Tracker

WELL_CALIBRATED = 0.05
"""Largest mean distance between predicted and observed chance that passes the check."""

_COMMON: dict[str, Any] = {
    "group_name": "training",
    "partitions_def": daily,
    "owners": ["team:ml"],
    "io_manager_key": "artifact_io",
}


def training_assets(spec: ModelSpec) -> list[dg.AssetsDefinition]:
    """The three assets of a model."""
    dataset_key, challenger_key, champion_key = (
        dg.AssetKey(["model", spec.name, noun]) for noun in ("dataset", "challenger", "champion")
    )

    tables = [dg.AssetKey(name.split(".")) for name in (spec.label_table, *(f"features.{table}" for table in FEATURE_TABLES))]

    @dg.asset(
        key=dataset_key,
        deps=[*tables, REGISTRY],
        kinds={"python", "feast", "postgres"},
        description=f"{spec.question} Labels known on the day with the features known at their moment, split in time, frozen.",
        **_COMMON,
    )
    def dataset(context: dg.AssetExecutionContext, platform: Platform) -> dg.MaterializeResult[Manifest]:
        """Freeze the snapshot and report its parts and what was kept out of it."""
        from features.repository import open_store
        from training.dataset import build_dataset

        with plain_failures(context):
            stack = platform.get()
            as_of = stack.clock_for(context.partition_time_window.start.date()).now()
            store = open_store(stack.database_url, stack.redis_url)
            manifest = build_dataset(stack.engine, store, spec, as_of, stack.settings.state / "snapshots")
            return dg.MaterializeResult(value=manifest, metadata=_dataset_metadata(manifest))

    @dg.asset(
        key=challenger_key,
        dagster_type=dg.Any,  # beside checks, an annotation cannot say what the value is
        ins={"manifest": dg.AssetIn(key=dataset_key)},
        kinds={"pytorch", "optuna", "mlflow", "onnx"},
        description=f"A network trained to answer: {spec.question} Judged on the test part beside the rule to beat.",
        check_specs=[
            dg.AssetCheckSpec("beats_baseline", asset=challenger_key, description=f"Better than: {spec.baseline.value}."),
            dg.AssetCheckSpec("is_calibrated", asset=challenger_key, description="What is predicted is what happens."),
        ],
        **_COMMON,
    )
    def challenger(context: dg.AssetExecutionContext, platform: Platform, manifest: Manifest) -> dg.MaterializeResult:
        """Search, fit, export, judge and register."""
        from training.candidates import train_challenger

        with plain_failures(context):
            stack = platform.get()
            tracker = _tracker(stack)
            settings, data = stack.settings, _load(stack, manifest)
            candidate = train_challenger(data, spec, tracker, settings.trials, settings.seed, settings.state / "studies")
            plots = tracker.plots(tracker.version(spec.name, candidate.version)) if candidate.version else {}
            return dg.MaterializeResult(
                value=candidate,
                metadata=_candidate_metadata(candidate, plots),
                check_results=[_beats_baseline(spec, candidate, challenger_key), _is_calibrated(spec, candidate, challenger_key)],
            )

    @dg.asset(
        key=champion_key,
        ins={"manifest": dg.AssetIn(key=dataset_key), "candidate": dg.AssetIn(key=challenger_key)},
        kinds={"python", "mlflow", "onnx"},
        description=f"The version in use for: {spec.question} It changes only when the challenger passes the promotion gate.",
        **_COMMON,
    )
    def champion(
        context: dg.AssetExecutionContext, platform: Platform, manifest: Manifest, candidate: Candidate
    ) -> dg.MaterializeResult[Verdict]:
        """Judge the challenger and move the alias when it is better."""
        from training.performance import record_performance, record_promotion
        from training.promotion import promote

        with plain_failures(context):
            stack = platform.get()
            verdict = promote(_load(stack, manifest), spec, _tracker(stack), candidate)
            record_performance(stack.engine, candidate, verdict, spec.primary_metric, manifest.as_of)
            record_promotion(stack.engine, verdict, manifest.as_of)
            return dg.MaterializeResult(value=verdict, metadata=_verdict_metadata(verdict))

    return [dataset, challenger, champion]


def _tracker(stack: "Stack") -> "Tracker":
    from training.tracking import Tracker

    return Tracker(stack.mlflow_url, stack.settings.state / "mlflow")


def _load(stack: "Stack", manifest: Manifest) -> "Dataset":
    from training.dataset import load_dataset

    return load_dataset(stack.settings.state / "snapshots", manifest.digest)


def _dataset_metadata(manifest: Manifest) -> dict[str, Any]:
    lines = ["| part | rows | positives | from | to |", "|---|---|---|---|---|"]
    lines += [
        f"| {name} | {part.rows:,} | {part.positives} | {part.first_at or ''} | {part.last_at or ''} |"
        for name, part in manifest.parts.items()
    ]
    leakage = manifest.leakage
    return {
        "digest": manifest.digest,
        "as_of": manifest.as_of.isoformat(),
        "feature_service": manifest.feature_service,
        "parts": dg.MetadataValue.md("\n".join(lines)),
        "thresholds": manifest.thresholds,
        "labels_not_known_yet": leakage.unknown_labels,
        "embargoed_rows": leakage.embargoed_rows,
        "purged_rows": leakage.purged_rows,
        "suspicious_inputs": list(leakage.suspicious_inputs),
        "timely_inputs": dict(leakage.timely_inputs),
        "future_rows": leakage.future_rows,
        "doubled_rows": leakage.doubled_rows,
        "constant_inputs": list(leakage.constant_inputs),
        "missing_inputs": list(leakage.missing_inputs),
        "sources": {table.name: table.rows for table in manifest.sources},
    }


def _candidate_metadata(candidate: Candidate, plots: dict[str, bytes]) -> dict[str, Any]:
    lines = ["| on the test part | challenger | baseline |", "|---|---|---|"]
    lines += [
        f"| {name} | {candidate.metrics.get(name, float('nan')):.4g} | {value:.4g} |"
        for name, value in candidate.baseline_metrics.items()
    ]
    pictures = {
        name: dg.MetadataValue.md(f"![{name}](data:image/png;base64,{base64.b64encode(picture).decode()})")
        for name, picture in plots.items()
    }
    said = {"version": candidate.version or "none", "reason": candidate.reason, "is_new": candidate.is_new}
    return {**said, "metrics": dg.MetadataValue.md("\n".join(lines)), **pictures}


def _verdict_metadata(verdict: Verdict) -> dict[str, Any]:
    return {
        "champion": f"version {verdict.champion} ({verdict.champion_kind})",
        "is_promoted": verdict.is_promoted,
        "reason": verdict.reason,
    }


def _beats_baseline(spec: ModelSpec, candidate: Candidate, key: dg.AssetKey) -> dg.AssetCheckResult:
    ours, rule = (metrics.get(spec.primary_metric) for metrics in (candidate.metrics, candidate.baseline_metrics))
    return dg.AssetCheckResult(
        check_name="beats_baseline",
        asset_key=key,
        passed=ours is not None and rule is not None and ours > rule,
        severity=dg.AssetCheckSeverity.WARN,
        description=candidate.reason if ours is None else f"{spec.primary_metric}: {ours:.3f}, baseline {rule:.3f}.",
    )


def _is_calibrated(spec: ModelSpec, candidate: Candidate, key: dg.AssetKey) -> dg.AssetCheckResult:
    error = candidate.metrics.get("calibration_error" if spec.task is Task.CHANCE else "mean_absolute_error")
    return dg.AssetCheckResult(
        check_name="is_calibrated",
        asset_key=key,
        passed=error is not None and error <= WELL_CALIBRATED,
        severity=dg.AssetCheckSeverity.WARN,
        description=candidate.reason
        if error is None
        else f"Off by {error:.3f} on the average; at most {WELL_CALIBRATED} passes.",
    )


ASSETS = [asset for spec in MODELS.values() for asset in training_assets(spec)]
CHECKS: list[dg.AssetChecksDefinition] = []
"""The checks of these assets are made by the assets themselves: they judge a value that only a run has."""
