"""The calendar as an asset: the slots of the coming days, and which uploads have become public."""

import dagster as dg

from orchestration.failures import plain_failures
from orchestration.ingestion import days_of
from orchestration.partitions import daily
from orchestration.resources import Platform

DAYS_AHEAD = 14


@dg.asset(
    key=["planning", "calendar"],
    description="The slots of the coming two weeks, and what became of those before. One row per lane and day.",
    group_name="features",
    owners=["team:studio"],
    kinds={"python", "postgres"},
    deps=[["raw_youtube", "videos"]],
    partitions_def=daily,
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def calendar(context: dg.AssetExecutionContext, platform: Platform) -> None:
    """Plan the slots of every active lane, and note the uploads that YouTube shows in public."""
    from connectors.landing import landed
    from core.clock import FrozenClock, noon
    from generation.planning.slots import calendar as planned_slots
    from generation.records import SlotRecords
    from generation.warehouse import PostgresWarehouse

    with plain_failures(context):
        engine, day = platform.get().engine, days_of(context.partition_keys)[-1]
        records = SlotRecords(engine, FrozenClock(noon(day)))
        lanes = PostgresWarehouse(engine).lanes()
        for lane in lanes:
            records.plan(lane, [entry.slot for entry in planned_slots([lane], day, DAYS_AHEAD)])
        videos = landed(engine, "raw_youtube.videos", day, day)
        statuses = {row.row_key: row.payload.get("status", {}) for row in videos}
        records.see_published(video for video, status in statuses.items() if status.get("privacyStatus") == "public")
        for sentence in records.see_trouble(statuses):
            context.log.warning(sentence)
        context.add_asset_metadata({"lanes": len(lanes), "days_ahead": DAYS_AHEAD}, partition_key=day.isoformat())


ASSETS = [calendar]
