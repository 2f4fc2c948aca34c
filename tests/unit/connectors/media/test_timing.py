"""A voice's word times are held against its sound."""

import base64

import numpy as np
import pytest

from connectors.http import RetryPolicy
from connectors.media.elevenlabs import ElevenLabsVoice
from connectors.media.espeak import EspeakVoice
from connectors.media.speech import caption_words, spoken_text
from connectors.media.timing import check_times
from connectors.media.voice import FallbackVoice, to_wav
from connectors.simulator.speech import Speech, speak
from core.errors import Damaged
from tests.unit.connectors.scripted import ScriptedServer, json_answer

SENTENCE = "People watched many more videos about building games this week than they did in the week before that one. "
TEXT = (SENTENCE * 10).strip()


@pytest.fixture(scope="module")
def speech() -> Speech:
    spoken, _ = spoken_text(caption_words(TEXT))
    return speak(spoken)


def collapsed(times: list[float]) -> list[float]:
    return [min(time, 15.0) for time in times]


def early(times: list[float]) -> list[float]:
    return [time * 0.8 for time in times]


def a_little_early(times: list[float]) -> list[float]:
    return [time * 0.97 for time in times]


def behind(times: list[float]) -> list[float]:
    return [time + 1.5 for time in times]


def late(times: list[float]) -> list[float]:
    return [time * 1.2 for time in times]


def backwards(times: list[float]) -> list[float]:
    return times[::-1]


def nothing(times: list[float]) -> list[float]:
    return [0.0 for _ in times]


def squeezed(times: list[float]) -> list[float]:
    """The first half of the words in a tenth of their time, the rest stretched, so that the end is right."""
    middle, last = times[len(times) // 2], times[-1]
    return [t / 10 if t < middle else middle / 10 + (t - middle) * (last - middle / 10) / (last - middle) for t in times]


def unknown(times: list[float]) -> list[float]:
    return [*times[:-1], float("nan")]


FAULTS = [collapsed, early, a_little_early, behind, late, backwards, nothing, squeezed, unknown]


def test_true_times_pass(speech):
    check_times(TEXT, speech.starts, speech.ends, speech.samples, speech.rate)


def test_true_times_pass_with_silence_around_the_speech(speech):
    quiet = np.zeros(speech.rate // 5, np.int16)
    samples = np.concatenate([quiet, speech.samples, quiet])
    check_times(TEXT, [t + 0.2 for t in speech.starts], [t + 0.2 for t in speech.ends], samples, speech.rate)


@pytest.mark.parametrize("fault", FAULTS)
def test_times_that_do_not_belong_to_the_sound_are_refused(speech, fault):
    with pytest.raises(Damaged, match="word times"):
        check_times(TEXT, fault(speech.starts), fault(speech.ends), speech.samples, speech.rate)


def test_silence_is_refused(speech):
    with pytest.raises(Damaged, match="silence"):
        check_times(TEXT, speech.starts, speech.ends, np.zeros_like(speech.samples), speech.rate)


@pytest.mark.parametrize("fault", FAULTS[:-1])
def test_the_next_voice_speaks_where_the_times_are_wrong(speech, fault):
    alignment = {
        "characters": list(TEXT),
        "character_start_times_seconds": fault(speech.starts),
        "character_end_times_seconds": fault(speech.ends),
    }
    sound = base64.b64encode(to_wav(speech.samples, speech.rate)).decode()
    with ScriptedServer() as server:
        server.script.append(json_answer({"audio_base64": sound, "alignment": alignment}))
        hosted = ElevenLabsVoice("key", voice_id="v", base_url=server.url, retry=RetryPolicy(attempts=1))
        narration = FallbackVoice([hosted, EspeakVoice()]).speak(TEXT, language="en-US")
    assert narration.voice.startswith("espeak-ng")
    assert "word times" in narration.fallback
