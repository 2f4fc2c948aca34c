"""The champions watched: each day a look at whether what they meet is still what they learnt from, and a sensor that has a model
trained again where it is not. How is said in `training.drift`.

A look that finds drift is a warning and fails no run: the champion stays in use until a challenger is better."""

import base64
import json
import os
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from core.disk import make_folder
from orchestration.failures import plain_failures
from orchestration.features import FEATURE_TABLES, REGISTRY
from orchestration.ingestion import markdown_table
from orchestration.jobs import training_job
from orchestration.partitions import daily
from orchestration.resources import Platform
from training.specs import MODELS, ModelSpec

if TYPE_CHECKING:
    from training.drift import Accuracy, DriftReport

STEADY, ACCURATE = "is_not_drifted", "accuracy_has_not_dropped"
DAY = "day"
"""Metadata of both checks: the partition that they are about."""

PAGES_KEPT = timedelta(days=30)
"""A page is four megabytes, most of it the code that draws it."""


def drift_key(model: str) -> dg.AssetKey:
    """Address of a model's daily look."""
    return dg.AssetKey(["model", model, "drift"])


def drift_asset(spec: ModelSpec) -> dg.AssetsDefinition:
    """The daily look at a model's champion, with its two checks."""
    key = drift_key(spec.name)
    tables = [dg.AssetKey(name.split(".")) for name in (spec.label_table, *(f"features.{table}" for table in FEATURE_TABLES))]

    @dg.asset(
        key=key,
        deps=[dg.AssetKey(["model", spec.name, "champion"]), *tables, REGISTRY],
        partitions_def=daily,
        group_name="training",
        owners=["team:ml"],
        kinds={"python", "evidently"},
        description=f"Whether the champion still meets what it learnt from, and is as good as it was. {spec.question}",
        check_specs=[
            dg.AssetCheckSpec(STEADY, asset=key, description="Inputs and scores lie as in the rows it learnt from."),
            dg.AssetCheckSpec(ACCURATE, asset=key, description="No loss beyond 5 % against what was recorded, chance aside."),
        ],
    )
    def drift(context: dg.AssetExecutionContext, platform: Platform) -> dg.MaterializeResult:
        """Compare, draw and judge as of the day."""
        from features.repository import open_store
        from training.drift import look
        from training.tracking import Tracker

        day = context.partition_time_window.start.date()
        with plain_failures(context):
            stack = platform.get()
            state, as_of = stack.settings.state, stack.clock_for(day).now()
            store, tracker = open_store(stack.database_url, stack.redis_url), Tracker(stack.mlflow_url, state / "mlflow")
            found = look(stack.engine, store, spec, tracker, state / "snapshots", as_of)
            metadata = _metadata(found.report)
            if found.is_judged:
                page = _write(pages_folder(state) / spec.name / f"{day}.html", found.page())
                picture = base64.b64encode(found.picture()).decode()
                metadata["page"] = dg.MetadataValue.path(str(page))
                metadata["stability"] = dg.MetadataValue.md(f"![stability](data:image/png;base64,{picture})")
            return dg.MaterializeResult(metadata=metadata, check_results=[*_checks(key, found.report, day)])

    return drift


def pages_folder(state: Path) -> Path:
    """Where the pages of the looks lie: a folder per model, a page per day."""
    return state / "drift"


def delete_old_pages(state: Path, now: datetime) -> int:
    """Delete the pages of days that are longer ago than PAGES_KEPT; returns how many."""
    before = f"{(now - PAGES_KEPT).date()}"
    old = [page for page in pages_folder(state).glob("*/*.html") if page.stem < before]
    for page in old:
        page.unlink(missing_ok=True)
    return len(old)


def _write(path: Path, content: bytes) -> Path:
    draft = make_folder(path.parent) / f".{path.name}.{os.getpid()}"
    draft.write_bytes(content)
    draft.replace(path)
    return path


def _metadata(report: "DriftReport") -> dict[str, Any]:
    rows = [
        {
            "input": entry.name,
            "stability": f"{entry.stability:.3f}" if entry.is_judged else "",
            "chance": f"{entry.chance:.2g}" if entry.is_judged else "",
            "verdict": entry.note or ("drifted" if entry.is_drifted else "steady"),
            "as asked": f"{asked.stability:.3f}" if asked.is_judged else asked.note,
        }
        for entry, asked in zip(report.inputs, report.served, strict=True)
    ]
    said: dict[str, Any] = {
        "version": report.version,
        "reason": report.reason,
        "drifted_share": report.share,
        "reference_rows": report.reference_rows,
        "current_rows": report.current_rows,
        "asked_rows": report.served_rows,
        "inputs": dg.MetadataValue.md(markdown_table(rows) if rows else "none"),
    }
    if report.score is not None and report.score.is_judged:
        said["score_stability"] = report.score.stability
    if report.accuracy is not None:
        said["accuracy"] = report.accuracy.now
    return said


def _checks(key: dg.AssetKey, report: "DriftReport", day: date) -> Iterator[dg.AssetCheckResult]:
    verdicts = {STEADY: (not report.drifted, report.reason), ACCURATE: (not report.has_dropped, _sentence(report.accuracy))}
    for name, (passed, reason) in verdicts.items():
        yield dg.AssetCheckResult(
            check_name=name,
            asset_key=key,
            passed=passed,
            severity=dg.AssetCheckSeverity.WARN,
            description=reason,
            metadata={DAY: f"{day}"},
        )


def _sentence(accuracy: "Accuracy | None") -> str:
    if accuracy is None:
        return "Not judged: too few outcomes are known since it was trained."
    return (
        f"{accuracy.metric} {accuracy.now:.3f} [{accuracy.low:.3f}, {accuracy.high:.3f}] on {accuracy.rows:,} rows since,"
        f" {accuracy.recorded:.3f} when it was made ({accuracy.change:+.1%})."
    )


def failed_day(instance: dg.DagsterInstance, model: str) -> str | None:
    """The latest day for which a look at a model found drift or a loss of accuracy, if its last look did."""
    days = []
    for name in (STEADY, ACCURATE):
        record = instance.get_latest_asset_check_evaluation_record(dg.AssetCheckKey(drift_key(model), name))
        evaluation = record.event.dagster_event.asset_check_evaluation_data if record and record.event else None  # type: ignore[union-attr]
        if evaluation is not None and not evaluation.passed and DAY in evaluation.metadata:
            days.append(str(evaluation.metadata[DAY].value))
    return max(days, default=None)


@dg.sensor(job=training_job, minimum_interval_seconds=300)
def on_drift(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """Have a model trained as of the day on which its champion was found drifted or worse; once per model and day.

    The cursor holds the last day that was asked for of each model."""
    asked: dict[str, str] = json.loads(context.cursor or "{}")
    requests = []
    for name in MODELS:
        day = failed_day(context.instance, name)
        if day is None or day <= asked.get(name, ""):
            continue
        asked[name] = day
        steps = [dg.AssetKey(["model", name, step]) for step in ("dataset", "challenger", "champion")]
        requests.append(
            dg.RunRequest(
                run_key=f"drift:{name}:{day}",
                partition_key=day,
                asset_selection=[*steps, dg.AssetKey("model_server")],
                tags={"ytempire/because": "drift"},
            )
        )
    return dg.SensorResult(run_requests=requests, cursor=json.dumps(asked, sort_keys=True))


ASSETS = [drift_asset(spec) for spec in MODELS.values()]
SENSORS = [on_drift]
