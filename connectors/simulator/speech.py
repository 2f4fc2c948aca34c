"""Spoken audio for the imitated voice service: espeak-ng as a library, with the time of every character.

espeak-ng keeps its state per process, so that one lock guards it; it tells when each word begins, and the characters of a word
share its time evenly.
"""

from __future__ import annotations

import ctypes
import subprocess
import threading
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

WORDS_PER_MINUTE = 165
_SYNCHRONOUS, _UTF8, _CHARACTERS = 2, 1, 1
_RATE_PARAMETER = 1
_WORD_EVENT, _LIST_END = 1, 0
_LOCK = threading.Lock()
Samples = NDArray[np.int16]


@dataclass(frozen=True)
class Speech:
    """Mono audio and when each character of the text begins and ends in it, in seconds."""

    samples: Samples
    rate: int
    starts: list[float]
    ends: list[float]


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    )


_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


@cache
def _library() -> tuple[ctypes.CDLL, int]:
    """The loaded library and its sample rate."""
    import espeakng_loader

    library = ctypes.CDLL(espeakng_loader.get_library_path())
    rate = library.espeak_Initialize(_SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), 0)
    library.espeak_SetVoiceByName(b"en")
    library.espeak_SetParameter(_RATE_PARAMETER, WORDS_PER_MINUTE, 0)
    return library, int(rate)


def speak(text: str) -> Speech:
    """Speak a text."""
    pieces: list[Samples] = []
    words: list[tuple[int, float]] = []

    def receive(audio: ctypes._Pointer[ctypes.c_short], count: int, events: ctypes._Pointer[_Event]) -> int:
        if audio and count:
            pieces.append(np.ctypeslib.as_array(audio, (count,)).copy())
        place = 0
        while events[place].type != _LIST_END:
            if events[place].type == _WORD_EVENT:
                words.append((events[place].text_position - 1, events[place].audio_position / 1000))
            place += 1
        return 0

    with _LOCK:
        library, rate = _library()
        callback = _CALLBACK(receive)
        library.espeak_SetSynthCallback(callback)
        content = text.encode()
        library.espeak_Synth(content, len(content) + 1, 0, _CHARACTERS, 0, _UTF8, None, None)
    samples = np.concatenate(pieces) if pieces else np.zeros(rate // 10, dtype=np.int16)
    starts, ends = _spread(len(text), words, len(samples) / rate)
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
