"""Ingestion: the raw tables as assets, one partition a day, and a check of the shape of what has landed.

What a partition holds is said in `connectors.ingest`; what its rows must look like in `connectors.checks`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import dagster as dg

from connectors.ingest import Ingested, Sources, ingest_day
from connectors.landing import asset_key
from orchestration.failures import plain_failures
from orchestration.partitions import daily
from orchestration.resources import Platform
from orchestration.stack import Stack


@dataclass(frozen=True)
class RawTable:
    """A raw table as an asset.

    Attributes:
        table: schema and name.
        description: what its rows are, ending with the grain.
        source: kind of the service that it comes from.
        deps: assets whose landed rows say what to ask for.
    """

    table: str
    description: str
    source: str
    deps: tuple[dg.AssetDep, ...] = ()

    @property
    def key(self) -> dg.AssetKey:
        return dg.AssetKey(asset_key(self.table).split("/"))


def _days_before(days: int) -> dg.TimeWindowPartitionMapping:
    return dg.TimeWindowPartitionMapping(start_offset=-days, end_offset=0, allow_nonexistent_upstream_partitions=True)


TABLES = (
    RawTable("raw_youtube.channels", "The operator's channels as of noon. One row per channel.", "youtube"),
    RawTable(
        "raw_youtube.videos",
        "Videos of the operator's channels of the last 90 days, found through the uploads playlists. One row per video.",
        "youtube",
        (dg.AssetDep(["raw_youtube", "channels"]),),
    ),
    RawTable(
        "raw_youtube.thumbnails",
        "Pictures of own videos that are new on the day or have a new address, measured at 320 × 180. One row per video.",
        "youtube",
        (dg.AssetDep(["raw_youtube", "videos"]),),
    ),
    RawTable("raw_youtube.charts", "The fifty most popular videos of five countries. One row per country and place.", "youtube"),
    RawTable(
        "raw_youtube.video_statistics",
        "Videos that charted on the three days before but not today, so that their growth stays known. One row per video.",
        "youtube",
        (dg.AssetDep(["raw_youtube", "charts"], partition_mapping=_days_before(3)),),
    ),
    RawTable(
        "raw_youtube.analytics_daily",
        "YouTube Analytics of own videos; the last days are read again, later wins. One row per Pacific day and video.",
        "youtube",
        (dg.AssetDep(["raw_youtube", "videos"]),),
    ),
    RawTable(
        "raw_youtube.reach_daily",
        "Thumbnail impressions and their click-through rate, from bulk reports. One row per Pacific day and video.",
        "youtube",
    ),
    RawTable("raw_hackernews.stories", "The top stories of Hacker News. One row per story.", "hackernews"),
    RawTable("raw_wikipedia.pageviews", "The most read Wikipedia articles of the day before. One row per article.", "wikipedia"),
)


def raw_asset(raw: RawTable) -> dg.AssetsDefinition:
    """The asset of a raw table. A range of days is landed in one run, day after day, each as of its own noon."""

    @dg.asset(
        key=raw.key,
        description=raw.description,
        group_name="ingestion",
        owners=["team:data"],
        kinds={"python", "postgres", raw.source},
        deps=raw.deps,
        partitions_def=daily,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool="youtube_api" if raw.source == "youtube" else None,
    )
    def land_days(context: dg.AssetExecutionContext, platform: Platform) -> None:
        stack = platform.get()
        with plain_failures(context):
            sources = sources_of(stack)
            for day in days_of(context.partition_keys):
                ingested = ingest_day(sources, raw.table, day, stack.clock_for(day))
                context.add_asset_metadata(metadata_of(raw.table, ingested), partition_key=day.isoformat())

    return land_days


def shape_check(raw: RawTable) -> dg.AssetChecksDefinition:
    """The check of a raw table's landings: wrong rows stop what is downstream, missing ones are a warning."""

    @dg.asset_check(
        asset=raw.key,
        name="rows_have_their_shape",
        description="Keys, formats and counts of the landed rows are as the source promises (Great Expectations).",
        blocking=True,
    )
    def rows_have_their_shape(context: dg.AssetCheckExecutionContext, platform: Platform) -> dg.AssetCheckResult:
        from connectors.checks import validate_landings

        with plain_failures(context):
            days = days_of(context.op_execution_context.partition_keys)
            report = validate_landings(platform.get().engine, raw.table, days[0], days[-1])
        return dg.AssetCheckResult(
            passed=report.success,
            severity=dg.AssetCheckSeverity.WARN if report.is_usable else dg.AssetCheckSeverity.ERROR,
            metadata={"rows": report.row_count, "claims": len(report.findings), "broken": _findings_table(report.broken)},
        )

    return rows_have_their_shape


def sources_of(stack: Stack) -> Sources:
    """What a day is ingested from, of a stack."""
    return Sources(stack.engine, stack.youtube, stack.hackernews, stack.wikipedia)


def days_of(partition_keys: Sequence[str]) -> list[date]:
    """The days of a run's partitions, in order."""
    return sorted(date.fromisoformat(key) for key in partition_keys)


def metadata_of(table: str, ingested: Ingested) -> dict[str, Any]:
    """What the UI shows beside a partition: its size, its price, its moment, and a few rows."""
    from connectors.checks import readable

    return {
        "dagster/partition_row_count": ingested.landing.row_count,
        "fetched_at": ingested.landing.fetched_at.isoformat(),
        "youtube_calls": ingested.calls,
        "quota_units": ingested.quota_units,
        "digest": ingested.landing.digest[:12],
        "sample": dg.MetadataValue.md(markdown_table(readable(table, ingested.sample))),
    }


def _findings_table(findings: Sequence[Any]) -> dg.MarkdownMetadataValue:
    rows = [
        {"claim": found.claim, "rows": str(found.unexpected_count), "for example": ", ".join(found.examples)}
        for found in findings
    ]
    return dg.MetadataValue.md(markdown_table(rows) if rows else "none")


def markdown_table(rows: Sequence[dict[str, str]], widest: int = 60) -> str:
    """Rows with equal keys as a Markdown table; cells are cut to `widest` characters."""
    if not rows:
        return "no rows"
    lines = [" | ".join(rows[0]), " | ".join("---" for _ in rows[0])]
    lines += [" | ".join(_cell(value, widest) for value in row.values()) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def _cell(value: str, widest: int) -> str:
    plain = " ".join(value.replace("|", "¦").split())
    return plain if len(plain) <= widest else f"{plain[: widest - 1]}…"


ASSETS = [raw_asset(raw) for raw in TABLES]
CHECKS = [shape_check(raw) for raw in TABLES]
