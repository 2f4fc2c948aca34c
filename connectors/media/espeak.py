"""The local voice: espeak-ng."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from connectors.espeak import Engine, engine
from connectors.media.speech import CaptionWord, Word, caption_words, sentences_of, spoken_text, time_sentences, time_words
from connectors.media.voice import Narration, VoiceCapabilities, to_wav
from core.errors import Environment
from core.languages import primary

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LANGUAGES = frozenset(
    (
        *("af", "am", "an", "ar", "as", "az", "ba", "be", "bg", "bn", "bs", "ca", "cs", "cv", "cy", "da", "de", "el"),
        *("en", "eo", "es", "et", "eu", "fa", "fi", "fr", "ga", "gd", "gn", "gu", "haw", "he", "hi", "hr", "ht", "hu"),
        *("hy", "ia", "id", "is", "it", "ja", "ka", "kk", "kl", "kn", "ko", "ku", "ky", "la", "lb", "lt", "lv", "mi"),
        *("mk", "ml", "mr", "ms", "mt", "my", "ne", "nl", "no", "or", "pa", "pap", "pl", "pt", "qu", "ro", "ru", "sd"),
        *("si", "sk", "sl", "sq", "sr", "sv", "sw", "ta", "te", "th", "ti", "tk", "tn", "tr", "tt", "ug", "uk", "ur"),
        *("uz", "vi", "yue"),
    )
)
"""What the bundled voices speak, as `core.languages.primary` names it."""
_NORWEGIAN = {"no": "nb"}  # under the one name that the library knows
_AUDIBLE = 200  # of 32768: quieter samples around a sentence are the engine's own padding


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
        return VoiceCapabilities("espeak-ng", LANGUAGES, False, 0)

    def speak(self, text: str, *, language: str) -> Narration:
        """Speak a text; see `Voice.speak`. A language without a voice is spoken by en-us, which `fallback` then says."""
        import numpy as np

        captions = caption_words(text, language=language)
        with engine() as speaker:
            sample_rate = speaker.sample_rate
            voice = _select_voice(speaker, language)
            speaker.tune(words_per_minute=self._rate, pitch=45, pitch_range=60)
            sound: list[NDArray[np.int16]] = []
            words: list[Word] = []
            clock = 0
            for first, last in sentences_of(captions):
                sentence = captions[first:last]
                samples, marks = _synthesise(speaker, sentence)
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
            fallback="" if primary(voice) == primary(language) else f"espeak-ng has no voice for {language}; {voice} reads it.",
        )


def _select_voice(speaker: Engine, language: str) -> str:
    tag = language.replace("_", "-").lower()
    language_proper = primary(tag)
    for name in ("en-us" if tag == "en" else tag, tag.split("-")[0], _NORWEGIAN.get(language_proper, language_proper), "en-us"):
        # Some tags are rejected as a whole (`en-gb`, `fr-fr`) although their language has a voice.
        if speaker.choose(name):
            return name
    raise Environment("espeak-ng has not even its American English voice.", "Run `make install` again.")


def _synthesise(speaker: Engine, words: Sequence[CaptionWord]) -> tuple[NDArray[np.int16], list[tuple[int, int]]]:
    """Speak one sentence: its samples without surrounding silence, and (character, sample) marks."""
    import numpy as np

    text, _ = spoken_text(words)
    samples, marks = speaker.say(text)
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > _AUDIBLE)
    if not len(loud):
        # Nothing audible, for example a word of a foreign script: half a second of silence keeps its caption readable.
        return np.zeros(11025, np.int16), []
    first, last = int(loud[0]), int(loud[-1]) + 1
    return samples[first:last], [(character, max(sample - first, 0)) for character, sample in marks]
