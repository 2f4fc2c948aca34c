"""The hosted voice: ElevenLabs, with the time of every character."""

from __future__ import annotations

import base64
import binascii
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from connectors.hosted import was_sent
from connectors.http import RetryPolicy
from connectors.media.speech import Word, caption_words, sentences_of, spoken_text, time_sentences, time_words
from connectors.media.timing import check_times
from connectors.media.voice import Narration, VoiceCapabilities, to_wav
from core.errors import (
    Damaged,
    NotConfigured,
    NotFound,
    QuotaExhausted,
    RateLimited,
    Refused,
    ServiceFailed,
    Unreachable,
    YtempireError,
    billed,
)
from core.money import UsdMicros

if TYPE_CHECKING:
    import numpy as np
    from elevenlabs.client import ElevenLabs
    from elevenlabs.core import ApiError
    from elevenlabs.types import AudioWithTimestampsResponse
    from numpy.typing import NDArray

ELEVENLABS_PRICES_AS_OF = "2025-08-01"
ELEVENLABS_PRICES: dict[str, int] = {
    "eleven_multilingual_v2": 300,
    "eleven_turbo_v2_5": 150,
    "eleven_flash_v2_5": 150,
}
"""Micro-dollars per character on ELEVENLABS_PRICES_AS_OF: the extra-usage rate of the Creator plan (elevenlabs.io/pricing), so
that an estimate is never too low; characters within a plan cost less."""

_MULTILINGUAL = frozenset(
    (
        *("ar", "bg", "cs", "da", "de", "el", "en", "es", "fi", "fil", "fr", "hi", "hr", "id", "it", "ja", "ko", "ms", "nl"),
        *("pl", "pt", "ro", "ru", "sk", "sv", "ta", "tr", "uk", "zh"),
    )
)
ELEVENLABS_LANGUAGES: dict[str, frozenset[str]] = {
    "eleven_multilingual_v2": _MULTILINGUAL,
    "eleven_turbo_v2_5": _MULTILINGUAL | {"hu", "no", "vi"},
    "eleven_flash_v2_5": _MULTILINGUAL | {"hu", "no", "vi"},
}
"""What each model speaks (elevenlabs.io/docs/models); other texts it reads as if they were of one of these."""

_OUTPUT_FORMAT, _SAMPLE_RATE = "mp3_44100_128", 44100  # the best format that every plan includes


class ElevenLabsVoice:
    """Speaks with ElevenLabs.

    Args:
        api_key: key of the service.
        voice_id: one of the account's voices.
        model: a model of `ELEVENLABS_PRICES`; NotConfigured for any other, since its cost could not be capped.
        base_url: None for the real service.
        timeout_seconds: of one call.
        retry: how Transient failures are tried again.
    """

    def __init__(
        self,
        api_key: str,
        *,
        voice_id: str,
        model: str = "eleven_multilingual_v2",
        base_url: str | None = None,
        timeout_seconds: float = 120.0,
        retry: RetryPolicy | None = None,
    ) -> None:
        if model not in ELEVENLABS_PRICES:
            raise NotConfigured(
                f"The price of voice model {model!r} is not known.", f"Choose one of {', '.join(ELEVENLABS_PRICES)}."
            )
        self._api_key = api_key
        self._voice_id = voice_id
        self._model = model
        self._base_url = base_url
        self._timeout_seconds = timeout_seconds
        self._retry = retry or RetryPolicy()

    @property
    def capabilities(self) -> VoiceCapabilities:
        """Hosted, paid by the character, the languages of the model."""
        name, price = f"elevenlabs {self._voice_id}", ELEVENLABS_PRICES[self._model]
        return VoiceCapabilities(name, ELEVENLABS_LANGUAGES[self._model], True, price)

    def speak(self, text: str, *, language: str) -> Narration:
        """Speak a text; see `Voice.speak`."""
        captions = caption_words(text, language=language)
        spoken, starts = spoken_text(captions)
        answer = self._retry.call_paid(lambda: self._ask(spoken))
        begins, ends = _times(answer, spoken)
        samples = _decode(answer)
        check_times(spoken, begins, ends, samples, _SAMPLE_RATE)
        words: list[Word] = []
        for first, last in sentences_of(captions):
            begin = max(begins[starts[first]], words[-1].end_seconds if words else 0.0)
            end = max(ends[starts[last - 1] + len(captions[last - 1].spoken) - 1], begin)
            marks = [(starts[number] - starts[first], begins[starts[number]]) for number in range(first, last)]
            words += time_words(captions[first:last], marks, begin, end)
        return Narration(
            wav=to_wav(samples, _SAMPLE_RATE),
            sample_rate=_SAMPLE_RATE,
            words=tuple(words),
            sentences=time_sentences(captions, words),
            voice=self.capabilities.name,
            language=language,
            characters=len(spoken),
            cost_usd_micros=UsdMicros(ELEVENLABS_PRICES[self._model] * len(spoken)),
        )

    def check(self) -> None:
        """Ask for the voice's description, which is free. Raises Refused (key), NotFound (voice) or Transient errors."""
        with self._client() as client:
            client.voices.get(self._voice_id, request_options={"max_retries": 0})

    def _ask(self, text: str) -> AudioWithTimestampsResponse:
        with self._client() as client:
            return client.text_to_speech.convert_with_timestamps(
                self._voice_id,
                text=text,
                model_id=self._model,
                output_format=_OUTPUT_FORMAT,
                request_options={"max_retries": 0},
            )

    @contextmanager
    def _client(self) -> Iterator[ElevenLabs]:
        """An open client whose errors come out as ours."""
        import httpx
        from elevenlabs.client import ElevenLabs
        from elevenlabs.core import ApiError
        from elevenlabs.core.parse_error import ParsingError
        from pydantic import ValidationError

        with httpx.Client(timeout=self._timeout_seconds) as http:
            try:
                yield ElevenLabs(api_key=self._api_key, base_url=self._base_url, timeout=self._timeout_seconds, httpx_client=http)
            except ApiError as error:
                if 200 <= (error.status_code or 0) < 300:
                    raise Damaged("ElevenLabs answered something that is not JSON.", "Try again later.") from None
                raise _mapped(error) from None
            except httpx.HTTPError as error:
                unreachable = Unreachable(
                    f"ElevenLabs did not answer: {error or type(error).__name__}.", "Check the network and ELEVENLABS_BASE_URL."
                )
                raise (billed(unreachable) if was_sent(error) else unreachable) from None
            except (ParsingError, TypeError, ValidationError, ValueError):  # the client does not wrap what its reading raises
                raise Damaged("ElevenLabs answered something unreadable.", "Try again later.") from None


def _times(answer: AudioWithTimestampsResponse, text: str) -> tuple[list[float], list[float]]:
    """Start and end of every character. The client does not check what it was sent, so this does."""
    try:
        alignment = answer.alignment
        if alignment is None or "".join(alignment.characters) != text:
            raise Damaged("ElevenLabs sent word timings for a different text.", "Try again.")
        begins = [float(second) for second in alignment.character_start_times_seconds]
        ends = [float(second) for second in alignment.character_end_times_seconds]
    except (AttributeError, TypeError, ValueError):
        raise Damaged("ElevenLabs sent something other than sound with word timings.", "Try again.") from None
    if not len(begins) == len(ends) == len(text):
        raise Damaged("ElevenLabs sent incomplete word timings.", "Try again.")
    return begins, ends


def _mapped(error: ApiError) -> YtempireError:
    detail = error.body.get("detail") if isinstance(error.body, dict) else None
    status = detail.get("status", "") if isinstance(detail, dict) else ""
    reason = str(detail.get("message", "")) if isinstance(detail, dict) else str(detail or "")
    code = error.status_code or 0
    if code == 402 or "quota" in status:
        return QuotaExhausted("The ElevenLabs account has no characters left.", "Add credit, or unset ELEVENLABS_API_KEY.")
    if code in (401, 403):
        return Refused("ElevenLabs refused the key.", "Check ELEVENLABS_API_KEY and its permissions.")
    if code == 404 or "voice_not_found" in status:
        return NotFound(f"ElevenLabs knows no such voice: {reason[:200]}", "Check YTEMPIRE_ELEVENLABS_VOICE.")
    if code == 429:
        seconds = (error.headers or {}).get("retry-after", "")
        return RateLimited(
            "ElevenLabs is limiting the rate of calls.", "Wait and try again.", float(seconds) if seconds.isdigit() else None
        )
    if code >= 500:
        return ServiceFailed(f"ElevenLabs failed with status {code}.", "Try again later.")
    return Refused(f"ElevenLabs refused the request ({code}): {reason[:200]}", "Change the request as it says.")


def _decode(answer: AudioWithTimestampsResponse) -> NDArray[np.int16]:
    """Decode the sound to mono 16-bit samples at _SAMPLE_RATE; raises Damaged when there is none."""
    import imageio_ffmpeg
    import numpy as np

    try:
        sound = base64.b64decode(answer.audio_base_64, validate=True)
    except (AttributeError, TypeError, binascii.Error):
        raise Damaged("ElevenLabs sent no sound.", "Try again.") from None
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", "pipe:0"]
    command += ["-f", "s16le", "-ac", "1", "-ar", str(_SAMPLE_RATE), "pipe:1"]
    done = subprocess.run(command, input=sound, capture_output=True, check=False)  # noqa: S603 - a fixed program, data on stdin
    if done.returncode or not done.stdout:
        raise Damaged("ElevenLabs sent sound that cannot be decoded.", "Try again.")
    return np.frombuffer(done.stdout, dtype="<i2")
