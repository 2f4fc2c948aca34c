"""Whether a film shows and says what its timeline planned: captions, pictures and sound held against what they should be.

`probe` measures a file by itself; here the samples it took are compared with the captions as they are drawn, the posters, the
narration's own sound, and the times of its words. What cannot be compared is None, which means not measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from connectors.media.voice import Narration
from generation.media.compose import BurnedCaptions, poster_frames
from generation.media.layout import layout_for
from generation.media.motion import Inks
from generation.media.probe import BLOCK, PICTURES_PER_SECOND, SOUND_RATE, Samples, deviations, longest
from generation.media.timeline import Timeline

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Levels = NDArray[np.float64]

_SCALE = 4  # pixels of the film for one of a sample
_MARGIN = 0.15  # seconds around a change of captions in which either may be seen
_ALIKE = 0.7  # correlation of a caption with its drawing from which it is the one
_UNCHANGED = 0.15  # of 255, mean of luma and chroma: the band of the captions is what it was; a word that lights up is 0.6
_UNSEEN = 3  # changes in a row; one in ten falls between two samples
_PLAIN = 2.0  # of 255, standard deviation of a block: nothing but the backdrop is in it
_HOP = 0.02  # seconds of one level of sound
_FLOOR_DB, _HEARD_DB = -40.0, -22.0  # below the loud parts of a voice: nothing is heard; something surely is
_LOST_DB = 12.0  # so much quieter than the rest, speech is lost
_SPAN = 4.0  # seconds of sound that are placed by themselves, to find sound that drifts
_REACH = 1.0  # seconds to both sides in which they are looked for
_PAUSE = 0.2  # seconds: a shorter rest of a voice may lie within a word


@dataclass(frozen=True)
class Agreement:
    """How a film agrees with its plan; None where nothing could be compared.

    Attributes:
        captions_shown_ratio: share of the moments with a planned caption that show it.
        captions_missing_seconds: the longest time without a planned caption.
        captions_contrast: contrast of the captions' ink and ground, 1 to 21 (WCAG 2.2).
        captions_sharpness: of their edges, 1 as drawn.
        frozen_seconds: the longest time in which captions should change and nothing does.
        picture_likeness: correlation of the pictures with those planned, the least alike one.
        colour_difference: of 255, mean difference of colour from the pictures planned, the worst one.
        picture_sharpness: of the pictures' edges, 1 as planned.
        grain: of 255, how much plain parts of the pictures vary; the soft backdrop itself by less than 2.
        sound_likeness: correlation of the sound's levels with those of the narration, as planned.
        sound_lag_seconds: how far the sound is from where it should be, the worst span.
        speech_lost_seconds: how much speech is planned and not heard.
        speech_over_rest_db: how much louder the speech is than what else is heard.
        speech_cut_ratio: share of the narration's speech that the plan leaves out.
        words_heard_ratio: share of the time of words in which the narration is heard.
        pauses_agreed_ratio: share of the rests between words in which the narration rests.
    """

    captions_shown_ratio: float | None
    captions_missing_seconds: float | None
    captions_contrast: float | None
    captions_sharpness: float | None
    frozen_seconds: float | None
    picture_likeness: float | None
    colour_difference: float | None
    picture_sharpness: float | None
    grain: float | None
    sound_likeness: float | None
    sound_lag_seconds: float | None
    speech_lost_seconds: float | None
    speech_over_rest_db: float | None
    speech_cut_ratio: float | None
    words_heard_ratio: float | None
    pauses_agreed_ratio: float | None


def agreement(timeline: Timeline, samples: Samples, posters: Sequence[bytes]) -> Agreement:
    """Compare a film with its plan.

    Args:
        timeline: what was rendered.
        samples: of the film.
        posters: JPEGs of its `poster_frames`, as they were drawn.
    """
    levels = _levels_of(timeline.narration)
    return Agreement(
        **_of_captions(timeline, samples),
        **_of_pictures(timeline, samples, posters),
        **_of_sound(timeline, levels, samples.sound),
        **_of_words(timeline, levels),
    )


# Captions


def _of_captions(timeline: Timeline, samples: Samples) -> dict[str, float | None]:
    luma = samples.luma
    layout = layout_for(timeline.width, timeline.height)
    captions = BurnedCaptions(timeline, layout, Inks.of(timeline.palette))
    moments = [number / PICTURES_PER_SECOND for number in range(round(timeline.duration_seconds * PICTURES_PER_SECOND))]
    shown: list[int | None] = [_steady(captions, moment) for moment in moments]
    drawn = {number: _drawn(captions, number) for number in set(shown) if number is not None}
    likeness, sharpness, slopes = [], [], []
    for at, number in enumerate(shown):
        if number is None:
            continue
        box, expected = drawn[number]
        if at >= len(luma) or luma.shape[1:] != (timeline.height // _SCALE, timeline.width // _SCALE):
            likeness.append(0.0)
            continue
        seen = luma[at][box].astype(np.float32)
        likeness.append(_correlation(seen, expected))
        if likeness[-1] >= _ALIKE:
            slope, ground = np.polyfit(expected.ravel(), seen.ravel(), 1)
            slopes.append((float(slope + ground), float(ground)))
            sharpness.append(_edges(seen) / _edges(expected))
    if not likeness:
        nothing = (
            "captions_shown_ratio",
            "captions_missing_seconds",
            "captions_contrast",
            "captions_sharpness",
            "frozen_seconds",
        )
        return dict.fromkeys(nothing)
    is_shown = np.array(likeness) >= _ALIKE
    return {
        "captions_shown_ratio": float(is_shown.mean()),
        "captions_missing_seconds": longest(~is_shown) / PICTURES_PER_SECOND,
        "captions_contrast": float(np.median([_contrast(*pair) for pair in slopes])) if slopes else 1.0,
        "captions_sharpness": float(np.median(sharpness)) if sharpness else 0.0,
        "frozen_seconds": _frozen(timeline, captions, samples, moments),
    }


def _steady(captions: BurnedCaptions, moment: float) -> int | None:
    """The cue that is shown at a moment, and shortly before and after it; None when there is none, or two."""
    states = {state and state[0] for state in map(captions.state, (moment - _MARGIN, moment, moment + _MARGIN))}
    return states.pop() if len(states) == 1 else None


def _drawn(captions: BurnedCaptions, number: int) -> tuple[tuple[slice, slice], NDArray[np.float32]]:
    """Where a cue stands in a sample, and its luma there, from 0 for its ground to 1 for its ink."""
    box, image = captions.still(number)
    left, top = -(-box.left // _SCALE), -(-box.top // _SCALE)
    wide, high = box.right // _SCALE - left, box.bottom // _SCALE - top
    x, y = left * _SCALE - box.left, top * _SCALE - box.top
    area = (x, y, x + wide * _SCALE, y + high * _SCALE)
    small = np.asarray(image.convert("L").resize((wide, high), Image.Resampling.BOX, box=area), np.float32)
    scale = max(float(np.ptp(np.asarray(image.convert("L")))), 1.0)
    return (slice(top, top + high), slice(left, left + wide)), (small - small.min()) / scale


def _frozen(timeline: Timeline, captions: BurnedCaptions, samples: Samples, moments: Sequence[float]) -> float:
    """The longest time in which words should light up one after the other, and the band of the captions does not change."""
    band = layout_for(timeline.width, timeline.height).caption
    states = [captions.state(moment) for moment in moments]
    top, bottom = band.top // _SCALE, band.bottom // _SCALE
    luma = samples.luma[: len(states), top:bottom].astype(np.int16)
    chroma = samples.chroma[: len(states), :, top // 2 : bottom // 2].astype(np.int16)
    changes = np.abs(np.diff(luma, axis=0)).mean(axis=(1, 2)) + np.abs(np.diff(chroma, axis=0)).mean(axis=(1, 2, 3))
    unseen, worst, begun = 0, 0.0, 0
    for at, change in enumerate(changes):
        if change >= _UNCHANGED:
            unseen, begun = 0, at + 1
        elif states[at] != states[at + 1]:
            unseen += 1
            if unseen >= _UNSEEN:
                worst = max(worst, (at + 1 - begun) / PICTURES_PER_SECOND)
    return worst


# Pictures


def _of_pictures(timeline: Timeline, samples: Samples, posters: Sequence[bytes]) -> dict[str, float | None]:
    names = ("picture_likeness", "colour_difference", "picture_sharpness", "grain")
    above = layout_for(timeline.width, timeline.height).caption.top // _SCALE
    frames = poster_frames(timeline)
    if not posters or len(posters) != len(frames):
        return dict.fromkeys(names)
    compared = []
    for frame, poster in zip(frames, posters, strict=True):
        high, wide = samples.luma.shape[1:]
        near = round(frame / timeline.fps * PICTURES_PER_SECOND)
        if near >= len(samples.luma):
            return dict(zip(names, (0.0, 255.0, 0.0, 0.0), strict=True))
        picture = Image.open(BytesIO(poster)).convert("YCbCr").resize((wide, high), Image.Resampling.BOX)
        planned = np.asarray(picture, np.float32)[:above]
        around = range(max(near - 1, 0), min(near + 2, len(samples.luma)))  # what moves may be a sample early or late
        at = max(around, key=lambda one: _correlation(samples.luma[one, :above].astype(np.float32), planned[..., 0]))
        seen = samples.luma[at, :above].astype(np.float32)
        colour = np.asarray(picture.resize((wide // 2, high // 2), Image.Resampling.BOX), np.float32)[: above // 2, :, 1:]
        tint = samples.chroma[at, :, : above // 2].astype(np.float32).transpose(1, 2, 0)
        compared.append(
            (
                _correlation(seen, planned[..., 0]),
                float(np.abs(tint - 128 - (colour - 128) * 224 / 255).mean()),
                _edges(seen) / max(_edges(planned[..., 0]), 1e-6),
                _grain(seen, planned[..., 0]),
            )
        )
    likeness, differences, sharpness, grain = zip(*compared, strict=True)
    return dict(zip(names, (min(likeness), max(differences), float(np.median(sharpness)), max(grain)), strict=True))


# Sound


def _levels_of(narration: Narration) -> Levels:
    """The narration's level every _HOP seconds, in dB below its loud parts, at least _FLOOR_DB."""
    return _relative(_levels(narration.samples(), round(narration.sample_rate * _HOP)))


def _levels(sound: NDArray[Any], hop: int) -> Levels:
    count = len(sound) // hop
    power = np.square(sound[: count * hop].reshape(count, hop), dtype=np.float64).mean(axis=1)
    levels: Levels = 10 * np.log10(power + 1e-12)
    return levels


def _relative(levels: Levels) -> Levels:
    if not len(levels):
        return levels
    return np.clip(levels - np.percentile(levels, 90), _FLOOR_DB, 6.0)


def _of_sound(timeline: Timeline, levels: Levels, sound: NDArray[np.int16]) -> dict[str, float | None]:
    hops = round(timeline.duration_seconds / _HOP)
    planned = np.full(hops, _FLOOR_DB)
    for cut in timeline.cuts:
        first, last, at = (round(seconds / _HOP) for seconds in (cut.source_start, cut.source_end, cut.start))
        piece = levels[first:last][: max(hops - at, 0)]
        planned[at : at + len(piece)] = piece
    heard = planned > _HEARD_DB
    names = ("sound_likeness", "sound_lag_seconds", "speech_lost_seconds", "speech_over_rest_db")
    if not heard.any():
        return dict.fromkeys(names)
    raw = _levels(sound.astype(np.float32).mean(axis=1) / 32768, round(SOUND_RATE * _HOP)) if len(sound) else np.zeros(0)
    actual = np.full(hops, -120.0)
    actual[: len(raw)] = raw[:hops]
    gain = float(np.median(actual[heard] - planned[heard]))
    placed = np.clip(actual - gain, _FLOOR_DB, 6.0)
    lost = heard & (actual < planned + gain - _LOST_DB)
    rest = planned <= _FLOOR_DB + 3
    over = float(np.median(actual[heard]) - np.median(actual[rest])) if rest.sum() > 10 else None
    return {
        "sound_likeness": _correlation(placed, planned),
        "sound_lag_seconds": _lag(placed, planned),
        "speech_lost_seconds": float(lost.sum() * _HOP),
        "speech_over_rest_db": over,
    }


def _lag(placed: Levels, planned: Levels) -> float:
    """How far the sound must be shifted to match best: of its spans the one that lies farthest off."""
    reach, span = round(_REACH / _HOP), min(round(_SPAN / _HOP), len(planned))
    worst = 0.0
    for first in range(0, max(len(planned) - span, 0) + 1, span // 2):
        wanted = planned[first : first + span]
        if wanted.std() < 3:
            continue
        matches = [
            (_correlation(placed[first + lag : first + lag + span], wanted), -abs(lag))
            for lag in range(max(-reach, -first), min(reach, len(placed) - span - first) + 1)
        ]
        worst = max(worst, -max(matches)[1] * _HOP)
    return worst


def _of_words(timeline: Timeline, levels: Levels) -> dict[str, float | None]:
    """The times of the words against the narration's own sound."""
    narration = timeline.narration
    heard = levels > _HEARD_DB
    if not heard.any() or not narration.words:
        return dict.fromkeys(("speech_cut_ratio", "words_heard_ratio", "pauses_agreed_ratio"))
    kept, spoken, near = (np.zeros(len(levels), bool) for _ in range(3))
    for cut in timeline.cuts:
        kept[round(cut.source_start / _HOP) : round(cut.source_end / _HOP) + 1] = True
    for word in narration.words:
        first, last = round(word.start_seconds / _HOP), round(word.end_seconds / _HOP)
        spoken[first:last] = True
        near[max(first - 3, 0) : last + 3] = True
    resting = ~near
    return {
        "speech_cut_ratio": float((heard & ~kept).sum() / heard.sum()),
        "words_heard_ratio": float((levels > _FLOOR_DB + 5)[spoken].mean()) if spoken.any() else 0.0,
        "pauses_agreed_ratio": float((~heard)[resting].mean()) if resting.sum() > 10 else None,
    }


# Pictures and levels as numbers


def _correlation(first: NDArray[Any], second: NDArray[Any]) -> float:
    """Pearson's, 0 where either does not vary."""
    a, b = first.ravel() - first.mean(), second.ravel() - second.mean()
    scale = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / scale if scale > 1e-6 else 0.0


def _edges(picture: NDArray[Any]) -> float:
    """How steep the edges of a picture are beside how much it varies."""
    deviation = float(picture.std())
    return float(np.diff(picture, axis=1).std()) / deviation if deviation > 1e-6 else 0.0


def _grain(seen: NDArray[np.float32], planned: NDArray[np.float32]) -> float:
    """The standard deviation of what is seen within blocks that are plain in the picture planned, the median of them."""
    high, wide = (size // BLOCK * BLOCK for size in planned.shape)
    shown, drawn = (deviations(picture[:high, :wide]) for picture in (seen, planned))
    plain = drawn < _PLAIN
    return float(np.median(shown[plain])) if plain.any() else 0.0


def _contrast(ink: float, ground: float) -> float:
    """Contrast ratio of two levels of luma (limited range), as WCAG 2.2 has it of grey."""
    dark, light = sorted(min(max(level - 16, 0.0), 219.0) / 219 for level in (ink, ground))
    return float((light**2.2 + 0.05) / (dark**2.2 + 0.05))
