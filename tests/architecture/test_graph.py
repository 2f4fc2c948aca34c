"""The asset graph as a whole: what exists, who owns it, and that a change of it is a decision somebody sees in review."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import pytest

SNAPSHOT = Path(__file__).with_name("graph.json")


@pytest.fixture(scope="module")
def definitions() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Dagster's own beta notices
        from core.settings import Settings
        from orchestration.definitions import build_definitions

        yield build_definitions(Settings(_env_file=None))


def test_graph_is_the_committed_one(definitions: Any) -> None:
    """After an intended change, write it anew: `python -m tests.architecture.write_graph`."""
    assert describe(definitions) == json.loads(SNAPSHOT.read_text(encoding="utf-8"))


def test_every_asset_is_described_owned_grouped_and_kinded(definitions: Any) -> None:
    lacking = [
        (spec.key.to_user_string(), field)
        for spec in definitions.resolve_all_asset_specs()
        for field in ("description", "owners", "group_name", "kinds")
        if not getattr(spec, field) or getattr(spec, field) == "default"
    ]
    # Dagster adds a spec of its own for each external source only when the raw asset is missing, so none may be left bare.
    assert lacking == []


def test_jobs_and_schedules_resolve(definitions: Any) -> None:
    repository = definitions.get_repository_def()
    jobs = {"daily_job", "training_job", "drift_job", "niches_job", "slot_job", "snapshot_job", "monitoring_job", "retention_job"}
    assert jobs <= set(repository.job_names)
    schedules = {
        "data_daily",
        "training_weekly",
        "drift_daily",
        "niches_weekly",
        "next_day_slots_daily",
        "snapshots_hourly",
        "monitoring_hourly",
        "retention_daily",
    }
    assert {schedule.name for schedule in repository.schedule_defs} == schedules
    assert [sensor.name for sensor in repository.sensor_defs] == ["on_deferred_upload", "on_drift"]


def describe(definitions: Any) -> dict[str, dict[str, Any]]:
    """Every asset: its group, owners, kinds, partitions and upstream keys."""
    return {
        spec.key.to_user_string(): {
            "group": spec.group_name,
            "owners": sorted(spec.owners),
            "kinds": sorted(spec.kinds),
            "partitions": None if spec.partitions_def is None else type(spec.partitions_def).__name__,
            "deps": sorted(dep.asset_key.to_user_string() for dep in spec.deps),
        }
        for spec in sorted(definitions.resolve_all_asset_specs(), key=lambda spec: spec.key)
    }
