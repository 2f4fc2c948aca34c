"""Will a charting video break out within 48 hours?"""

from __future__ import annotations

import bentoml

from serving.schemas import TREND_PATH, TrendAnswer, TrendData, TrendRequest, TrendResult, TrendStatus
from serving.services.endpoint import SERVED, Endpoint, meta
from serving.services.http import LEAN, publish

READING = "views"
"""Null when the video has no reading within the features' time to live: then there is nothing to judge from."""


class Trend(Endpoint):
    """Breakout chances of videos, from their features in the online store."""

    trend_model = bentoml.models.BentoModel(f"trend:{SERVED.trend}")

    def __init__(self) -> None:
        super().__init__()
        self.trend = self.load(self.trend_model)

    @bentoml.api(route=TREND_PATH)
    def predict_trend(self, request: TrendRequest, /) -> TrendAnswer:
        """Predict which charting videos will break out within 48 hours. Videos without a current reading get no figure."""
        rows = self.ask(self.trend, [{"video_id": video_id} for video_id in request.video_ids])
        known = [row for row in rows if row.get(READING) is not None]
        chances = iter(self.score(self.trend, known, "video_id"))
        results = [
            TrendResult(video_id=row["video_id"], status=TrendStatus.SCORED, p_breakout=next(chances))
            if row.get(READING) is not None
            else TrendResult(video_id=row["video_id"], status=TrendStatus.UNKNOWN_VIDEO, p_breakout=None)
            for row in rows
        ]
        return TrendAnswer(data=TrendData(model_version=self.trend.version, results=results), meta=meta())


TrendService = publish(bentoml.service(name="trend", **LEAN)(Trend))
