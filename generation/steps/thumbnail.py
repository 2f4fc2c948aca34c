"""`video/thumbnail`: several pictures for one story, measured, scored by the ctr model, the best one chosen."""

from __future__ import annotations

from datetime import datetime

from core.pictures import measure_picture
from generation.artifacts import ArtifactStore
from generation.media.thumbnail import draw_candidates
from generation.ports import Scorer
from generation.values import PolicyVerdict, ScoredThumbnail, SpokenScript, ThumbnailChoice

CANDIDATES = 4


def choose_thumbnail(
    verdict: PolicyVerdict, spoken: SpokenScript, publish_at: datetime, scorer: Scorer, artifacts: ArtifactStore
) -> ThumbnailChoice:
    """Draw candidates for the script that the policy allowed, and choose by the model's click-through rate.

    A rule, or a model that was not trained on pictures, gives all candidates the same rate. Then the one with the strongest
    contrast is taken, which is what can still be read at 320 pixels; the reason says so. Raises the scorer's errors.
    """
    script = verdict.script
    drawn = draw_candidates(script.thumbnail, CANDIDATES)
    features = [measure_picture(image.jpeg).measures for image in drawn]
    draft = {
        "channel_id": script.channel.channel_id,
        "title": script.title,
        "script": script.spoken_text,
        "category_id": script.channel.category_id,
        "duration_seconds": spoken.duration_seconds,
        "publish_at": publish_at,
    }
    scores = scorer.ctr([{**draft, "thumbnail": measured} for measured in features])
    candidates = [
        ScoredThumbnail(image=artifacts.put(image.jpeg, suffix=".jpg"), style=image.variant, features=measured, ctr=score.ctr)
        for image, measured, score in zip(drawn, features, scores, strict=True)
    ]
    candidates.sort(key=lambda candidate: (-candidate.ctr, -candidate.features["contrast"], candidate.style))
    is_scored = all(score.is_thumbnail_used for score in scores)
    return ThumbnailChoice(
        slot=script.slot,
        candidates=tuple(candidates),
        model_version=scores[0].model_version,
        reason="highest expected click-through rate" if is_scored else "strongest contrast: the model does not see pictures yet",
    )
