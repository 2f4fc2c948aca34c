"""The served service over features that a test knows: everything is the real thing but the feature store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import bentoml

from core.errors import Unreachable
from core.settings import Settings
from features.transforms import draft_features
from serving.services.api import Models
from serving.services.endpoint import FeatureReader
from serving.services.http import LEAN, publish
from training.specs import TREND

VIDEO = {each.name: float(number) for number, each in enumerate(TREND.inputs)} | {"growth_previous_48h": None}
CHANNEL = {"subscribers_count": 12_000.0, "median_views_20": 800.0, "ctr_20": 0.04}
UNREACHABLE_CHANNEL = "UCstoreisdown"


def read(service: str, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, float | None]]:
    """Features by id: videos and channels whose id begins with `known` have some."""
    return [_video(row) if service == "trend_v1" else _draft(row) for row in rows]


def _video(row: Mapping[str, Any]) -> dict[str, float | None]:
    return dict(VIDEO) if row["video_id"].startswith("known") else dict.fromkeys(VIDEO)


def _draft(row: Mapping[str, Any]) -> dict[str, float | None]:
    if row["channel_id"] == UNREACHABLE_CHANNEL:
        raise Unreachable("redis://:secret@10.0.0.1 does not answer")
    channel = CHANNEL if row["channel_id"].startswith("known") else dict.fromkeys(CHANNEL)
    return {**channel, **draft_features(row["title"], row["duration_seconds"], row["category_id"], row["publish_at"])}


class KnownModels(Models):
    """The three models over `read`."""

    def open_features(self, settings: Settings) -> FeatureReader:
        return read


Api = publish(bentoml.service(name="api", **LEAN)(KnownModels))
