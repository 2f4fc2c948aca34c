"""Narration: what a voice is, and what it gives back. Implementations: `espeak.py` (local), `elevenlabs.py` (hosted).

Word timings belong to the words of a caption (see `speech`), not to the syllables a voice makes of them."""

from __future__ import annotations

import io
import logging
import wave
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from connectors.media.speech import Sentence, Word, caption_words, spoken_text
from core.errors import Damaged, YtempireError
from core.money import UsdMicros

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_LOG = logging.getLogger(__name__)
_FREE = UsdMicros(0)


@dataclass(frozen=True)
class Narration:
    """A spoken text.

    Attributes:
        wav: a whole WAV file, mono, 16 bit.
        sample_rate: samples per second of `wav`.
        words: every caption word in order; starts never decrease, and no word begins before the one before it ends.
        sentences: in order, covering all words.
        voice: vendor and name, for example `espeak-ng en-us`.
        language: BCP 47 tag that was spoken.
        characters: characters billed (0 for a local voice).
        cost_usd_micros: what was paid.
        fallback: why an earlier choice of voice was not used; empty when the first one spoke.
    """

    wav: bytes
    sample_rate: int
    words: tuple[Word, ...]
    sentences: tuple[Sentence, ...]
    voice: str
    language: str
    characters: int = 0
    cost_usd_micros: UsdMicros = _FREE
    fallback: str = ""

    @property
    def duration_seconds(self) -> float:
        """Length of the sound."""
        with wave.open(io.BytesIO(self.wav)) as file:
            return float(file.getnframes() / file.getframerate())

    @property
    def frames(self) -> int:
        """How many samples there are. Raises Damaged when `wav` is not mono 16-bit WAV."""
        with self._opened() as file:
            return file.getnframes()

    def samples(self, start: int = 0, stop: int | None = None) -> NDArray[np.float32]:
        """The sound as mono float32 in -1 to 1, from sample `start` up to `stop`, or to the end.

        Raises Damaged when `wav` is not mono 16-bit WAV.
        """
        import numpy as np

        with self._opened() as file:
            file.setpos(start)
            raw = file.readframes((file.getnframes() if stop is None else min(stop, file.getnframes())) - start)
        return np.frombuffer(raw, dtype="<i2").astype(np.float32) / np.float32(32768)

    @contextmanager
    def _opened(self) -> Iterator[wave.Wave_read]:
        try:
            with wave.open(io.BytesIO(self.wav)) as file:
                if (file.getnchannels(), file.getsampwidth()) != (1, 2):
                    raise Damaged("The narration is not mono 16-bit sound.", "Make it again.")
                yield file
        except (wave.Error, EOFError) as error:
            raise Damaged(f"The narration is not a WAV file: {error}.", "Make it again.") from None

    def facts(self) -> dict[str, Any]:
        """Everything but the sound, as plain JSON data; `from_facts` puts the two together again."""
        from dataclasses import asdict

        facts = asdict(replace(self, wav=b""))
        del facts["wav"]
        return facts

    @classmethod
    def from_facts(cls, wav: bytes, facts: dict[str, Any]) -> Narration:
        """Rebuild a narration from its WAV file and what `facts` gave. Raises Damaged when fields are missing or unknown."""
        try:
            rest = {key: value for key, value in facts.items() if key not in ("words", "sentences")}
            words = tuple(Word(**word) for word in facts["words"])
            sentences = tuple(Sentence(**sentence) for sentence in facts["sentences"])
            return cls(wav=wav, words=words, sentences=sentences, **rest)
        except (KeyError, TypeError) as error:
            raise Damaged(f"The facts of a narration are incomplete: {error}.", "Make the narration again.") from None


def to_wav(samples: NDArray[np.int16], sample_rate: int) -> bytes:
    """Wrap mono 16-bit samples as a WAV file."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(sample_rate)
        file.writeframes(samples.astype("<i2").tobytes())
    return buffer.getvalue()


@dataclass(frozen=True)
class VoiceCapabilities:
    """What a voice can do, known before it is asked.

    Attributes:
        name: vendor and voice.
        languages: primary language tags (`en`, `de`), or empty when the service accepts any.
        is_hosted: whether text leaves the machine.
        usd_micros_per_character: price; 0 for a local voice.
    """

    name: str
    languages: frozenset[str]
    is_hosted: bool
    usd_micros_per_character: int


class Voice(Protocol):
    """Speaks a text."""

    @property
    def capabilities(self) -> VoiceCapabilities:
        """What this voice can do and costs."""
        ...

    def speak(self, text: str, *, language: str) -> Narration:
        """Speak a text, one or more sentences per line.

        Raises InvalidInput when nothing is left to say, Transient or Permanent errors of the service otherwise.
        """
        ...


def estimate_usd_micros(voice: Voice, text: str, *, language: str = "en-US") -> UsdMicros:
    """What speaking a text will cost, for the ledger's reservation: what is spoken is billed, and numbers are spelt out."""
    spoken, _ = spoken_text(caption_words(text, language=language))
    return UsdMicros(voice.capabilities.usd_micros_per_character * len(spoken))


class FallbackVoice:
    """The first of several voices that works. The narration says which earlier ones failed, and why."""

    def __init__(self, voices: Sequence[Voice]) -> None:
        if not voices:
            raise ValueError("FallbackVoice needs at least one voice")
        self._voices = tuple(voices)

    @property
    def voices(self) -> tuple[Voice, ...]:
        """The voices in the order of their choice, for a caller that pays each for itself."""
        return self._voices

    @property
    def capabilities(self) -> VoiceCapabilities:
        """Those of the first choice."""
        return self._voices[0].capabilities

    def speak(self, text: str, *, language: str) -> Narration:
        """Speak with the first voice that does not fail; raises the last one's error when all do."""
        failures: list[str] = []
        for voice in self._voices[:-1]:
            try:
                return replace(voice.speak(text, language=language), fallback=" ".join(failures))
            except YtempireError as error:
                failures.append(f"{voice.capabilities.name}: {error.message}")
                _LOG.warning("voice %s failed, trying the next: %s", voice.capabilities.name, error.message)
        return replace(self._voices[-1].speak(text, language=language), fallback=" ".join(failures))
