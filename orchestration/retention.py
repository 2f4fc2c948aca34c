"""Retention as an asset: what is deleted each night, and the proof of it. The periods stand in `connectors.retention`."""

from datetime import datetime, timedelta
from pathlib import Path

import dagster as dg

from orchestration.failures import plain_failures
from orchestration.ingestion import markdown_table
from orchestration.monitoring import delete_old_pages
from orchestration.partitions import daily
from orchestration.resources import Platform
from orchestration.viewing import delete_old_film_pages

LOGS_KEPT = timedelta(days=30)


@dg.asset(
    description="Deletes what has outlived its period: data of others after 30 days, films, logs, pages, rejects. Row per table.",
    group_name="operations",
    owners=["team:platform"],
    kinds={"python", "postgres"},
    partitions_def=daily,
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def retention(context: dg.AssetExecutionContext, platform: Platform) -> None:
    """Enforce the periods as of the present moment, whatever the partition."""
    from connectors.retention import enforce_retention
    from generation.retention import discard_old_films

    with plain_failures(context):
        stack = platform.get()
        forgotten = enforce_retention(stack.engine, stack.present, stack.settings.others_kept_days)
        freed = discard_old_films(stack.engine, stack.artifacts, stack.present)
        pages = delete_old_pages(stack.settings.state, stack.present)
        films = delete_old_film_pages(stack.settings.state, stack.present)
        logs = delete_old_logs(stack.settings.state, stack.clock.now())
    rows = [{"table": entry.table, "before": f"{entry.before}", "rows": f"{entry.rows:,}"} for entry in forgotten]
    facts = {
        "films_bytes": freed,
        "log_files": logs,
        "drift_pages": pages,
        "film_pages": films,
        "deleted": dg.MetadataValue.md(markdown_table(rows) if rows else "nothing"),
    }
    for partition in context.partition_keys:
        context.add_asset_metadata(facts, partition_key=partition)


def delete_old_logs(folder: Path, now: datetime) -> int:
    """Delete log files that nobody has written to for LOGS_KEPT; returns how many."""
    before = (now - LOGS_KEPT).timestamp()
    old = [path for path in folder.rglob("*.log") if path.is_file() and path.stat().st_mtime < before]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


ASSETS = [retention]
