"""espeak-ng as a library in this process: no process of its own, no network, 300 times faster than real time."""

from __future__ import annotations

import _ctypes
import ctypes
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from core.errors import Environment

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SYNCHRONOUS, _UTF8, _BY_CHARACTER = 2, 1, 1
_RATE, _PITCH, _RANGE = 1, 3, 4
_WORD_EVENT, _LIST_END = 1, 0

_LOCK = threading.Lock()
"""The library keeps one voice and one callback per process."""


class _Identity(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),  # in characters, from 1
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Identity),
    )


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


class Engine:
    """A loaded copy of the library; `engine` gives one.

    Attributes:
        sample_rate: samples per second of what it says.
    """

    def __init__(self, library: Any, sample_rate: int) -> None:
        self._library = library
        self.sample_rate = sample_rate

    def choose(self, voice: str) -> bool:
        """Speak with this voice from now on; False where there is none of that name."""
        return voice.isascii() and self._library.espeak_SetVoiceByName(voice.encode()) == 0

    def tune(self, *, words_per_minute: int, pitch: int = 50, pitch_range: int = 50) -> None:
        """Set the pace, and pitch and its range from 0 to 100 with the library's own middle as default."""
        for parameter, value in ((_RATE, words_per_minute), (_PITCH, pitch), (_RANGE, pitch_range)):
            self._library.espeak_SetParameter(parameter, value, 0)

    def say(self, text: str) -> tuple[NDArray[np.int16], list[tuple[int, int]]]:
        """Speak a text: its samples, and for each word its first character and its first sample."""
        import numpy as np

        chunks: list[bytes] = []
        marks: list[tuple[int, int]] = []

        def collect(wave_data: Any, count: int, events: Any) -> int:
            if wave_data and count > 0:
                chunks.append(ctypes.string_at(wave_data, count * 2))
            index = 0
            while events[index].type != _LIST_END:
                if events[index].type == _WORD_EVENT:
                    marks.append((events[index].text_position - 1, events[index].sample))
                index += 1
            return 0

        callback: Callable[..., int] = _Callback(collect)
        self._library.espeak_SetSynthCallback(callback)
        encoded = text.encode()
        if self._library.espeak_Synth(encoded, len(encoded) + 1, 0, _BY_CHARACTER, 0, _UTF8, None, None) != 0:
            raise Environment("espeak-ng could not speak a sentence.", "Run it again.")
        return np.frombuffer(b"".join(chunks), dtype="<i2").astype(np.int16), marks


@contextmanager
def engine() -> Iterator[Engine]:
    """Load the library for one speech; others of this process wait until it is done.

    It is unloaded afterwards: the synthesiser keeps the phase of its flutter in static memory, so that a second speech in the
    same copy would differ from the first. Nothing else in the process may hold the library, which would keep that copy.
    Loading takes 5 ms. Raises Environment when the library or its voice data is missing.
    """
    import espeakng_loader

    with _LOCK:
        try:
            library = ctypes.CDLL(espeakng_loader.get_library_path())
        except OSError as error:
            raise Environment(f"The espeak-ng library cannot be loaded: {error}.", "Run `make install` again.") from None
        try:
            rate = library.espeak_Initialize(_SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), 0)
            if rate <= 0:
                raise Environment("espeak-ng found no voice data.", "Run `make install` again.")
            library.espeak_ng_SetRandSeed(ctypes.c_long(1))
            try:
                yield Engine(library, rate)
            finally:
                library.espeak_Terminate()
        finally:
            _ctypes.dlclose(library._handle)
