"""When things run by themselves: the day's data after noon UTC, training on Mondays, a look at the champions,
and then the next day's slots; snapshots and a look at what is stale each hour; retention each night."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import dagster as dg

from orchestration.jobs import (
    PUBLICATION,
    daily_job,
    drift_job,
    monitoring_job,
    niches_job,
    retention_job,
    slot_job,
    snapshot_job,
    training_job,
)
from orchestration.partitions import lanes, partition_of
from orchestration.resources import Platform

DAY = "%Y-%m-%d"


@dg.schedule(job=daily_job, cron_schedule="0 12 * * *", execution_timezone="UTC")
def data_daily(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Ingest, transform and materialise the day at noon UTC."""
    return dg.RunRequest(partition_key=context.scheduled_execution_time.strftime(DAY))


@dg.schedule(job=training_job, cron_schedule="0 13 * * 1", execution_timezone="UTC")
def training_weekly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Train challengers each Monday, on what was known that day."""
    return dg.RunRequest(partition_key=context.scheduled_execution_time.strftime(DAY))


@dg.schedule(job=drift_job, cron_schedule="30 13 * * *", execution_timezone="UTC")
def drift_daily(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Look at the champions each day, on Mondays at the new ones; `on_drift` asks for training where it is due."""
    return dg.RunRequest(partition_key=context.scheduled_execution_time.strftime(DAY))


@dg.schedule(job=niches_job, cron_schedule="0 15 * * 1", execution_timezone="UTC")
def niches_weekly() -> dg.RunRequest:
    """Look each Monday whether a niche is better served by a model of its own."""
    return dg.RunRequest()


@dg.schedule(job=slot_job, cron_schedule="0 14 * * *", execution_timezone="UTC")
def next_day_slots_daily(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest]:
    """Make the videos of tomorrow's slots, one run per lane."""
    tomorrow = (context.scheduled_execution_time + timedelta(days=1)).strftime(DAY)
    for lane in context.instance.get_dynamic_partitions(lanes.name):
        slot = dg.MultiPartitionKey({"date": tomorrow, "lane": lane})
        yield dg.RunRequest(run_key=str(slot), partition_key=slot)


@dg.schedule(job=snapshot_job, cron_schedule="5 * * * *", execution_timezone="UTC")
def snapshots_hourly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Read the counts of young own videos each hour: the first two days decide what becomes of a video."""
    return dg.RunRequest(partition_key=context.scheduled_execution_time.strftime(DAY))


@dg.schedule(job=monitoring_job, cron_schedule="35 * * * *", execution_timezone="UTC")
def monitoring_hourly() -> dg.RunRequest:
    """Look each hour for what no run would tell."""
    return dg.RunRequest()


@dg.schedule(job=retention_job, cron_schedule="30 3 * * *", execution_timezone="UTC")
def retention_daily(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Delete each night what has outlived its period."""
    return dg.RunRequest(partition_key=context.scheduled_execution_time.strftime(DAY))


@dg.sensor(job=slot_job, minimum_interval_seconds=300)
def on_deferred_upload(context: dg.SensorEvaluationContext, platform: Platform) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Take up again what waited for a limit to pass, another moment or its picture: the last step alone, once per attempt."""
    from generation.outbox import PostgresOutbox

    stack = platform.get()
    outbox = PostgresOutbox(stack.engine, stack.clock)
    due = outbox.due(stack.present)
    if not due:
        yield dg.SkipReason("; ".join(outbox.waiting()) or "Nothing waits.")
    for slot, changed in due:
        yield dg.RunRequest(
            run_key=f"deferred:{slot}:{changed.isoformat()}",
            partition_key=partition_of(slot),
            asset_selection=[PUBLICATION],
        )


SENSORS = [on_deferred_upload]
SCHEDULES = [
    data_daily,
    training_weekly,
    drift_daily,
    niches_weekly,
    next_day_slots_daily,
    snapshots_hourly,
    monitoring_hourly,
    retention_daily,
]
