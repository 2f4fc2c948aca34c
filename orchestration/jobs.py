"""The jobs. All run their steps in one process: a step's own work is seconds, and a new process per step would cost as much
again for imports. Where one machine is not enough, swap `executor_def` for Kubernetes or Ray (docs/guide/scaling.md)."""

from __future__ import annotations

import dagster as dg

DAILY_GROUPS = ("ingestion", "warehouse", "features")
SLOT_GROUPS = ("planning", "generation", "publishing")

daily_job = dg.define_asset_job(
    "daily_job",
    selection=dg.AssetSelection.groups(*DAILY_GROUPS),
    executor_def=dg.in_process_executor,
    description="One day: land every source, build the warehouse, materialise the features.",
)
training_job = dg.define_asset_job(
    "training_job",
    selection=dg.AssetSelection.groups("training", "serving"),
    executor_def=dg.in_process_executor,
    description="Train a challenger for each model as of a day, promote it where it is better, and bring the server up to date.",
)
slot_job = dg.define_asset_job(
    "slot_job",
    selection=dg.AssetSelection.groups(*SLOT_GROUPS),
    executor_def=dg.in_process_executor,
    description="One calendar slot: topic, script, policy, narration, thumbnail, film and short, quality, publication.",
)

JOBS = [daily_job, training_job, slot_job]
