"""Whether every day's bulk reports came: YouTube deletes a report after sixty days, and nothing brings it back.

What a missing day is, is said in `connectors.youtube.report_archive`."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import dagster as dg

from connectors.youtube.report_types import REPORT_TYPES
from core.clock import pacific_day
from orchestration.failures import plain_failures
from orchestration.ingestion import markdown_table, raw_key
from orchestration.resources import Platform

if TYPE_CHECKING:
    from connectors.youtube.report_archive import LostFile, MissingDay
    from orchestration.stack import Stack

COMPLETE = "no_day_is_missing"
MOST_SHOWN = 20
NOT_WRITTEN = "See whether its consent works: ytempire channels. If it does, YouTube has not written the report: ask its support."


@dg.multi_asset_check(
    name="reports_of_every_day",
    specs=[
        dg.AssetCheckSpec(
            COMPLETE,
            asset=raw_key(entry.table),
            description="Every day since the report was ordered has one, up to three days ago; an error before a day is lost.",
        )
        for entry in REPORT_TYPES.values()
    ],
    can_subset=True,
)
def reports_of_every_day(context: dg.AssetCheckExecutionContext, platform: Platform) -> Iterator[dg.AssetCheckResult]:
    """One step for all types. It asks nobody but the database, so it may run as often as one likes."""
    missing, lost = defaultdict(list), defaultdict(list)
    with plain_failures(context):
        days, files = condition(platform.get())
    for day in days:
        missing[day.report_type].append(day)
    for file in files:
        lost[file.report_type].append(file)
    chosen = {key.asset_key for key in context.selected_asset_check_keys}
    for entry in (entry for entry in REPORT_TYPES.values() if raw_key(entry.table) in chosen):
        yield complete_check(entry.report_type, missing[entry.report_type], lost[entry.report_type])


def condition(stack: "Stack") -> "tuple[list[MissingDay], list[LostFile]]":
    """The days that have no report yet, and the files of the archive that are missing or damaged."""
    from connectors.youtube.report_archive import lost_files, missing_days

    # A channel whose consent has ended is asked for nothing, and loses its reports all the same.
    channels = [account.channel_id for account in stack.accounts.accounts() if account.is_connected]
    return missing_days(stack.engine, channels, pacific_day(stack.present)), lost_files(stack.engine)


def complete_check(report_type: str, missing: "Sequence[MissingDay]", lost: "Sequence[LostFile]" = ()) -> dg.AssetCheckResult:
    """Judge the missing days of one type, oldest first: a warning, and an error once one is about to be lost, or where a file of
    the archive is."""
    is_critical = bool(lost) or any(found.is_critical for found in missing)
    rows = [
        {
            "channel": found.channel_id,
            "report": found.report_type,
            "day": found.day.isoformat(),
            "is lost on": found.expires_on.isoformat(),
            "why": f"{found.reason} {found.remedy}".strip() or NOT_WRITTEN,
        }
        for found in missing[:MOST_SHOWN]
    ]
    files = [{"partition": f"{file.partition_on}", "file": file.reason, "way out": file.remedy} for file in lost[:MOST_SHOWN]]
    findings = "\n\n".join(markdown_table(found, widest=200) for found in (rows, files) if found)
    return dg.AssetCheckResult(
        check_name=COMPLETE,
        asset_key=raw_key(REPORT_TYPES[report_type].table),
        passed=not missing and not lost,
        severity=dg.AssetCheckSeverity.ERROR if is_critical else dg.AssetCheckSeverity.WARN,
        description=" ".join([*_missing(report_type, missing), *_lost(lost)]) or "Every day has its report.",
        metadata={
            "missing_days": len(missing),
            "lost_files": len(lost),
            "findings": dg.MetadataValue.md(findings or "none"),
        },
    )


def summed_up(missing: "Sequence[MissingDay]", lost: "Sequence[LostFile]") -> list[str]:
    """What an operator must act on: days of all types that are about to be lost, and files of the archive that are."""
    critical = [found for found in missing if found.is_critical]
    return [*(_missing(critical[0].report_type, critical) if critical else []), *_lost(lost)]


def _missing(report_type: str, missing: "Sequence[MissingDay]") -> list[str]:
    if not missing:
        return []
    first = missing[0]
    more = f", and {len(missing) - 1} more" if len(missing) > 1 else ""
    why = f"The channel cannot be read: {first.reason} {first.remedy}".strip() if first.reason else NOT_WRITTEN
    return [
        f"{report_type} of channel {first.channel_id} has no report for {first.day}, which is lost on {first.expires_on}{more}."
        f" {why}"
    ]


def _lost(lost: "Sequence[LostFile]") -> list[str]:
    if not lost:
        return []
    more = f" And {len(lost) - 1} more." if len(lost) > 1 else ""
    return [f"{lost[0].report_type} of partition {lost[0].partition_on}: {lost[0].reason} {lost[0].remedy}{more}"]


CHECKS = [reports_of_every_day]
