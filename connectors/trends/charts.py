"""YouTube's charts as a source of trends: what has landed in `raw_youtube.charts`, so that no quota is spent twice."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from connectors.landing import has_landed, landed
from connectors.trends.source import TrendObservation
from core.errors import NotReady

if TYPE_CHECKING:
    from sqlalchemy import Engine

_CHARTS = "raw_youtube.charts"


class YouTubeCharts:
    """Reads the charts that have landed."""

    name = "youtube_charts"
    valid_for = timedelta(hours=24)

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def close(self) -> None:
        """Nothing is open."""

    def observe(self, day: date) -> list[TrendObservation]:
        """The day's charting videos, each at its best place of all countries. Raises NotReady before the charts have landed."""
        if not has_landed(self._engine, _CHARTS, day):
            raise NotReady(f"{_CHARTS} has not landed for {day}.", "Ingest it first.")
        best: dict[str, TrendObservation] = {}
        for row in landed(self._engine, _CHARTS, day, day):
            item, rank = row.payload["item"], int(row.payload["rank"])
            video_id, title = str(item["id"]), str(item["snippet"]["title"])
            if video_id not in best or rank < best[video_id].rank:
                views = item.get("statistics", {}).get("viewCount")
                best[video_id] = TrendObservation(
                    "youtube.charts", video_id, title, rank, None if views is None else float(views), item
                )
        return sorted(best.values(), key=lambda seen: (seen.rank, seen.key))
