"""The calendar: daily partitions for data and models, and date × lane for videos.

A *slot* is one place in a channel's calendar: a date and a lane, `<channel handle>.<slot>`. Lanes are added when a channel is
connected. Days reach thirty days into the future, because videos are planned ahead of the day they are published."""

from __future__ import annotations

from datetime import date

import dagster as dg

from core.ids import SlotId

FIRST_DAY = "2025-12-10"

daily = dg.DailyPartitionsDefinition(start_date=FIRST_DAY, end_offset=30)
lanes = dg.DynamicPartitionsDefinition(name="lane")
slots = dg.MultiPartitionsDefinition({"date": daily, "lane": lanes})


def partition_of(slot: SlotId) -> dg.MultiPartitionKey:
    """The partition of a slot."""
    return dg.MultiPartitionKey({"date": slot.on.isoformat(), "lane": slot.lane})


def calendar() -> tuple[date, date]:
    """First and last day that there is a partition for now."""
    first, last = daily.get_first_partition_key(), daily.get_last_partition_key()
    return date.fromisoformat(str(first)), date.fromisoformat(str(last))
