"""Where features come from: the `feat_` tables of the warehouse, one source each.

`event_timestamp` is when a fact was true, `created_timestamp` when the platform learnt it. Joins honour both (`retrieval`).
A table must hold at most one row per entity, event and created time: Feast would return a training row twice for two."""

from __future__ import annotations

from feast.infra.offline_stores.contrib.postgres_offline_store.postgres_source import PostgreSQLSource


def _source(table: str, description: str) -> PostgreSQLSource:
    return PostgreSQLSource(
        name=table,
        table=f"features.{table}",
        timestamp_field="event_timestamp",
        created_timestamp_column="created_timestamp",
        description=description,
        owner="team:ml",
    )


VIDEO_READING = _source("feat_video__reading", "One row per video and reading of its public counts.")
VIDEO_PROFILE = _source("feat_video__profile", "One row per video and version of what was known when it was first seen.")
VIDEO_SERIES = _source("feat_video__series", "One row per video and reading: counts now and before, rates, accelerations.")
VIDEO_TEXT = _source("feat_video__text", "One row per video and title.")
VIDEO_MARKET = _source("feat_video__market", "One row per video and reading: what else charts that day, and its channel.")
CHANNEL_DAILY = _source("feat_channel__daily", "One row per channel and day.")
TOPIC_DAILY = _source("feat_topic__daily", "One row per topic and day.")
