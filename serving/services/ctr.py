"""Which share of the viewers who see a draft's thumbnail will click it?"""

from __future__ import annotations

import bentoml

from core.pictures import MEASURES
from features.transforms import THUMBNAIL_FEATURES
from serving.schemas import CTR_PATH, CtrAnswer, CtrData, CtrRequest, CtrResult
from serving.scorer import Scorer
from serving.services.endpoint import PROBE, SERVED, Endpoint, knows_channel, meta
from serving.services.http import LEAN, publish


class Ctr(Endpoint):
    """Click-through rates of drafts."""

    ctr_model = bentoml.models.BentoModel(f"ctr:{SERVED.ctr}")

    def __init__(self) -> None:
        super().__init__()
        self.ctr = self.load(self.ctr_model)
        self.ask(self.ctr, [PROBE])
        self.sees_pictures = _sees_pictures(self.ctr)

    @bentoml.api(route=CTR_PATH)
    def predict_ctr(self, request: CtrRequest, /) -> CtrAnswer:
        """Predict the click-through rate of drafts, each with one candidate thumbnail or none."""
        rows = self.ask(
            self.ctr,
            [
                draft.model_dump(exclude={"thumbnail"})
                | (draft.thumbnail.model_dump() if draft.thumbnail else dict.fromkeys(MEASURES))
                for draft in request.items
            ],
        )
        results = [
            CtrResult(
                channel_id=row["channel_id"],
                ctr=rate,
                is_channel_known=knows_channel(row),
                is_thumbnail_used=self.sees_pictures and draft.thumbnail is not None,
            )
            for draft, row, rate in zip(request.items, rows, self.score(self.ctr, rows, "channel_id"), strict=True)
        ]
        return CtrAnswer(data=CtrData(model_version=self.ctr.version, results=results), meta=meta())


def _sees_pictures(scorer: Scorer) -> bool:
    """Whether the program's answer changes with the picture, by trial: the rule in use before a network has all inputs too,
    and a network does not react to an input that it never had a value of."""
    outputs = scorer.score([dict.fromkeys(THUMBNAIL_FEATURES, measure) for measure in (0.1, 0.9)])
    return outputs[0] != outputs[1]


CtrService = publish(bentoml.service(name="ctr", **LEAN)(Ctr))
