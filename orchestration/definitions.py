"""The code location: every asset, check, job, schedule and sensor, in explicit lists."""

from __future__ import annotations

import dagster as dg

from core.settings import Settings, load_settings
from orchestration import (
    accounts,
    features,
    generation,
    ingestion,
    monitoring,
    niches,
    planning,
    reporting,
    retention,
    serving,
    training,
    trends,
)
from orchestration.io_managers import ArtifactIOManager
from orchestration.jobs import JOBS
from orchestration.progress import progress_logger
from orchestration.resources import Platform
from orchestration.schedules import SCHEDULES
from orchestration.schedules import SENSORS as SCHEDULE_SENSORS
from orchestration.stack import Stack
from orchestration.warehouse import warehouse_assets


def build_definitions(settings: Settings, stack: Stack | None = None) -> dg.Definitions:
    """Put the code location together for these settings; tests and notebooks pass a stack of their own."""
    platform = Platform.of(settings, stack)
    return dg.Definitions(
        assets=[
            *accounts.ASSETS,
            *ingestion.ASSETS,
            warehouse_assets(),
            *features.ASSETS,
            *trends.ASSETS,
            *planning.ASSETS,
            *retention.ASSETS,
            *training.ASSETS,
            *monitoring.ASSETS,
            *niches.ASSETS,
            *serving.ASSETS,
            *generation.ASSETS,
        ],
        asset_checks=[
            *accounts.CHECKS,
            *ingestion.CHECKS,
            *reporting.CHECKS,
            *features.CHECKS,
            *training.CHECKS,
            *generation.CHECKS,
        ],
        jobs=JOBS,
        schedules=SCHEDULES,
        sensors=[*monitoring.SENSORS, *SCHEDULE_SENSORS],
        resources={"platform": platform, "artifact_io": ArtifactIOManager(platform=platform)},
        loggers={"progress": progress_logger},
    )


@dg.definitions
def defs() -> dg.Definitions:
    """The code location of this process, from the environment's settings."""
    return build_definitions(load_settings())
