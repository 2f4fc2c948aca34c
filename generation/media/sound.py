"""The sound of a film: the narration's pieces over a quiet, synthesised music bed, mixed by moviepy, at a set loudness."""

from __future__ import annotations

import wave
from math import gcd
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from connectors.media.speech import Word
from connectors.media.voice import Narration
from generation.media.timeline import SAMPLE_RATE, Timeline

if TYPE_CHECKING:
    from numpy.typing import NDArray

LOUDNESS_LUFS = -14.0
"""What YouTube plays at; louder sound is turned down, quieter is not turned up."""

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
    return np.resize(bed, (frames, 2))


def duck(words: tuple[Word, ...], frames: int) -> NDArray[np.float32]:
    """The bed's level for each of `frames` samples: low while words are spoken, fading in at the start and out at the end."""
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
    return np.interp(np.arange(frames) / SAMPLE_RATE, times, levels).astype(np.float32)


def mix(timeline: Timeline) -> NDArray[np.float32]:
    """Mix a timeline's sound: stereo samples at SAMPLE_RATE, shape (n, 2), exactly as long as its frames, at LOUDNESS_LUFS."""
    from moviepy import CompositeAudioClip
    from moviepy.audio.AudioClip import AudioArrayClip
    from moviepy.audio.fx import AudioFadeIn, AudioFadeOut

    frames = round(timeline.frames * SAMPLE_RATE / timeline.fps)
    bed = music_bed(timeline.seed, frames) * duck(timeline.words, frames)[:, None]
    voice = AudioArrayClip(np.stack((_resampled(timeline.narration),) * 2, axis=1), fps=SAMPLE_RATE)
    edges = [AudioFadeIn(0.01), AudioFadeOut(0.01)]
    pieces = [
        voice.subclipped(cut.source_start, min(cut.source_end, voice.duration)).with_start(cut.start).with_effects(edges)
        for cut in timeline.cuts
    ]
    whole = CompositeAudioClip([AudioArrayClip(bed, fps=SAMPLE_RATE), *pieces]).with_duration(timeline.duration_seconds)
    samples = whole.to_soundarray(fps=SAMPLE_RATE, quantize=False)
    stereo = np.zeros((frames, 2), np.float32)
    stereo[: len(samples)] = samples[:frames]
    return normalised(stereo)


def _resampled(narration: Narration) -> NDArray[np.float32]:
    """The narration's samples at SAMPLE_RATE. moviepy would take the nearest sample, which whistles."""
    from scipy.signal import resample_poly

    shared = gcd(SAMPLE_RATE, narration.sample_rate)
    resampled: NDArray[np.float32] = resample_poly(
        narration.samples(), SAMPLE_RATE // shared, narration.sample_rate // shared
    ).astype(np.float32)
    return resampled


def normalised(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Bring stereo samples to LOUDNESS_LUFS (ITU-R BS.1770) with no sample above the ceiling; silence stays silence."""
    import pyloudnorm

    meter = pyloudnorm.Meter(SAMPLE_RATE)
    for _ in range(3):  # limiting takes some loudness away, which the next round gives back
        loudness = meter.integrated_loudness(samples)
        if not np.isfinite(loudness):
            return samples
        samples = limited(samples * np.float32(10 ** ((LOUDNESS_LUFS - loudness) / 20)))
        if abs(loudness - LOUDNESS_LUFS) < 0.3:
            break
    return samples


def limited(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Turn down what would pass the ceiling, 5 ms ahead of it, so that peaks bend rather than break."""
    from scipy.ndimage import minimum_filter1d, uniform_filter1d

    peak = np.abs(samples).max(axis=1)
    gain = np.minimum(1.0, _CEILING / np.maximum(peak, 1e-9)).astype(np.float32)
    window = SAMPLE_RATE // 200 | 1
    gain = uniform_filter1d(minimum_filter1d(gain, 2 * window + 1), window)
    bent: NDArray[np.float32] = np.clip(samples * gain[:, None], -_CEILING, _CEILING).astype(np.float32)
    return bent


def write_wav(samples: NDArray[np.float32], path: Path) -> None:
    """Write stereo samples as 16-bit WAV at SAMPLE_RATE."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(np.round(samples * 32767).astype("<i2").tobytes())
