"""`video/quality_verdict`: what a finished film is worth, from facts measured in it, with weights that anyone can read.

Facts are measured in the file (`media.probe`), against the film's own plan and sound (`media.agreement`) and against the
channel's last films (`policy.variation`); `policy.standards` says what is asked of each, and where its floor lies. A title and
a length cannot tell a good draft from a bad one (a calibrated model says "about 50" for nearly all of them), so the learnt
likelihood stands beside the score, recalibrated from the channel's last videos, and decides nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from core.languages import is_english
from generation.artifacts import ArtifactStore
from generation.media.agreement import Agreement, agreement
from generation.media.picture import contrast, rgb
from generation.media.plan import Palette
from generation.media.probe import MediaFacts, survey
from generation.media.timeline import Orientation, Timeline, build_timeline
from generation.policy.standards import STANDARDS
from generation.policy.variation import Sameness, sameness
from generation.ports import QualityScore, Scorer
from generation.steps.narration import narration_of
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
from generation.writing.claims import Claims
from generation.writing.numbers import numbers_in
from generation.writing.tongue import in_english_notation
from training.recalibration import recalibrated, shift_of

ASPECTS = {"script": 0.25, "audio": 0.20, "visual": 0.40, "engagement": 0.15}
"""What the aspects count in the score. They add up to 1."""

AUTO_APPROVE, MANUAL_REVIEW, REJECT = 85.0, 60.0, 40.0
"""From 85 on a film is published by itself; from 60 on a person looks at it; below 40 it is rejected; between, made better."""

HELD, REFUSED = 84.0, 39.0
"""The most that a film scores with a fact below its floor, and below a fatal one."""

_REASONS = 5
_SENTENCE = re.compile(r"[.!?…]+(?:[\"”’]|\s|$)")
_VOWELS = re.compile(r"[aeiouy]+")
_Values = dict[str, float | None]


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
        past: the channel's last videos, newest first, for sameness.
        publish_at: when it is to be published, for the learnt likelihood.
        outcomes: of the channel's last videos, for its recalibration.

    Raises Damaged when the film or the narration in the store is not whole, and the scorer's errors.
    """
    script = policy.script
    facts, samples = survey(artifacts.path(film.film))
    orientation: Orientation = "portrait" if film.height > film.width else "landscape"
    timeline = build_timeline(script.plan, narration_of(spoken, artifacts), orientation=orientation)
    agreed = agreement(timeline, samples, [artifacts.load(poster) for poster in film.posters])
    repeated = sameness(script, artifacts.load(thumbnail.chosen.image), past, artifacts)
    values = {
        **_of_script(script, repeated),
        **_of_audio(facts, agreed, film),
        **_of_visual(facts, agreed, film, timeline),
        **_of_engagement(script, spoken, film, thumbnail, repeated),
    }
    measures = tuple(STANDARDS[name].judge(value) for name, value in values.items())
    aspects = {aspect: _mean([measure for measure in measures if measure.aspect == aspect]) for aspect in ASPECTS}
    score, vetoes, reasons = weigh(measures, sum(ASPECTS[aspect] * value for aspect, value in aspects.items()))
    channel = script.channel
    draft = _draft(channel.channel_id, script.title, script.spoken_text, film.duration_seconds, channel.category_id, publish_at)
    likelihood, learnt = likelihood_of(draft, outcomes, scorer)
    return QualityVerdict(
        slot=film.slot,
        decision=Decision.REJECT if vetoes else decide(score),
        score=score,
        aspects={aspect: round(value, 1) for aspect, value in aspects.items()},
        measures=measures,
        likelihood=likelihood,
        model_version=learnt.model_version,
        likelihood_learnt=learnt.likelihood,
        outcomes_count=len(outcomes),
        vetoes=vetoes,
        reasons=reasons,
    )


def weigh(measures: Sequence[Measure], mean: float) -> tuple[float, tuple[str, ...], tuple[str, ...]]:
    """The score of measures whose weighted mean is given, the fatal facts, and the other reasons, gravest first.

    A fact below its floor holds the score at HELD, a fatal one at REFUSED. What earned the least of its weight is named too."""
    vetoes = tuple(measure.breach for measure in measures if measure.is_fatal)
    held = [measure.breach for measure in measures if measure.breach and not measure.is_fatal]
    score = round(min(mean, REFUSED if vetoes else HELD if held else 100.0), 1)
    costs = sorted(((_cost(measure, measures), measure) for measure in measures if not measure.breach), key=lambda pair: -pair[0])
    lost = [_loss(measure, cost) for cost, measure in costs if cost >= 0.5]
    return score, vetoes, tuple((held + lost)[:_REASONS])


def _cost(measure: Measure, measures: Sequence[Measure]) -> float:
    """How many points of the score a measure does not earn."""
    whole = sum(one.weight for one in measures if one.aspect == measure.aspect)
    return 100 * ASPECTS[measure.aspect] * (1 - measure.points) * measure.weight / whole


def _loss(measure: Measure, cost: float) -> str:
    is_what = "is not measured" if measure.value is None else f"is {measure.value:g} {measure.unit}".strip()
    return f"“{measure.name.capitalize()}” {is_what}, {measure.wanted} is wanted: {cost:.1f} points."


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


def _of_script(script: Script, repeated: Sameness) -> _Values:
    told = in_english_notation(script.narration, script.plan.language)
    loose = Claims(script.facts, is_english=is_english(script.plan.language)).unfounded(told)
    claims = max(len(numbers_in(told)), len(loose))
    values: _Values = {
        "claims found in the data": 100 * (1 - len(loose) / claims) if claims else 100.0,
        "reading ease": reading_ease(script.narration),
        "shared with earlier scripts": _percent(repeated.script),
        "films with the same order": _percent(repeated.order),
        "cards of earlier films": _percent(repeated.cards),
        "length of the title": len(script.title),
    }
    if not is_english(script.plan.language):  # the formula is of English words
        del values["reading ease"]
    return values


def _of_audio(facts: MediaFacts, agreed: Agreement, film: Film) -> _Values:
    return {
        "loudness": facts.loudness_lufs,
        "true peak": facts.true_peak_dbtp,
        "peaks over the loudness": facts.true_peak_dbtp - facts.loudness_lufs if facts.loudness_lufs > -70 else None,
        "silence": 100 * facts.silence_ratio,
        "difference of the channels": facts.balance_db,
        "pace": 60 * film.words_count / film.duration_seconds,
        "longer than the picture, or shorter": facts.sync_difference_seconds,
        "likeness to the narration": _percent(agreed.sound_likeness),
        "sound off its time": agreed.sound_lag_seconds,
        "speech lost": agreed.speech_lost_seconds,
        "speech left out": _percent(agreed.speech_cut_ratio),
        "speech over the rest": agreed.speech_over_rest_db,
        "words with a voice": _percent(agreed.words_heard_ratio),
        "rests between words": _percent(agreed.pauses_agreed_ratio),
    }


def _of_visual(facts: MediaFacts, agreed: Agreement, film: Film, timeline: Timeline) -> _Values:
    asked = (timeline.width, timeline.height, timeline.fps)
    plays = (facts.video_codec, facts.pixel_format, facts.is_streamable) == ("h264", "yuv420p", True)
    return {
        "height of the picture": min(facts.width, facts.height),
        "asked size and rate": float((facts.width, facts.height, round(facts.fps)) == asked),
        "plays everywhere": float(plays),
        "damaged places": facts.errors,
        "off the planned length": abs(facts.video_seconds - timeline.duration_seconds),
        "black": facts.black_seconds,
        "frozen": agreed.frozen_seconds,
        "still above the captions": 100 * facts.still_ratio,
        "filled above the captions": 100 * facts.filled_ratio,
        "likeness to the plan": _percent(agreed.picture_likeness),
        "off the planned colours": agreed.colour_difference,
        "sharpness of the picture": agreed.picture_sharpness,
        "grain": agreed.grain,
        "captions shown": _percent(agreed.captions_shown_ratio),
        "without a caption": agreed.captions_missing_seconds,
        "words with a caption": 100 * film.captions_coverage,
        "contrast of the captions": agreed.captions_contrast,
        "contrast of labels": _least_contrast(timeline.palette),
        "sharpness of the captions": agreed.captions_sharpness,
        "seconds per picture": film.duration_seconds / len(film.scene_starts),
    }


def _least_contrast(palette: Palette) -> float:
    """Of what is written on the backdrop: headlines, labels, figures."""
    return min(contrast(rgb(ink), rgb(palette.background)) for ink in (palette.text, palette.muted, palette.contrast))


def _of_engagement(script: Script, spoken: SpokenScript, film: Film, thumbnail: ThumbnailChoice, repeated: Sameness) -> _Values:
    words = spoken.facts["words"]
    first = next(
        (float(word["start_seconds"]) for word in words if any(c.isdigit() for c in word["text"])), spoken.duration_seconds
    )
    return {
        "duration": film.duration_seconds,
        "first number is said at": first,
        "words of the thumbnail": len(script.thumbnail.headline.split()),
        "contrast of the thumbnail": thumbnail.chosen.features.get("contrast"),
        "likeness to earlier thumbnails": _percent(repeated.thumbnail),
    }


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _mean(measures: Sequence[Measure]) -> float:
    """Weighted mean of points, 0 to 100."""
    return 100 * sum(measure.points * measure.weight for measure in measures) / sum(measure.weight for measure in measures)
