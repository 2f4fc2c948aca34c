"""The calendar: daily partitions for data and models, and date × lane for videos.

A *slot* is one place in a channel's calendar: a date and a lane, `<channel handle>.<slot>`. Lanes are added when a channel is
connected. Days reach thirty days into the future, because videos are planned ahead of the day they are published."""

from __future__ import annotations

import dagster as dg

FIRST_DAY = "2025-12-10"

daily = dg.DailyPartitionsDefinition(start_date=FIRST_DAY, end_offset=30)
lanes = dg.DynamicPartitionsDefinition(name="lane")
slots = dg.MultiPartitionsDefinition({"date": daily, "lane": lanes})
