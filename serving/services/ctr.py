"""Which share of the viewers who see a draft's thumbnail will click it?"""

from __future__ import annotations

import bentoml

from features.transforms import THUMBNAIL_FEATURES
from serving.schemas import CTR_PATH, CtrAnswer, CtrData, CtrRequest, CtrResult
from serving.services.endpoint import SERVED, Endpoint, knows_channel, meta
from serving.services.http import LEAN, publish


class Ctr(Endpoint):
    """Click-through rates of drafts."""

    ctr_model = bentoml.models.BentoModel(f"ctr:{SERVED.ctr}")

    def __init__(self) -> None:
        super().__init__()
        self.ctr = self.load(self.ctr_model)

    @bentoml.api(route=CTR_PATH)
    def predict_ctr(self, request: CtrRequest, /) -> CtrAnswer:
        """Predict the click-through rate of drafts, each with one candidate thumbnail or none."""
        # A thumbnail's measures are features themselves: a model that was trained on them finds them in the row by name.
        rows = self.ask(
            self.ctr,
            [
                draft.model_dump(exclude={"thumbnail"}) | (draft.thumbnail.model_dump() if draft.thumbnail else {})
                for draft in request.items
            ],
        )
        uses_thumbnail = not set(THUMBNAIL_FEATURES).isdisjoint(self.ctr.signature.inputs)
        results = [
            CtrResult(
                channel_id=row["channel_id"],
                ctr=rate,
                is_channel_known=knows_channel(row),
                is_thumbnail_used=uses_thumbnail and draft.thumbnail is not None,
            )
            for draft, row, rate in zip(request.items, rows, self.score(self.ctr, rows, "channel_id"), strict=True)
        ]
        return CtrAnswer(data=CtrData(model_version=self.ctr.version, results=results), meta=meta())


CtrService = publish(bentoml.service(name="ctr", **LEAN)(Ctr))
