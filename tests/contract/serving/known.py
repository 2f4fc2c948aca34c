"""Features that the tests know: videos and channels whose id begins with `known` have some. Without bentoml, so that a test's
own process need not load it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import polars as pl

from core.errors import Unreachable
from core.pictures import MEASURES
from features.scripts import script_columns
from features.texts import title_columns
from features.transforms import draft_features, thumbnail_columns
from training.specs import TREND

VIDEO = {each.name: float(number) for number, each in enumerate(TREND.inputs)} | {"growth_previous_48h": None}
CHANNEL = {"subscribers_count": 12_000.0, "median_views_20": 800.0, "ctr_20": 0.04}
UNREACHABLE_CHANNEL = "UCstoreisdown"


def read(service: str, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, float | None]]:
    """Read as the feature store does; one channel's features cannot be read."""
    return [_video(row) if service.startswith("trend") else _draft(service, row) for row in rows]


def _video(row: Mapping[str, Any]) -> dict[str, float | None]:
    return dict(VIDEO) if row["video_id"].startswith("known") else dict.fromkeys(VIDEO)


def draft_row(
    title: str, duration_seconds: float | None, category_id: float | None, publish_at: datetime, script: str | None = None
) -> dict[str, float | None]:
    """What a draft tells by itself, of the first versions of the services and the second, but for what it means."""
    titles, scripts = pl.Series([title]), pl.Series([script], dtype=pl.String)
    words = pl.concat([title_columns(titles), script_columns(scripts, titles)], how="horizontal")
    return draft_features(title, duration_seconds, category_id, publish_at) | words.cast(pl.Float64).row(0, named=True)


def _draft(service: str, row: Mapping[str, Any]) -> dict[str, float | None]:
    if row["channel_id"] == UNREACHABLE_CHANNEL:
        raise Unreachable("redis://:secret@10.0.0.1 does not answer")
    channel = CHANNEL if row["channel_id"].startswith("known") else dict.fromkeys(CHANNEL)
    draft = draft_row(row["title"], row["duration_seconds"], row["category_id"], row["publish_at"], row["script"])
    if not service.startswith("ctr"):
        return {**channel, **draft}
    thumbnail = thumbnail_columns({measure: [row[measure]] for measure in MEASURES})
    return {**channel, **draft, **{name: None if math.isnan(value) else value for name, (value,) in thumbnail.items()}}
