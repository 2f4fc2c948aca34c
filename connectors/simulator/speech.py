"""Spoken audio for the imitated voice service, with the time of every character.

espeak-ng tells when each word begins; the characters of a word share its time evenly.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from connectors.espeak import engine

WORDS_PER_MINUTE = 165
Samples = NDArray[np.int16]


@dataclass(frozen=True)
class Speech:
    """Mono audio and when each character of the text begins and ends in it, in seconds."""

    samples: Samples
    rate: int
    starts: list[float]
    ends: list[float]


def speak(text: str) -> Speech:
    """Speak a text."""
    with engine() as speaker:
        speaker.choose("en")
        speaker.tune(words_per_minute=WORDS_PER_MINUTE)
        samples, marks = speaker.say(text)
        rate = speaker.sample_rate
    if not len(samples):
        samples = np.zeros(rate // 10, dtype=np.int16)
    starts, ends = _spread(len(text), [(place, sample / rate) for place, sample in marks], len(samples) / rate)
    return Speech(samples, rate, starts, ends)


def _spread(length: int, words: list[tuple[int, float]], seconds: float) -> tuple[list[float], list[float]]:
    """Times of characters: linear between the beginnings of words, never beyond the end."""
    marks = {0: 0.0, length: seconds}
    for place, at in sorted(words):
        if 0 < place < length and at < seconds:
            marks[place] = max(at, max((known for other, known in marks.items() if other < place), default=0.0))
    places = sorted(marks)
    bounds = np.interp(np.arange(length + 1), places, [marks[place] for place in places])
    times = [round(float(at), 3) for at in bounds]
    return times[:-1], times[1:]


def resample(samples: Samples, rate: int, wanted: int) -> Samples:
    """The same sound at another sample rate, by linear interpolation."""
    count = round(len(samples) * wanted / rate)
    return np.interp(np.arange(count) * rate / wanted, np.arange(len(samples)), samples).astype(np.int16)


def mp3(samples: Samples, rate: int, wanted_rate: int, kilobits: int) -> bytes:
    """Encode as MP3."""
    import imageio_ffmpeg

    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-f", "s16le", "-ar", str(rate), "-ac", "1"]
    command += ["-i", "pipe:0", "-ar", str(wanted_rate), "-b:a", f"{kilobits}k", "-f", "mp3", "pipe:1"]
    return subprocess.run(command, input=samples.tobytes(), stdout=subprocess.PIPE, check=True).stdout  # noqa: S603
