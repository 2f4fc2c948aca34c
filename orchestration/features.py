"""The feature store as assets: the tables that are computed beside dbt's, its registry, and the online features as of a day. What
they hold is defined in `features`."""

import logging
from datetime import date

import dagster as dg

from features.series import SERIES, TEXT, Computed, write_days
from orchestration.failures import plain_failures
from orchestration.partitions import daily
from orchestration.resources import Platform

LOGGER = logging.getLogger(__name__)

FEATURE_TABLES = (
    "feat_video__reading",
    "feat_video__profile",
    "feat_video__series",
    "feat_video__text",
    "feat_video__market",
    "feat_channel__daily",
    "feat_topic__daily",
)
REGISTRY = dg.AssetKey(["feature_store", "registry"])
ONLINE = dg.AssetKey(["feature_store", "online"])


def computed(table: Computed, description: str) -> dg.AssetsDefinition:
    """The asset of a table of computed features."""

    @dg.asset(
        key=dg.AssetKey(["features", table.name]),
        group_name="features",
        deps=[dg.AssetKey(table.source.split("."))],
        partitions_def=daily,
        backfill_policy=dg.BackfillPolicy.single_run(),
        owners=["team:ml"],
        kinds={"python", "polars", "postgres"},
        description=description,
    )
    def rows(context: dg.AssetExecutionContext, platform: Platform) -> dg.MaterializeResult:
        """Compute what the days give or change, in one transaction."""
        with plain_failures(context):
            days = sorted(map(date.fromisoformat, context.partition_keys))
            written = write_days(platform.get().engine, table, days[0], days[-1])
            return dg.MaterializeResult(metadata={"rows_written": written, "columns": len(table.columns)})

    return rows


series = computed(SERIES, "A video's counts now and before, rates, accelerations and gaps. One row per video and reading.")
text = computed(TEXT, "A video's title in numbers: measures, scripts, kinds of words, language. One row per video and title.")


@dg.asset(
    key=REGISTRY,
    group_name="features",
    partitions_def=daily,
    backfill_policy=dg.BackfillPolicy.single_run(),
    owners=["team:ml"],
    kinds={"python", "feast", "postgres"},
    description="Feast's registry: entities, feature views and one feature service per model, from an explicit list.",
)
def registry(context: dg.AssetExecutionContext, platform: Platform) -> dg.MaterializeResult:
    """Register the definitions of `features` and drop what they no longer hold."""
    from features.repository import apply, open_store

    with plain_failures(context):
        stack = platform.get()
        return dg.MaterializeResult(metadata=dict(apply(open_store(stack.database_url, stack.redis_url))))


@dg.asset(
    key=ONLINE,
    group_name="features",
    deps=[REGISTRY, *(dg.AssetKey(["features", table]) for table in FEATURE_TABLES)],
    partitions_def=daily,
    backfill_policy=dg.BackfillPolicy.single_run(),
    owners=["team:ml"],
    kinds={"python", "feast", "redis"},
    description="The newest features of every channel, video and topic as of noon, in Redis, for serving.",
    check_specs=[
        dg.AssetCheckSpec(
            "every_row_has_keys", asset=ONLINE, description="No row of a feature table lacks its key or a timestamp."
        ),
        dg.AssetCheckSpec(
            "online_equals_historical", asset=ONLINE, description="A sample read online equals the offline features."
        ),
    ],
)
def online(context: dg.AssetExecutionContext, platform: Platform) -> dg.MaterializeResult:
    """Carry each view's window to Redis, then compare both stores on a sample."""
    from features.parity import differences, missing_keys
    from features.repository import materialise, open_store

    with plain_failures(context):
        stack = platform.get()
        store = open_store(stack.database_url, stack.redis_url)
        moment = stack.clock_for(date.fromisoformat(max(context.partition_keys))).now()
        counts = materialise(store, moment)
        LOGGER.info("features online as of %s: %d entities", f"{moment:%Y-%m-%d %H:%M}", sum(counts.values()))
        keyless = {table: rows for table, rows in missing_keys(stack.engine).items() if rows}
        unequal = {name: lines[:5] for name, lines in differences(store, stack.engine).items() if lines}
        return dg.MaterializeResult(
            metadata={"as_of": moment.isoformat(), **counts},
            check_results=[_claim("every_row_has_keys", keyless), _claim("online_equals_historical", unequal)],
        )


def _claim(name: str, exceptions: dict[str, int] | dict[str, list[str]]) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(check_name=name, asset_key=ONLINE, passed=not exceptions, metadata={"exceptions": exceptions})


ASSETS = [series, text, registry, online]
CHECKS: list[dg.AssetChecksDefinition] = []
"""The checks of these assets are made by the assets themselves, beside the store that is open already."""
