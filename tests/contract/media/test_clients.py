"""The hosted writer and voice through their official clients, over HTTP, against the simulator's wire formats and its errors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest

from connectors.http import RetryPolicy
from connectors.media.elevenlabs import ELEVENLABS_PRICES, ElevenLabsVoice
from connectors.media.espeak import EspeakVoice
from connectors.media.language import FallbackLanguage, OpenAIWriter, Writing
from connectors.media.voice import FallbackVoice, estimate_usd_micros
from core.errors import Damaged, NotConfigured, NotFound, Refused, Unreachable
from tests.simulated import running_simulator

VOICE = "21m00Tcm4TlvDq8ikWAM"
NOWHERE = "http://127.0.0.1:9"
ONCE = RetryPolicy(attempts=1)
TEXT = "Minecraft gained 3.4M views in 48 hours. Nobody saw that coming!\nCome back tomorrow."
SCHEMA = {
    "title": "Title ideas",
    "type": "object",
    "properties": {"title": {"type": "string"}, "ideas": {"type": "array", "items": {"type": "string"}, "minItems": 1}},
    "required": ["title", "ideas"],
    "additionalProperties": False,
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_simulator(tmp_path_factory.mktemp("simulator")) as control:
        yield control.base_url


def writer(root: str, key: str = "sk-simulator", **options) -> OpenAIWriter:
    return OpenAIWriter(key, base_url=f"{root}/openai/v1", retry=ONCE, **options)


def voice(root: str, key: str = "simulator", **options) -> ElevenLabsVoice:
    return ElevenLabsVoice(key, base_url=f"{root}/elevenlabs", retry=ONCE, **{"voice_id": VOICE, **options})


def test_the_writer_answers_in_the_asked_shape_and_says_what_it_cost(root):
    asked = "Write about the data.", {"topic": "Minecraft", "views": 3_400_000}, SCHEMA
    writing = writer(root).write(*asked)
    assert writing.content.keys() == {"title", "ideas"}
    assert writing.writer == "openai gpt-4o-mini"
    assert writing.input_tokens > 0
    assert writing.output_tokens > 0
    assert 0 < writing.cost_usd_micros <= writer(root).estimate_usd_micros(*asked)
    json.dumps(writing.content)


def test_a_wrong_key_a_wrong_address_and_a_dead_line_are_told_apart(root):
    asked = "Write.", {}, SCHEMA
    with pytest.raises(Refused, match="refused the key"):
        writer(root, "sk-wrong-key-000").write(*asked)
    with pytest.raises(NotFound):
        OpenAIWriter("sk-simulator", base_url=f"{root}/nothing", retry=ONCE).write(*asked)
    with pytest.raises(Unreachable):
        OpenAIWriter("sk-simulator", base_url=NOWHERE, retry=ONCE).write(*asked)


def test_keys_are_checked_without_paying(root):
    writer(root).check()
    voice(root).check()
    with pytest.raises(Refused, match="OpenAI refused the key"):
        writer(root, "sk-wrong-key-000").check()
    with pytest.raises(Refused, match="ElevenLabs refused the key"):
        voice(root, "wrong").check()
    with pytest.raises(NotFound, match="no such voice"):
        voice(root, voice_id="nobody00000000000000").check()


def test_a_text_that_was_cut_off_is_not_passed_on(root):
    with pytest.raises(Damaged, match="stopped at its 3 tokens"):
        writer(root, max_output_tokens=3).write("Write.", {}, SCHEMA)


def test_a_model_without_a_price_is_not_used():
    with pytest.raises(NotConfigured, match="gpt-9"):
        OpenAIWriter("key", model="gpt-9")
    with pytest.raises(NotConfigured, match="eleven_v9"):
        ElevenLabsVoice("key", voice_id=VOICE, model="eleven_v9")


class LocalWriter:
    name = "local"

    def estimate_usd_micros(self, prompt, data, schema):
        return 0

    def write(self, prompt, data, schema):
        return Writing({"title": "t", "ideas": ["i"]}, self.name)


def test_the_local_writer_stands_in_and_says_why(root):
    writing = FallbackLanguage([writer(root, "sk-wrong-key-000"), LocalWriter()]).write("Write.", {}, SCHEMA)
    assert writing.writer == "local"
    assert writing.fallback == "openai gpt-4o-mini: OpenAI refused the key."


def test_transient_failures_are_tried_again_and_only_these():
    pauses: list[float] = []
    retry = RetryPolicy(attempts=3, sleep=pauses.append)
    with pytest.raises(Unreachable):
        OpenAIWriter("sk-simulator", base_url=NOWHERE, retry=retry).write("Write.", {}, SCHEMA)
    assert len(pauses) == 2


def test_the_voice_speaks_every_caption_word_in_time(root):
    narration = voice(root).speak(TEXT, language="en-US")
    assert [word.text for word in narration.words] == TEXT.split()
    assert [sentence.word_count for sentence in narration.sentences] == [7, 4, 3]
    for before, after in pairwise(narration.words):
        assert before.start_seconds <= before.end_seconds <= after.start_seconds
    assert narration.words[-1].end_seconds <= narration.duration_seconds + 0.1
    assert narration.sample_rate == 44100
    assert np.abs(narration.samples()).max() > 0.05
    assert narration.cost_usd_micros == narration.characters * ELEVENLABS_PRICES["eleven_multilingual_v2"]
    assert narration.cost_usd_micros <= estimate_usd_micros(voice(root), TEXT)


def test_the_local_voice_stands_in_and_says_why(root):
    narration = FallbackVoice([voice(root, "wrong"), EspeakVoice()]).speak(TEXT, language="en-US")
    assert narration.voice == "espeak-ng en-us"
    assert narration.fallback.endswith("ElevenLabs refused the key.")
    assert narration.cost_usd_micros == 0


def test_an_unknown_voice_and_a_dead_line_are_told_apart(root):
    with pytest.raises(NotFound):
        voice(root, voice_id="nobody00000000000000").speak("Hello.", language="en-US")
    with pytest.raises(Unreachable):
        ElevenLabsVoice("simulator", voice_id=VOICE, base_url=NOWHERE, retry=ONCE).speak("Hello.", language="en-US")
