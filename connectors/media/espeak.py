"""The local voice: espeak-ng, loaded as a library. No process, no network, 300 times faster than real time."""

from __future__ import annotations

import _ctypes
import ctypes
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from connectors.media.speech import CaptionWord, Word, caption_words, sentences_of, spoken_text, time_sentences, time_words
from connectors.media.voice import Narration, VoiceCapabilities, to_wav
from core.errors import Environment

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SYNCHRONOUS, _UTF8, _BY_CHARACTER = 2, 1, 1
_RATE, _PITCH, _RANGE = 1, 3, 4
_WORD_EVENT, _LIST_END = 1, 0
_AUDIBLE = 200  # of 32768: quieter samples around a sentence are the engine's own padding

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


@contextmanager
def _engine() -> Iterator[tuple[Any, int]]:
    """The initialised library and its sample rate, for one speech.

    It is unloaded afterwards: the synthesiser keeps the phase of its flutter in static memory, so that a second speech in the
    same copy would differ from the first by a few samples. Loading takes 5 ms.
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
            yield library, rate
            library.espeak_Terminate()
        finally:
            _ctypes.dlclose(library._handle)


class EspeakVoice:
    """Speaks with espeak-ng.

    Args:
        words_per_minute: pace within sentences; pauses come on top.
        sentence_pause_seconds: after a sentence.
        line_pause_seconds: after a line of the text, where a picture changes.
    """

    def __init__(
        self, *, words_per_minute: int = 165, sentence_pause_seconds: float = 0.30, line_pause_seconds: float = 0.55
    ) -> None:
        self._rate = words_per_minute
        self._sentence_pause = sentence_pause_seconds
        self._line_pause = line_pause_seconds

    @property
    def capabilities(self) -> VoiceCapabilities:
        """Free, on this machine; any other language is read by the American English voice."""
        return VoiceCapabilities("espeak-ng", frozenset({"en", "de", "fr", "es", "it", "pt", "nl", "pl", "hi"}), False, 0)

    def speak(self, text: str, *, language: str) -> Narration:
        """Speak a text; see `Voice.speak`. A language without a voice is spoken by en-us, which `fallback` then says."""
        import numpy as np

        captions = caption_words(text, language=language)
        with _engine() as (library, sample_rate):
            voice = _select_voice(library, language)
            for parameter, value in ((_RATE, self._rate), (_PITCH, 45), (_RANGE, 60)):
                library.espeak_SetParameter(parameter, value, 0)
            sound: list[NDArray[np.int16]] = []
            words: list[Word] = []
            clock = 0
            for first, last in sentences_of(captions):
                sentence = captions[first:last]
                samples, marks = _synthesise(library, sentence)
                start = clock / sample_rate
                words += time_words(
                    sentence,
                    [(character, start + sample / sample_rate) for character, sample in marks],
                    start,
                    start + len(samples) / sample_rate,
                )
                pause = self._line_pause if sentence[-1].ends_line else self._sentence_pause
                silence = np.zeros(0 if last == len(captions) else int(pause * sample_rate), np.int16)
                sound += [samples, silence]
                clock += len(samples) + len(silence)
        return Narration(
            wav=to_wav(np.concatenate(sound), sample_rate),
            sample_rate=sample_rate,
            words=tuple(words),
            sentences=time_sentences(captions, words),
            voice=f"espeak-ng {voice}",
            language=language,
            fallback="" if voice[:2] == language[:2].lower() else f"espeak-ng has no voice for {language}; {voice} reads it.",
        )


def _select_voice(library: Any, language: str) -> str:
    tag = language.replace("_", "-").lower()
    for name in ("en-us" if tag == "en" else tag, tag.split("-")[0], "en-us"):
        # Some tags are rejected as a whole (`en-gb`, `fr-fr`) although their language has a voice.
        if name.isascii() and library.espeak_SetVoiceByName(name.encode()) == 0:
            return name
    raise Environment("espeak-ng has not even its American English voice.", "Run `make install` again.")


def _synthesise(library: Any, words: Sequence[CaptionWord]) -> tuple[NDArray[np.int16], list[tuple[int, int]]]:
    """Speak one sentence: its samples without surrounding silence, and (character, sample) marks."""
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
    library.espeak_SetSynthCallback(callback)
    text, _ = spoken_text(words)
    encoded = text.encode()
    if library.espeak_Synth(encoded, len(encoded) + 1, 0, _BY_CHARACTER, 0, _UTF8, None, None) != 0:
        raise Environment("espeak-ng could not speak a sentence.", "Run it again.")
    samples = np.frombuffer(b"".join(chunks), dtype="<i2").astype(np.int16)
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > _AUDIBLE)
    if not len(loud):
        # Nothing audible, for example a word of a foreign script: half a second of silence keeps its caption readable.
        return np.zeros(11025, np.int16), []
    first, last = int(loud[0]), int(loud[-1]) + 1
    return samples[first:last], [(character, max(sample - first, 0)) for character, sample in marks]
