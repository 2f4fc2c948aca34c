"""`video/quality_verdict`: what a finished film is worth, from facts measured in it, with weights that anyone can read.

A title and a length cannot tell a good draft from a bad one (a calibrated model says "about 50" for nearly all of them), so the
learnt likelihood stands beside the score, recalibrated from the channel's last videos, and decides nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from core.languages import is_english
from generation.artifacts import ArtifactStore
from generation.media.probe import MediaFacts, probe
from generation.policy.variation import likeness, narrations
from generation.ports import QualityScore, Scorer
from generation.values import (
    Decision,
    Film,
    Measure,
    PastOutcome,
    PastVideo,
    PolicyVerdict,
    QualityVerdict,
    Script,
    SpokenScript,
    ThumbnailChoice,
)
from generation.writing.numbers import numbers_in, unsupported
from generation.writing.tongue import in_english_notation
from training.recalibration import recalibrated, shift_of

ASPECTS = {"script": 0.30, "audio": 0.25, "visual": 0.30, "engagement": 0.15}
"""What the aspects count in the score. They add up to 1."""

AUTO_APPROVE, MANUAL_REVIEW, REJECT = 85.0, 60.0, 40.0
"""From 85 on a film is published by itself; from 60 on a person looks at it; below 40 it is rejected; between, made better."""

_SENTENCE = re.compile(r"[.!?…]+(?:[\"”’]|\s|$)")
_VOWELS = re.compile(r"[aeiouy]+")
_Band = tuple[float, float, float, float]


def judge_quality(
    policy: PolicyVerdict,
    spoken: SpokenScript,
    film: Film,
    thumbnail: ThumbnailChoice,
    past: Sequence[PastVideo],
    publish_at: datetime,
    scorer: Scorer,
    artifacts: ArtifactStore,
    outcomes: Sequence[PastOutcome] = (),
) -> QualityVerdict:
    """Measure a film and decide about it.

    Args:
        past: the channel's last videos, for originality.
        publish_at: when it is to be published, for the learnt likelihood.
        outcomes: of the channel's last videos, for its recalibration.

    Raises Damaged when the film in the store is not whole, and the scorer's errors.
    """
    script = policy.script
    facts = probe(artifacts.path(film.film))
    measures = (
        *_of_script(script, likeness(script.narration, narrations(past, script.slot, artifacts))),
        *_of_audio(facts, film),
        *_of_visual(facts, film),
        *_of_engagement(script, spoken, film, thumbnail),
    )
    aspects = {aspect: _mean([measure for measure in measures if measure.aspect == aspect]) for aspect in ASPECTS}
    score = sum(ASPECTS[aspect] * value for aspect, value in aspects.items())
    channel = script.channel
    draft = _draft(channel.channel_id, script.title, script.spoken_text, film.duration_seconds, channel.category_id, publish_at)
    likelihood, learnt = likelihood_of(draft, outcomes, scorer)
    return QualityVerdict(
        slot=film.slot,
        decision=decide(score),
        score=round(score, 1),
        aspects={aspect: round(value, 1) for aspect, value in aspects.items()},
        measures=measures,
        likelihood=likelihood,
        model_version=learnt.model_version,
        likelihood_learnt=learnt.likelihood,
        outcomes_count=len(outcomes),
    )


def likelihood_of(draft: Mapping[str, Any], outcomes: Sequence[PastOutcome], scorer: Scorer) -> tuple[float, QualityScore]:
    """The recalibrated likelihood of a draft in percent, and what the model says of it.

    The model is asked of the past videos too, as if they were drafts of today: what it is wrong about there, on the whole, is
    taken off its answer (`training.recalibration`)."""
    known = [
        _draft(draft["channel_id"], one.title, one.script, one.duration_seconds, one.category_id, one.published_at)
        for one in outcomes
    ]
    learnt, *earlier = scorer.quality([draft, *known])
    shift = shift_of([score.likelihood / 100 for score in earlier], [one.is_above_median for one in outcomes])
    return 100 * recalibrated(learnt.likelihood / 100, shift) if shift else learnt.likelihood, learnt


def _draft(
    channel_id: str, title: str, script: str | None, seconds: float, category_id: int, publish_at: datetime
) -> dict[str, Any]:
    return {
        "channel_id": channel_id,
        "title": title,
        "script": script,
        "duration_seconds": seconds,
        "category_id": category_id,
        "publish_at": publish_at,
    }


def decide(score: float) -> Decision:
    """What a score (0 to 100) leads to."""
    if score >= AUTO_APPROVE:
        return Decision.AUTO_APPROVE
    if score >= MANUAL_REVIEW:
        return Decision.MANUAL_REVIEW
    return Decision.REJECT if score < REJECT else Decision.REVISE


def reading_ease(text: str) -> float:
    """Flesch's reading ease: 206.835 - 1.015 words per sentence - 84.6 syllables per word. Higher is easier; 60 is plain English.

    Syllables are counted as groups of vowels, without a silent final e (Flesch 1948; the count is the usual approximation).
    """
    words = re.findall(r"[A-Za-z]+", text)
    sentences = max(len(_SENTENCE.findall(text)), 1)
    if not words:
        return 0.0
    syllables = sum(max(len(_VOWELS.findall(word.lower().removesuffix("e"))), 1) for word in words)
    return 206.835 - 1.015 * len(words) / sentences - 84.6 * syllables / len(words)


def _of_script(script: Script, alike: float) -> list[Measure]:
    told = in_english_notation(script.narration, script.plan.language)
    said = numbers_in(told)
    numbers = [fact.number for fact in script.facts if fact.number is not None]
    loose = unsupported(told, numbers, [fact.text for fact in script.facts if fact.text])
    traced = 100 * (1 - len(loose) / len(said)) if said else 100.0
    measures = [
        _measure("script", "numbers found in the data", traced, "%", "100", (100, 100, 90, 100), 3),
        _measure("script", "shared with earlier scripts", 100 * alike, "%", "at most 15", (0, 15, 0, 60), 3),
        _measure("script", "length of the title", len(script.title), "characters", "30 to 70", (30, 70, 5, 110), 1),
    ]
    if is_english(script.plan.language):  # the formula is of English words
        ease = reading_ease(script.narration)
        measures.insert(1, _measure("script", "reading ease", ease, "Flesch", "70 or more", (70, 200, 20, 200), 2))
    return measures


def _of_audio(facts: MediaFacts, film: Film) -> list[Measure]:
    pace = 60 * film.words_count / film.duration_seconds
    return [
        _measure("audio", "loudness", max(facts.loudness_lufs, -99), "LUFS", "-16 to -12", (-16, -12, -24, -6), 3),
        _measure("audio", "true peak", max(facts.true_peak_dbtp, -99), "dBTP", "at most -1", (-99, -1, -99, 0.5), 2),
        _measure("audio", "silence", 100 * facts.silence_ratio, "%", "at most 10", (0, 10, 0, 50), 2),
        _measure("audio", "pace", pace, "words/min", "135 to 165", (135, 165, 70, 240), 2),
        _measure(
            "audio", "longer than the picture, or shorter", facts.sync_difference_seconds, "s", "at most 0.1", (0, 0.1, 0, 1), 2
        ),
    ]


def _of_visual(facts: MediaFacts, film: Film) -> list[Measure]:
    is_asked = (facts.width, facts.height, round(facts.fps)) == (film.width, film.height, 30)
    plays = (facts.video_codec, facts.pixel_format, facts.is_streamable) == ("h264", "yuv420p", True)
    scene_seconds = film.duration_seconds / len(film.scene_starts)
    return [
        _measure(
            "visual", "height of the picture", min(facts.width, facts.height), "px", "1080 or more", (1080, 9999, 480, 9999), 2
        ),
        _measure("visual", "asked size and rate", float(is_asked), "", "yes", (1, 1, 0, 1), 1),
        _measure("visual", "plays everywhere", float(plays), "", "H.264, 4:2:0, streamable", (1, 1, 0, 1), 2),
        _measure("visual", "black pictures", 100 * facts.black_ratio, "%", "at most 2", (0, 2, 0, 20), 2),
        _measure("visual", "frozen pictures", 100 * facts.frozen_ratio, "%", "at most 10", (0, 10, 0, 60), 2),
        _measure("visual", "words with a caption", 100 * film.captions_coverage, "%", "98 or more", (98, 100, 80, 100), 3),
        _measure("visual", "seconds per picture", scene_seconds, "s", "3 to 9", (3, 9, 1, 30), 1),
    ]


def _of_engagement(script: Script, spoken: SpokenScript, film: Film, thumbnail: ThumbnailChoice) -> list[Measure]:
    words = spoken.facts["words"]
    first = next(
        (float(word["start_seconds"]) for word in words if any(c.isdigit() for c in word["text"])), spoken.duration_seconds
    )
    contrast = thumbnail.chosen.features.get("contrast")
    measures = [
        _measure("engagement", "duration", film.duration_seconds, "s", "45 to 90", (45, 90, 20, 180), 3),
        _measure("engagement", "first number is said at", first, "s", "at most 8", (0, 8, 0, 25), 2),
        _measure("engagement", "words of the thumbnail", len(script.thumbnail.headline.split()), "", "1 to 5", (1, 5, 0, 9), 1),
    ]
    if contrast is not None:  # a picture that was not measured is neither flat nor rich
        measures.append(_measure("engagement", "contrast of the thumbnail", contrast, "", "0.15 or more", (0.15, 9, 0.02, 9), 1))
    return measures


def _measure(aspect: str, name: str, value: float, unit: str, wanted: str, band: _Band, weight: float) -> Measure:
    return Measure(
        name=name,
        aspect=aspect,
        value=round(value, 2),
        unit=unit,
        wanted=wanted,
        points=round(_points(value, band), 3),
        weight=weight,
    )


def _points(value: float, band: _Band) -> float:
    """1 between the first two numbers of the band, 0 beyond the last two, a straight line between."""
    low, high, nothing_low, nothing_high = band
    if low <= value <= high:
        return 1.0
    edge, nothing = (low, nothing_low) if value < low else (high, nothing_high)
    return max(0.0, 1 - (value - edge) / (nothing - edge)) if nothing != edge else 0.0


def _mean(measures: Sequence[Measure]) -> float:
    """Weighted mean of points, 0 to 100."""
    return 100 * sum(measure.points * measure.weight for measure in measures) / sum(measure.weight for measure in measures)
