"""Will a draft hold its viewers longer than the median of its channel's last videos?"""

from __future__ import annotations

import bentoml

from serving.schemas import QUALITY_PATH, QualityAnswer, QualityData, QualityRequest, QualityResult
from serving.services.endpoint import PROBE, SERVED, Endpoint, knows_channel, meta
from serving.services.http import LEAN, publish

CALIBRATION = (
    "Chance in percent, learnt from title, script, length, category, time and the channel's past. These say little about"
    " retention: a calibrated model answers near 50 for most drafts, so use it beside measured facts, not to approve or reject."
)


class Quality(Endpoint):
    """Learnt likelihoods of drafts. Verdicts from measured facts are made in generation, not here."""

    quality_model = bentoml.models.BentoModel(f"quality:{SERVED.quality}")

    def __init__(self) -> None:
        super().__init__()
        self.quality = self.load(self.quality_model)
        self.ask(self.quality, [PROBE])

    @bentoml.api(route=QUALITY_PATH)
    def score_quality(self, request: QualityRequest, /) -> QualityAnswer:
        """Score drafts from 0 to 100: the chance of holding viewers above the channel's own median."""
        rows = self.ask(self.quality, [draft.model_dump() for draft in request.items])
        chances = self.score(self.quality, rows, "channel_id")
        results = [
            QualityResult(
                channel_id=row["channel_id"],
                likelihood=100 * chance,
                is_channel_known=knows_channel(row),
            )
            for row, chance in zip(rows, chances, strict=True)
        ]
        data = QualityData(model_version=self.quality.version, calibration=CALIBRATION, results=results)
        return QualityAnswer(data=data, meta=meta())


QualityService = publish(bentoml.service(name="quality", **LEAN)(Quality))
