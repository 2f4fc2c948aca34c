"""The official OpenAI and ElevenLabs clients, pointed at the simulator."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Iterator
from typing import Any

import imageio_ffmpeg
import pytest

from connectors.simulator.apis import elevenlabs as elevenlabs_api
from connectors.simulator.process import SimulatorControl

VOICE = "21m00Tcm4TlvDq8ikWAM"
TEXT = "Three games doubled overnight. Naïve? Perhaps."
SCHEMA = {
    "type": "object",
    "properties": {
        "title": {"type": "string"},
        "thumbnail_headline": {"type": "string", "description": "At most 5 words."},
        "mood": {"enum": ["calm", "lively"]},
        "scenes": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"key": {"type": "string", "enum": ["open", "close"]}, "narration": {"type": "string"}},
                "required": ["key", "narration"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["title", "thumbnail_headline", "mood", "scenes"],
    "additionalProperties": False,
}
DATA = {
    "subject": "Cube Settlers",
    "facts": {"views": {"value": 1200000, "unit": "views"}},
    "scenes": [{"key": "open", "example": "Cube Settlers is rising."}, {"key": "close", "example": "It has 1.2 million views."}],
}


@pytest.fixture
def openai_client(shared: SimulatorControl) -> Iterator[Any]:
    import openai

    with openai.OpenAI(api_key="sk-simulator", base_url=f"{shared.base_url}/openai/v1", max_retries=0) as client:
        yield client


def ask(client: Any, **parameters: Any) -> Any:
    messages = [{"role": "system", "content": "You write."}, {"role": "user", "content": json.dumps(DATA)}]
    return client.chat.completions.create(**{"model": "gpt-4o-mini", "messages": messages, **parameters})


def test_the_writer_fills_the_schema_from_the_data(openai_client: Any) -> None:
    form = {"type": "json_schema", "json_schema": {"name": "script", "strict": True, "schema": SCHEMA}}
    answer = ask(openai_client, response_format=form)
    content = json.loads(answer.choices[0].message.content)
    assert set(content) == {"title", "thumbnail_headline", "mood", "scenes"}
    assert [scene["key"] for scene in content["scenes"]] == ["open", "close"]
    assert content["scenes"][1]["narration"] == "It has 1.2 million views."
    assert "Cube Settlers" in content["title"]
    assert len(content["thumbnail_headline"].split()) <= 5
    assert content["mood"] == "calm"
    usage = answer.usage
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    assert usage.prompt_tokens > 20
    assert answer.choices[0].finish_reason == "stop"


def test_a_limit_cuts_the_answer(openai_client: Any) -> None:
    answer = ask(openai_client, max_completion_tokens=3)
    assert (answer.choices[0].finish_reason, answer.usage.completion_tokens) == ("length", 3)


def test_wrong_keys_and_models_are_refused(shared: SimulatorControl, openai_client: Any) -> None:
    import openai

    stranger = openai.OpenAI(api_key="sk-wrong", base_url=f"{shared.base_url}/openai/v1", max_retries=0)
    with stranger, pytest.raises(openai.AuthenticationError) as refused:
        ask(stranger)
    assert refused.value.code == "invalid_api_key"
    with pytest.raises(openai.NotFoundError):
        ask(openai_client, model="gpt-nothing")


def test_texts_with_common_words_are_near(openai_client: Any) -> None:
    answer = openai_client.embeddings.create(
        model="text-embedding-3-small", input=["cube settlers trailer", "the cube settlers", "rainy sunday"]
    )
    first, second, third = (item.embedding for item in answer.data)
    assert len(first) == 1536
    assert sum(a * b for a, b in zip(first, second, strict=True)) > 0.3 > sum(a * b for a, b in zip(first, third, strict=True))


@pytest.fixture
def voice_client(shared: SimulatorControl) -> Iterator[Any]:
    import httpx
    from elevenlabs import ElevenLabs

    with httpx.Client() as transport:
        yield ElevenLabs(api_key="simulator", base_url=f"{shared.base_url}/elevenlabs", httpx_client=transport)


def seconds_of_mp3(content: bytes) -> float:
    import subprocess

    command = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        "-loglevel",
        "error",
        "-i",
        "pipe:0",
        "-f",
        "s16le",
        "-ar",
        "8000",
        "-ac",
        "1",
        "pipe:1",
    ]
    return len(subprocess.run(command, input=content, stdout=subprocess.PIPE, check=True).stdout) / 16_000


def test_speech_has_the_asked_format_and_each_characters_time(voice_client: Any) -> None:
    said = voice_client.text_to_speech.convert_with_timestamps(VOICE, text=TEXT, output_format="mp3_44100_128")
    audio = base64.b64decode(said.audio_base_64)
    alignment = said.alignment
    assert "".join(alignment.characters) == TEXT
    starts, ends = alignment.character_start_times_seconds, alignment.character_end_times_seconds
    assert starts == sorted(starts)
    assert all(start <= end for start, end in zip(starts, ends, strict=True))
    assert ends[-1] == pytest.approx(seconds_of_mp3(audio), abs=0.15)
    pcm = b"".join(voice_client.text_to_speech.convert(VOICE, text=TEXT, output_format="pcm_16000"))
    assert len(pcm) / 32_000 == pytest.approx(ends[-1], abs=0.05)
    assert max(abs(sample) for (sample,) in struct.iter_unpack("<h", pcm)) > 3000
    words = {word: starts[TEXT.index(word)] for word in TEXT.split()}
    assert list(words.values()) == sorted(set(words.values()))


def test_voice_errors_have_the_real_shapes(shared: SimulatorControl, voice_client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import httpx
    from elevenlabs import ElevenLabs
    from elevenlabs.core import ApiError

    def refused(client: Any, voice: str = VOICE, text: str = TEXT) -> tuple[int, Any]:
        with pytest.raises(ApiError) as caught:
            client.text_to_speech.convert_with_timestamps(voice, text=text)
        return caught.value.status_code, caught.value.body["detail"]

    with httpx.Client() as transport:
        stranger = ElevenLabs(api_key="wrong", base_url=f"{shared.base_url}/elevenlabs", httpx_client=transport)
        assert refused(stranger)[1]["status"] == "invalid_api_key"
        missing = transport.post(
            f"{shared.base_url}/elevenlabs/v1/text-to-speech/{VOICE}", headers={"xi-api-key": "simulator"}, json={}
        )
    assert (missing.status_code, missing.json()["detail"][0]["loc"]) == (422, ["body", "text"])
    assert refused(voice_client, voice="nobody")[1]["status"] == "voice_not_found"
    monkeypatch.setattr(elevenlabs_api, "MONTHLY_CHARACTERS", 3)
    status, detail = refused(voice_client)
    assert (status, detail["status"]) == (401, "quota_exceeded")
