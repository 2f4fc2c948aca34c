"""The jobs. All run their steps in one process: a step's own work is seconds, and a new process per step would cost as much
again for imports. Where one machine is not enough, swap `executor_def` for Kubernetes or Ray (docs/guide/scaling.md)."""

from __future__ import annotations

import dagster as dg

from orchestration import ingestion, reporting
from orchestration.generation import record_failure
from orchestration.niches import TASKS as NICHE_TASKS
from training.specs import MODELS

DAILY_GROUPS = ("ingestion", "warehouse", "features")
SLOT_GROUPS = ("planning", "generation", "publishing")

PUBLICATION = dg.AssetKey(["video", "publication"])

monitoring = dg.AssetSelection.checks(*ingestion.CHECKS, *reporting.CHECKS)
niches = dg.AssetSelection.assets(*(["model", name, "niches"] for name in NICHE_TASKS))
drift = dg.AssetSelection.assets(*(["model", name, "drift"] for name in MODELS))

daily_job = dg.define_asset_job(
    "daily_job",
    selection=dg.AssetSelection.groups(*DAILY_GROUPS) - monitoring,
    executor_def=dg.in_process_executor,
    description="One day: land every source, build the warehouse, materialise the features.",
)
training_job = dg.define_asset_job(
    "training_job",
    selection=dg.AssetSelection.groups("training", "serving") - drift - niches,
    executor_def=dg.in_process_executor,
    description="Train a challenger for each model as of a day, promote it where it is better, and bring the server up to date.",
)
drift_job = dg.define_asset_job(
    "drift_job",
    selection=drift,
    executor_def=dg.in_process_executor,
    description="Look whether each champion still meets what it learnt from, and is as good as it was.",
)
niches_job = dg.define_asset_job(
    "niches_job",
    selection=niches,
    executor_def=dg.in_process_executor,
    description="Train a challenger per niche where it has rows enough, and put it to use there where it is surely better.",
)
slot_job = dg.define_asset_job(
    "slot_job",
    selection=dg.AssetSelection.groups(*SLOT_GROUPS),
    executor_def=dg.in_process_executor,
    hooks={record_failure},
    description="One calendar slot: topic, script, policy, narration, thumbnail, film and short, quality, publication.",
)

monitoring_job = dg.define_asset_job(
    "monitoring_job",
    selection=monitoring,
    executor_def=dg.in_process_executor,
    description="What no run would tell: sources that are no longer fresh, and reports that never came.",
)
snapshot_job = dg.define_asset_job(
    "snapshot_job",
    selection=dg.AssetSelection.assets(["raw_youtube", "snapshots"]) - monitoring,
    executor_def=dg.in_process_executor,
    description="Counts of young own videos as of this hour, added to the day's.",
)
retention_job = dg.define_asset_job(
    "retention_job",
    selection=dg.AssetSelection.assets(["retention"]),
    executor_def=dg.in_process_executor,
    description="Delete what has outlived its period, and say what was deleted.",
)

JOBS = [daily_job, training_job, drift_job, niches_job, slot_job, monitoring_job, snapshot_job, retention_job]
