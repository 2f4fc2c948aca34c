"""The sound of a film: the narration's pieces over a quiet, synthesised music bed, mixed by moviepy, at a set loudness.

It is made block by block, so that what is held of a long film is its voice, not its mix."""

from __future__ import annotations

import wave
from collections.abc import Callable, Iterable, Iterator
from math import ceil, gcd
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from connectors.media.speech import Word
from connectors.media.voice import Narration
from generation.media.timeline import SAMPLE_RATE, Timeline

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Source = Callable[[int, int], NDArray[np.float32]]  # of a first sample and the one after the last: what lies between

LOUDNESS_LUFS = -14.0
"""What YouTube plays at; louder sound is turned down, quieter is not turned up."""

_HOP = SAMPLE_RATE // 10  # loudness is measured over 400 ms every 100 ms
_BLOCK = 27 * _HOP  # samples made at a time
_WINDOW = SAMPLE_RATE // 200 | 1  # 5 ms, in which the limiter turns down
_REACH = 2 * _WINDOW  # how far the limiter looks to both sides
_CEILING = 10 ** (-2.0 / 20)  # of samples: leaves 1 dB for what lies between them and for the AAC encoder
_BED_SECONDS = 16  # one round of four chords; the tones fit it in whole periods, so that it repeats without a seam
_BED_OPEN, _BED_DUCKED = 0.085, 0.028  # peak of the bed alone and under the voice
_RAMP_SECONDS = 0.25
# Semitones above the root: I-vi-IV-V, vi-IV-I-V, I-IV-vi-V with added ninths and sevenths, close together so that they blend.
_PROGRESSIONS = (
    ((0, 7, 14, 16), (-3, 4, 12, 16), (-7, 5, 12, 16), (-5, 7, 11, 14)),
    ((-3, 4, 12, 16), (-7, 5, 9, 16), (0, 7, 12, 16), (-5, 7, 11, 14)),
    ((0, 7, 11, 16), (-7, 5, 12, 16), (-3, 4, 12, 19), (-5, 7, 14, 17)),
)


def music_bed(seed: int, frames: int) -> NDArray[np.float32]:
    """Synthesise `frames` stereo samples of soft pads, shape (frames, 2), peak 1. The seed chooses the key and the chords."""
    return np.resize(_bed_round(seed), (frames, 2))


def _bed_round(seed: int) -> NDArray[np.float32]:
    """The _BED_SECONDS of music that repeat."""
    random = np.random.default_rng(seed)
    root = 110.0 * 2 ** (int(random.integers(-3, 5)) / 12)
    chords = _PROGRESSIONS[int(random.integers(len(_PROGRESSIONS)))]
    length = _BED_SECONDS * SAMPLE_RATE
    spectrum = np.zeros((length // 2 + 1, 2), np.complex64)
    bed = np.zeros((length, 2), np.float32)
    per_chord = length // len(chords)
    position = np.arange(length)
    for number, chord in enumerate(chords):
        spectrum[:] = 0
        for semitones in chord:
            for harmonic, level in ((1, 1.0), (2, 0.30), (3, 0.10)):
                for detune in (-0.12, 0.12):  # two slightly different tones: a slow beating that sounds like a choir of strings
                    bin_number = round((root * harmonic * 2 ** (semitones / 12) + detune) * _BED_SECONDS)
                    angle = random.random() * 2 * np.pi
                    pan = 0.5 + 0.3 * np.sign(detune)
                    spectrum[bin_number] += level * np.exp(1j * angle) * np.array((pan, 1 - pan))
        centre = (number + 0.5) * per_chord
        distance = np.abs((position - centre + length / 2) % length - length / 2) / per_chord
        envelope = np.clip(1.15 - distance * 1.3, 0, 0.5).astype(np.float32) * 2
        bed += np.fft.irfft(spectrum, length, axis=0).astype(np.float32) * envelope[:, None]
    bed /= np.abs(bed).max()
    return bed


def duck(words: tuple[Word, ...], frames: int) -> NDArray[np.float32]:
    """The bed's level for each of `frames` samples: low while words are spoken, fading in at the start and out at the end."""
    return np.interp(np.arange(frames) / SAMPLE_RATE, *_levels(words, frames)).astype(np.float32)


def _levels(words: tuple[Word, ...], frames: int) -> tuple[list[float], list[float]]:
    """The corners of the bed's level: seconds and levels."""
    times, levels = [0.0], [0.0]
    spans: list[list[float]] = []
    for word in words:
        if spans and word.start_seconds - spans[-1][1] < 3 * _RAMP_SECONDS:
            spans[-1][1] = word.end_seconds
        else:
            spans.append([word.start_seconds, word.end_seconds])
    end = frames / SAMPLE_RATE
    for start, stop in spans:
        times += [max(start - _RAMP_SECONDS, times[-1]), start, stop, stop + _RAMP_SECONDS]
        levels += [_BED_OPEN, _BED_DUCKED, _BED_DUCKED, _BED_OPEN]
    times.append(max(end, times[-1]))
    levels.append(0.0)
    return times, levels


def mix(timeline: Timeline) -> Iterator[NDArray[np.float32]]:
    """Mix a timeline's sound at LOUDNESS_LUFS.

    Gives blocks of stereo samples at SAMPLE_RATE, each of shape (n, 2), in order; together exactly as long as the frames.
    """
    frames = round(timeline.frames * SAMPLE_RATE / timeline.fps)
    return normalised(_mixture(timeline, frames), frames)


def _mixture(timeline: Timeline, frames: int) -> Source:
    """The voice over the bed, as loud as they come."""
    from moviepy import CompositeAudioClip
    from moviepy.audio.AudioClip import AudioArrayClip
    from moviepy.audio.fx import AudioFadeIn, AudioFadeOut

    bed, levels = _bed_round(timeline.seed), _levels(timeline.words, frames)
    mono = _resampled(timeline.narration)
    voice = AudioArrayClip(np.broadcast_to(mono[:, None], (len(mono), 2)), fps=SAMPLE_RATE)
    edges = [AudioFadeIn(0.01), AudioFadeOut(0.01)]
    pieces = [
        voice.subclipped(cut.source_start, min(cut.source_end, voice.duration)).with_start(cut.start).with_effects(edges)
        for cut in timeline.cuts
    ]

    def read(start: int, stop: int) -> NDArray[np.float32]:
        positions = np.arange(start, stop)
        times = positions / SAMPLE_RATE
        level = np.interp(times, *levels).astype(np.float32)
        music: NDArray[np.float32] = bed.take(positions % len(bed), axis=0) * level[:, None]
        heard = [piece for piece in pieces if piece.start <= times[-1] and piece.end >= times[0]]
        return (music + CompositeAudioClip(heard).get_frame(times)).astype(np.float32) if heard else music

    return read


def _resampled(narration: Narration) -> NDArray[np.float32]:
    """The narration's samples at SAMPLE_RATE. moviepy would take the nearest sample, which whistles."""
    from scipy.signal import resample_poly

    shared = gcd(SAMPLE_RATE, narration.sample_rate)
    up, down = SAMPLE_RATE // shared, narration.sample_rate // shared
    resampled = np.zeros(ceil(narration.frames * up / down), np.float32)
    # Whole multiples of `down` become whole multiples of `up`; the filter reaches over ten samples of the lower rate.
    margin, step = 16 * down, ceil(_BLOCK / down) * down
    for start in range(0, narration.frames, step):
        first = max(start - margin, 0)
        part = resample_poly(narration.samples(first, start + step + margin), up, down)
        part = part[(start - first) // down * up :][: step // down * up]
        resampled[start // down * up :][: len(part)] = part
    return resampled


def normalised(source: Source, frames: int) -> Iterator[NDArray[np.float32]]:
    """Bring `frames` stereo samples to LOUDNESS_LUFS with no sample above the ceiling; silence stays silence.

    The source is read several times: to measure, and in the end for the blocks that are given.
    """
    gains: list[np.float32] = []

    def blocks() -> Iterator[NDArray[np.float32]]:
        for start in range(0, frames, _BLOCK):
            yield _limited_part(source, gains, start, min(start + _BLOCK, frames), frames)

    for _ in range(3):  # limiting takes some loudness away, which the next round gives back
        measured = loudness(blocks())
        if not np.isfinite(measured):
            break
        gains.append(np.float32(10 ** ((LOUDNESS_LUFS - measured) / 20)))
        if abs(measured - LOUDNESS_LUFS) < 0.3:
            break
    yield from blocks()


def _limited_part(source: Source, gains: list[np.float32], start: int, stop: int, frames: int) -> NDArray[np.float32]:
    """A part of the source after each gain in turn, limited every time. It is read with what the limiter sees around it."""
    if not gains:
        return source(start, stop)
    first, last = max(start - _REACH, 0), min(stop + _REACH, frames)
    louder = _limited_part(source, gains[:-1], first, last, frames) * gains[-1]
    return limited(louder)[start - first : stop - first]


def loudness(blocks: Iterable[NDArray[np.float32]]) -> float:
    """Integrated loudness in LUFS (ITU-R BS.1770) of stereo samples, in blocks of whole tenths of a second but for the last.

    Minus infinity when all of it is below the absolute gate, or shorter than 400 ms.
    """
    from pyloudnorm import IIRfilter
    from scipy.signal import lfilter

    filters = (
        IIRfilter(4.0, 1 / np.sqrt(2), 1500.0, SAMPLE_RATE, "high_shelf"),
        IIRfilter(0.0, 0.5, 38.0, SAMPLE_RATE, "high_pass"),
    )
    stages = [(stage.b, stage.a, np.zeros((2, 2))) for stage in filters]
    frames, hops = 0, [np.zeros(0)]
    for block in blocks:
        weighted: NDArray[np.float64] = block.astype(np.float64)
        for b, a, state in stages:
            weighted, state[:] = lfilter(b, a, weighted, axis=0, zi=state)
        power = np.square(weighted[:, 0]) + np.square(weighted[:, 1])
        hops.append(np.add.reduceat(power, np.arange(0, len(power), _HOP)))
        frames += len(block)
    if frames < 4 * _HOP:
        return -np.inf
    count = round((frames / SAMPLE_RATE - 0.4) / 0.1) + 1
    means = np.lib.stride_tricks.sliding_window_view(np.concatenate(hops), 4)[:count].sum(axis=1) / (4 * _HOP)
    heard = means[means >= 10 ** ((-70 + 0.691) / 10)]
    if not len(heard):
        return -np.inf
    return float(-0.691 + 10 * np.log10(heard[heard > heard.mean() / 10].mean()))


def limited(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Turn down what would pass the ceiling, 5 ms ahead of it, so that peaks bend rather than break."""
    from scipy.ndimage import minimum_filter1d, uniform_filter1d

    peak = np.maximum(np.abs(samples[:, 0]), np.abs(samples[:, 1]))
    gain = np.minimum(1.0, _CEILING / np.maximum(peak, 1e-9)).astype(np.float32)
    gain = uniform_filter1d(minimum_filter1d(gain, 2 * _WINDOW + 1), _WINDOW)
    bent: NDArray[np.float32] = np.clip(samples * gain[:, None], -_CEILING, _CEILING).astype(np.float32)
    return bent


def write_wav(blocks: Iterable[NDArray[np.float32]], path: Path) -> None:
    """Write stereo samples, block by block, as 16-bit WAV at SAMPLE_RATE."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        for block in blocks:
            file.writeframes(np.round(block * 32767).astype("<i2").tobytes())
