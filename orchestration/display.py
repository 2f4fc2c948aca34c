"""The values of a video as a person sees them in the Dagster UI: tables, texts and pictures as asset metadata."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import dagster as dg

from core.money import format_usd
from generation.artifacts import ArtifactStore
from generation.values import (
    Artifact,
    Film,
    PolicyVerdict,
    Publication,
    QualityVerdict,
    Script,
    SpokenScript,
    ThumbnailChoice,
    TopicChoice,
)

MAX_PICTURE_BYTES = 60_000
"""Of a picture within the metadata: the event log keeps it with every run."""

Metadata = dict[str, Any]


def topic_metadata(choice: TopicChoice) -> Metadata:
    """The choice, its reason, and what else was considered."""
    rows = [
        (one.headline, one.kind.value, f"{one.score:.0f}", _parts(one.parts), "; ".join(one.reasons), one.excluded)
        for one in choice.candidates
    ]
    return {
        "topic": choice.headline,
        "score": choice.score,
        "reason": choice.reason,
        "candidates": _table(("Candidate", "Kind", "Score", "Parts", "Reasons", "Excluded"), rows),
        "charts_of": choice.snapshot.on_date.isoformat(),
        "trend_model": choice.trend_model_version,
    }


def script_metadata(script: Script) -> Metadata:
    """The words, scene by scene, and the description."""
    rows = [(scene.visual.kind.replace("_", " "), scene.narration) for scene in script.plan.scenes]
    return {
        "title": script.title,
        "words": script.words_count,
        "writer": script.writer,
        "fallback": script.fallback or "none",
        "script": _table(("Picture", "Narration"), rows),
        "description": dg.MetadataValue.md(script.description.replace("\n", "  \n")),
        "tags": ", ".join(script.tags),
    }


def policy_metadata(verdict: PolicyVerdict) -> Metadata:
    """The verdict and its findings."""
    rows = [(one.check, one.severity.name.lower(), one.action.label, one.where, one.message) for one in verdict.findings]
    return {"verdict": verdict.action.label, "findings": _table(("Check", "Severity", "Action", "Where", "Finding"), rows)}


def narration_metadata(spoken: SpokenScript, artifacts: ArtifactStore) -> Metadata:
    """The voice, how long it speaks, what it cost."""
    return {
        "voice": spoken.facts["voice"],
        "fallback": spoken.facts["fallback"] or "none",
        "duration_seconds": round(spoken.duration_seconds, 1),
        "words": len(spoken.facts["words"]),
        "cost": format_usd(spoken.cost_usd_micros),
        "sound": _file(spoken.sound, artifacts),
    }


def thumbnail_metadata(choice: ThumbnailChoice, artifacts: ArtifactStore) -> Metadata:
    """The chosen picture, and all candidates with their measures."""
    rows = [(one.style, f"{one.ctr:.2%}", *(f"{value:.2f}" for value in one.features.values())) for one in choice.candidates]
    return {
        "thumbnail": _pictures([choice.chosen.image], artifacts),
        "reason": choice.reason,
        "expected_ctr": choice.chosen.ctr,
        "candidates": _table(("Style", "Expected CTR", *choice.chosen.features), rows),
        "ctr_model": choice.model_version,
        "file": _file(choice.chosen.image, artifacts),
    }


def film_metadata(film: Film, artifacts: ArtifactStore) -> Metadata:
    """Posters of the film, its measures and where it lies."""
    return {
        "posters": _pictures(film.posters, artifacts),
        "duration_seconds": round(film.duration_seconds, 1),
        "size": f"{film.width}×{film.height}",
        "megabytes": round(film.film.size_bytes / 1e6, 1),
        "render_seconds": round(film.render_seconds, 1),
        "film": _file(film.film, artifacts),
        "captions": _file(film.captions, artifacts),
    }


def quality_metadata(verdict: QualityVerdict) -> Metadata:
    """The score with all it is made of, and the learnt likelihood beside it."""
    rows = [
        (
            one.aspect,
            one.name,
            "not measured" if one.value is None else f"{one.value:g} {one.unit}".strip(),
            one.wanted,
            one.floor,
            f"{one.points:.2f}",
            f"{one.weight:g}",
        )
        for one in verdict.measures
    ]
    return {
        "score": verdict.score,
        "decision": verdict.decision.value,
        "reasons": " ".join((*verdict.vetoes, *verdict.reasons)) or "none",
        **{f"score_{aspect}": value for aspect, value in verdict.aspects.items()},
        "measures": _table(("Aspect", "Measure", "Value", "Wanted", "Floor", "Points", "Weight"), rows),
        "learnt_likelihood": verdict.likelihood if verdict.likelihood_learnt is None else verdict.likelihood_learnt,
        "recalibrated_likelihood": round(verdict.likelihood, 2),
        "recalibrated_from_videos": verdict.outcomes_count,
        "quality_model": verdict.model_version,
    }


def publication_metadata(publication: Publication, cost_usd_micros: int) -> Metadata:
    """What was reached, when the video becomes public, what the slot cost."""
    return {
        "title": publication.title,
        "state": publication.state.value,
        "video_id": publication.video_id or "none yet",
        "publish_at": publication.publish_at.isoformat() if publication.publish_at else "not planned",
        "has_thumbnail": publication.has_thumbnail,
        "note": publication.note or "none",
        "cost": format_usd(cost_usd_micros),
    }


def _parts(parts: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.2f}" for name, value in parts.items())


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> dg.MarkdownMetadataValue:
    lines = [header, ["---"] * len(header), *rows]
    return dg.MetadataValue.md("\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines) if rows else "none")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _file(artifact: Artifact, artifacts: ArtifactStore) -> dg.PathMetadataValue:
    return dg.MetadataValue.path(str(artifacts.path(artifact)))


def _pictures(pictures: Sequence[Artifact], artifacts: ArtifactStore) -> dg.MarkdownMetadataValue:
    room = MAX_PICTURE_BYTES // max(len(pictures), 1)
    encoded = (base64.b64encode(_small_jpeg(artifacts.load(picture), room)).decode() for picture in pictures)
    return dg.MetadataValue.md("\n\n".join(f"![picture](data:image/jpeg;base64,{content})" for content in encoded))


def _small_jpeg(content: bytes, room: int) -> bytes:
    """Shrink a picture until its file takes at most `room` bytes."""
    from PIL import Image

    side = 640
    while len(content) > room and side >= 80:
        with Image.open(BytesIO(content)) as image:
            image.thumbnail((side, side))
            smaller = BytesIO()
            image.convert("RGB").save(smaller, "JPEG", quality=75)
        content, side = smaller.getvalue(), side * 3 // 4
    return content
