"""Ingestion: the raw tables as assets, one partition a day, and a check of the shape of what has landed.

What a partition holds is said in `connectors.feeds`; what its rows must look like in `connectors.checks`."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import dagster as dg

from connectors.feeds import FEEDS
from connectors.feeds.feed import Feed
from connectors.ingest import Ingested
from connectors.landing import asset_key
from orchestration.failures import concluded, plain_failures
from orchestration.partitions import daily
from orchestration.resources import Platform

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from connectors.members import LeftOut

TOKEN_HEALTH = dg.AssetKey(["youtube", "token_health"])
REACH = "raw_reporting.channel_reach_basic_a1"
SHAPE = "rows_have_their_shape"
VOLUME = "volume_is_usual"
FRESH = "is_fresh"
READ = "every_member_is_read"
MOST_NAMED = 20


def raw_key(table: str) -> dg.AssetKey:
    """The asset key of a raw table."""
    return dg.AssetKey(asset_key(table).split("/"))


def _deps(feed: Feed) -> list[dg.AssetDep]:
    mapping = (
        dg.TimeWindowPartitionMapping(start_offset=-feed.follows_days, end_offset=0, allow_nonexistent_upstream_partitions=True)
        if feed.follows_days
        else None
    )
    if feed.is_own and not feed.follows:
        # All bulk reports are ordered with the first that is read: the daily one, which begins with the first day of a range.
        first = raw_key(REACH)
        is_later = feed.table.startswith("raw_reporting.") and feed.cadence.is_once_a_range
        return [dg.AssetDep(first if is_later else TOKEN_HEALTH)]
    return [dg.AssetDep(raw_key(table), partition_mapping=mapping) for table in feed.follows]


def raw_asset(feed: Feed) -> dg.AssetsDefinition:
    """The asset of a raw table, with its checks. A range of days is landed in one run, day after day, each as of its own noon.

    The checks are made by the asset itself: steps of their own would cost more than the landing."""
    key = raw_key(feed.table)

    @dg.asset(
        key=key,
        description=feed.description,
        group_name="ingestion",
        owners=["team:data"],
        kinds={"python", "postgres", feed.service},
        deps=_deps(feed),
        partitions_def=daily,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool="youtube_api" if feed.service == "youtube" else None,
        check_specs=[
            dg.AssetCheckSpec(
                SHAPE,
                asset=key,
                description="Keys, formats and counts of the landed rows are as the source promises (Great Expectations).",
                blocking=True,
            ),
            dg.AssetCheckSpec(
                VOLUME,
                asset=key,
                description="As many rows came as on the fortnight before, within what is usual, and few were refused.",
                blocking=True,
            ),
            dg.AssetCheckSpec(
                READ,
                asset=key,
                description="No channel, video, region … was left out; an error once one has been for a week.",
            ),
        ],
    )
    def land_days(context: dg.AssetExecutionContext, platform: Platform) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        stack = platform.get()
        days = days_to_fetch(feed, context.partition_keys)
        with plain_failures(context):
            for day in days:
                ingested = stack.ingest(feed.table, day)
                context.add_asset_metadata(metadata_of(feed.table, ingested), partition_key=day.isoformat())
            checked = [shape_check(stack.engine, feed.table, days), volume_check(stack.engine, feed.table, days[-1])]
            read = members_check(stack.engine, feed.table, days[-1])
        yield dg.MaterializeResult()
        yield read
        yield from (result for check in checked for result in concluded(check))

    return land_days


def days_to_fetch(feed: Feed, partition_keys: Sequence[str]) -> list[date]:
    """The days of a range that are fetched: all, in order, or the last alone where it brings what the others would."""
    days = days_of(partition_keys)
    return days[-1:] if feed.cadence.is_once_a_range else days


def shape_check(engine: "Engine", table: str, days: Sequence[date]) -> dg.AssetCheckResult:
    """Judge the rows landed for some days: wrong rows stop what is downstream, missing ones are a warning."""
    from connectors.checks import validate_landings

    report = validate_landings(engine, table, days[0], days[-1])
    return dg.AssetCheckResult(
        check_name=SHAPE,
        passed=report.success,
        severity=dg.AssetCheckSeverity.WARN if report.is_usable else dg.AssetCheckSeverity.ERROR,
        description="; ".join(found.claim for found in report.broken) or "Every claim holds.",
        metadata={"rows": report.row_count, "claims": len(report.findings), "broken": _findings_table(report.broken)},
    )


def volume_check(engine: "Engine", table: str, day: date) -> dg.AssetCheckResult:
    """Judge the number of rows of a day: a warning where it is not usual, an error where too many were refused."""
    from connectors.volume import judge_volume

    verdict = judge_volume(engine, table, day)
    return dg.AssetCheckResult(
        check_name=VOLUME,
        passed=verdict.is_usual,
        severity=dg.AssetCheckSeverity.WARN if verdict.is_usable else dg.AssetCheckSeverity.ERROR,
        description=verdict.sentence,
        metadata={"rows": verdict.row_count, "rejected_rows": verdict.rejected_count},
    )


def members_check(engine: "Engine", table: str, day: date) -> dg.AssetCheckResult:
    """Name who was left out of a day's landing: a warning, and an error once it has lasted. The others' day goes on."""
    from connectors.absences import absences, sentences

    found = absences(engine, day, [table])
    rows = [
        {
            "member": f"{absence.kind} {absence.member}",
            "since": absence.since.isoformat(),
            "reason": absence.reason,
            "remedy": absence.remedy,
        }
        for absence in found[:MOST_NAMED]
    ]
    more = f" And {len(found) - 1} more." if len(found) > 1 else ""
    return dg.AssetCheckResult(
        check_name=READ,
        passed=not found,
        severity=dg.AssetCheckSeverity.ERROR if any(absence.is_alarming for absence in found) else dg.AssetCheckSeverity.WARN,
        description=f"{sentences(found)[0]}{more}" if found else "Every member was read.",
        metadata={"left_out": len(found), "findings": dg.MetadataValue.md(markdown_table(rows, widest=200))},
    )


def days_of(partition_keys: Sequence[str]) -> list[date]:
    """The days of a run's partitions, in order."""
    return sorted(date.fromisoformat(key) for key in partition_keys)


def metadata_of(table: str, ingested: Ingested) -> dict[str, Any]:
    """What the UI shows beside a partition: its size, its price, its moment, and a few rows."""
    from connectors.checks import readable

    return {
        "dagster/partition_row_count": ingested.landing.row_count,
        "rejected_rows": ingested.landing.rejected_count,
        **({"stopped_by": ingested.landing.stopped_by} if ingested.landing.stopped_by else {}),
        "left_out_members": len(ingested.landing.left_out),
        **({"left_out": dg.MetadataValue.md(_left_out_table(ingested.landing.left_out))} if ingested.landing.left_out else {}),
        "fetched_at": ingested.landing.fetched_at.isoformat(),
        "youtube_calls": ingested.calls,
        "quota_units": ingested.quota_units,
        "digest": ingested.landing.digest[:12],
        "sample": dg.MetadataValue.md(markdown_table(readable(table, ingested.sample))),
    }


def _left_out_table(left_out: "Sequence[LeftOut]") -> str:
    rows = [{"member": f"{left.kind} {left.member}", "reason": left.reason, "remedy": left.remedy} for left in left_out]
    return markdown_table(rows[:MOST_NAMED], widest=200)


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


def freshness_checks() -> dg.AssetChecksDefinition:
    """One step that looks at every raw table's last landing. It runs by itself, for stale data comes of no run at all."""

    @dg.multi_asset_check(
        name="sources_are_fresh",
        specs=[
            dg.AssetCheckSpec(
                FRESH, asset=raw_key(table), description="The last complete landing is no older than a day and a half."
            )
            for table in FEEDS
        ],
        can_subset=True,
    )
    def sources_are_fresh(context: dg.AssetCheckExecutionContext, platform: Platform) -> Iterator[dg.AssetCheckResult]:
        from connectors.volume import ages

        stack = platform.get()
        with plain_failures(context):
            chosen = {key.asset_key for key in context.selected_asset_check_keys}
            known = ages(stack.engine, [table for table in FEEDS if raw_key(table) in chosen], stack.present)
        for table, age in known.items():
            yield dg.AssetCheckResult(
                check_name=FRESH,
                asset_key=raw_key(table),
                passed=age.is_fresh,
                severity=dg.AssetCheckSeverity.ERROR if age.is_stale else dg.AssetCheckSeverity.WARN,
                description=age.sentence,
            )

    return sources_are_fresh


ASSETS = [raw_asset(feed) for feed in FEEDS.values()]
CHECKS = [freshness_checks()]
