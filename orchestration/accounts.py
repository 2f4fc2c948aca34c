"""Whether the owners' consents to their channels work, looked at before anything is read with them.

A consent that has ended is left out of the day's ingestion (`Stack.youtube`): it stops its own channel and no other."""

import dagster as dg

from orchestration.failures import plain_failures
from orchestration.ingestion import TOKEN_HEALTH, days_of, markdown_table
from orchestration.partitions import daily
from orchestration.resources import Platform


@dg.asset(
    key=TOKEN_HEALTH,
    description="Whether each connected channel's consent works, found by using it once. One row per channel.",
    group_name="ingestion",
    owners=["team:data"],
    kinds={"python", "postgres", "youtube"},
    partitions_def=daily,
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def token_health(context: dg.AssetExecutionContext, platform: Platform) -> None:
    """Check every token as of the last day of the range: health shows the moment, and no earlier one."""
    from orchestration.connecting import check_tokens

    with plain_failures(context):
        stack = platform.get()
        day = days_of(context.partition_keys)[-1]
        checks = check_tokens(stack, stack.clock_for(day).now())
    rows = [{"channel": check.handle, "health": check.health, "what": check.sentence} for check in checks]
    context.add_asset_metadata(
        {"channels": len(checks), "findings": dg.MetadataValue.md(markdown_table(rows, widest=200))},
        partition_key=day.isoformat(),
    )


@dg.asset_check(
    asset=token_health,
    name="every_consent_works",
    description="No consent has ended (error), and none is unused, incomplete or out of reach (warning).",
)
def every_consent_works(context: dg.AssetCheckExecutionContext, platform: Platform) -> dg.AssetCheckResult:
    """Not blocking: the other channels' day goes on."""
    with plain_failures(context):
        accounts = [account for account in platform.get().accounts.accounts() if account.health is not None]
    rows = [
        {"channel": account.handle, "health": account.health.value}
        for account in accounts
        if account.health is not None and account.health != "healthy"
    ]
    has_ended = any(account.health is not None and account.health.is_ended for account in accounts)
    return dg.AssetCheckResult(
        passed=not rows,
        severity=dg.AssetCheckSeverity.ERROR if has_ended else dg.AssetCheckSeverity.WARN,
        metadata={"channels": len(accounts), "findings": dg.MetadataValue.md(markdown_table(rows) if rows else "none")},
    )


ASSETS = [token_health]
CHECKS = [every_consent_works]
