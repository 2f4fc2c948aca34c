"""A small made-up archive of charting videos, for the tasks on them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from training.sources import READINGS, VIDEOS

BEGIN = datetime(2026, 3, 1, 4, tzinfo=UTC)
DAYS = 100


def video(video_id: str, published_at: datetime, **changes: Any) -> dict[str, Any]:
    return {
        "video_id": video_id,
        "published_at": published_at,
        "title": "A title",
        "channel_id": "c",
        "channel_title": "C",
        "category_id": 20,
        "duration": 600,
    } | changes


def reading(video_id: str, fetched_at: datetime, views: int, **changes: Any) -> dict[str, Any]:
    return {
        "video_id": video_id,
        "fetched_at": fetched_at,
        "views": views,
        "likes": views // 20,
        "comments": views // 200,
        "n_countries": 1,
    } | changes


class Charts:
    """A source of given rows."""

    def __init__(self, videos: list[dict[str, Any]], readings: list[dict[str, Any]]) -> None:
        self._videos = pl.DataFrame(videos, schema=VIDEOS)
        self._readings = pl.DataFrame(readings, schema=READINGS).sort("fetched_at", "video_id")

    def until(self, moment: datetime) -> Charts:
        """The archive as it was at a moment."""
        return Charts(self._videos.to_dicts(), self._readings.filter(pl.col("fetched_at") <= moment).to_dicts())

    def videos(self) -> pl.DataFrame:
        return self._videos

    def readings(self) -> pl.DataFrame:
        return self._readings


def made_up(per_day: int = 12, seed: int = 1, days: int = DAYS) -> Charts:
    """Videos whose channel and first hours tell how they grow and how long they chart."""
    draw = np.random.default_rng(seed)
    videos, readings = [], []
    for day in range(days):
        for place in range(per_day):
            name = f"v{day:03}_{place:02}"
            channel = int(draw.integers(0, 12))
            fetched = BEGIN + timedelta(days=day)
            published = fetched - timedelta(hours=float(draw.uniform(1, 28)))
            music = channel % 3 == 0
            videos.append(
                video(
                    name,
                    published,
                    channel_id=f"c{channel}",
                    title=f"{'Song official' if music else 'Game part'} {channel} {place}",
                    category_id=10 if music else 20,
                )
            )
            size, exponent = 1_000 * (channel + 1) * draw.uniform(0.5, 2), 0.15 + 0.06 * channel * draw.uniform(0.7, 1.3)
            for later in range(int(draw.integers(1, 4 + channel))):
                moment = fetched + timedelta(days=later, minutes=float(draw.uniform(0, 2)))
                if day + later >= days:
                    break
                age = (moment - published).total_seconds() / 3600
                views = int(size * ((age + 1) / 10) ** exponent * draw.uniform(0.98, 1.02))
                readings.append(reading(name, moment, views, n_countries=1 + channel // 4))
    return Charts(videos, readings)
