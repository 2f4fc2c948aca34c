"""What each answer of a hosted service means: which error, whether it is tried again."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from connectors.http import RetryPolicy
from connectors.media.elevenlabs import ElevenLabsVoice
from connectors.media.language import OpenAIWriter
from core.errors import Damaged, NotFound, QuotaExhausted, RateLimited, Refused, ServiceFailed, Unreachable
from tests.unit.connectors.scripted import Answer, ScriptedServer, json_answer

ONCE = RetryPolicy(attempts=1)
JSON = {"Content-Type": "application/json"}
PATIENT = RetryPolicy(attempts=3, sleep=lambda _: None)
SCHEMA = {"title": "T", "type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


def openai_error(status: int, code: str = "", **headers: str) -> Answer:
    return json_answer({"error": {"message": "m", "type": "t", "param": None, "code": code}}, status, **headers)


def elevenlabs_error(status: int, reason: str = "") -> Answer:
    return json_answer({"detail": {"status": reason, "message": "m"}}, status)


def chat(content: str | None, *, finish: str = "stop", refusal: str | None = None, says_usage: bool = True) -> Answer:
    message = {"role": "assistant", "content": content, "refusal": refusal}
    choice = {"index": 0, "message": message, "finish_reason": finish, "logprobs": None}
    usage = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100} if says_usage else None
    return json_answer(
        {"id": "1", "object": "chat.completion", "created": 0, "model": "gpt-4o-mini", "choices": [choice], "usage": usage}
    )


def timed(second: object) -> Answer:
    times = {"character_start_times_seconds": [second] * 6, "character_end_times_seconds": [second] * 6}
    return json_answer({"audio_base64": "AAAA", "alignment": {"characters": list("Hello."), **times}})


def write(server: ScriptedServer, retry: RetryPolicy = ONCE):
    return OpenAIWriter("sk-test", base_url=f"{server.url}/v1", retry=retry).write("Write.", {"b": 1}, SCHEMA)


def speak(server: ScriptedServer, retry: RetryPolicy = ONCE):
    return ElevenLabsVoice("key", voice_id="v", base_url=server.url, retry=retry).speak("Hello.", language="en-US")


def test_an_answer_that_does_not_say_what_it_used_costs_what_was_reserved(server):
    good = json.dumps(dict.fromkeys(SCHEMA["required"], "x"))
    server.script.append(chat(good, says_usage=False))
    bound = OpenAIWriter("sk-test", base_url=f"{server.url}/v1").estimate_usd_micros("Write.", {"b": 1}, SCHEMA)
    assert write(server).cost_usd_micros == bound > 0


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (openai_error(401), Refused),
        (openai_error(400), Refused),
        (openai_error(404), NotFound),
        (openai_error(429), RateLimited),
        (openai_error(429, "insufficient_quota"), QuotaExhausted),
        (openai_error(500), ServiceFailed),
        (openai_error(503), ServiceFailed),
        (chat(None, refusal="no"), Refused),
        (chat("{", finish="length"), Damaged),
        (chat("not json"), Damaged),
        (chat("[1]"), Damaged),
        (chat("{}"), Damaged),
    ],
)
def test_what_openai_answers_is_told_as_one_of_our_errors(server, answer, error):
    server.script.append(answer)
    with pytest.raises(error) as caught:
        write(server)
    assert type(caught.value) is error
    assert "sk-test" not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (elevenlabs_error(401, "invalid_api_key"), Refused),
        (elevenlabs_error(401, "quota_exceeded"), QuotaExhausted),
        (elevenlabs_error(402), QuotaExhausted),
        (elevenlabs_error(404, "voice_not_found"), NotFound),
        (elevenlabs_error(422), Refused),
        (elevenlabs_error(429), RateLimited),
        (elevenlabs_error(500), ServiceFailed),
        (json_answer({"unexpected": True}), Damaged),
        (json_answer({"audio_base64": "AAAA", "alignment": None}), Damaged),
    ],
)
def test_what_elevenlabs_answers_is_told_as_one_of_our_errors(server, answer, error):
    server.script.append(answer)
    with pytest.raises(error) as caught:
        speak(server)
    assert type(caught.value) is error


@pytest.mark.parametrize(
    ("sound", "times", "problem"),
    [("AAAA", 6, "decoded"), ("%", 6, "no sound"), (None, 6, "no sound"), ("AAAA", 5, "incomplete")],
)
def test_damaged_sound_or_times_are_seen(server, sound, times, problem):
    seconds = [0.1 * number for number in range(times)]
    alignment = {"characters": list("Hello."), "character_start_times_seconds": seconds, "character_end_times_seconds": seconds}
    server.script.append(json_answer({"audio_base64": sound, "alignment": alignment}))
    with pytest.raises(Damaged, match=problem):
        speak(server)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(body=b"{", headers=JSON), Damaged),
        (Answer(body=b"sorry"), Damaged),
        (Answer(body=b"[]", headers=JSON), Damaged),
        (json_answer({"choices": []}), Damaged),
        (json_answer({"choices": [{"message": None}]}), Damaged),
        (chat(None, refusal="no"), Refused),
        (Answer(drop=True), Unreachable),
    ],
)
def test_a_writing_that_may_be_billed_is_asked_for_once(server, answer, error):
    server.answers(answer, chat('{"a": "b"}'))
    with pytest.raises(error) as caught:
        write(server, PATIENT)
    assert isinstance(caught.value, Damaged) or caught.value.is_billed
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(body=b"{", headers=JSON), Damaged),
        (Answer(body=b"sorry"), Damaged),
        (Answer(body=b"[]", headers=JSON), Damaged),
        (json_answer({"audio_base64": "AAAA", "alignment": {"characters": 7}}), Damaged),
        (json_answer({"audio_base64": "AAAA", "alignment": {"characters": list("Hello.")}}), Damaged),
        (timed("soon"), Damaged),
        (timed(None), Damaged),
        (Answer(drop=True), Unreachable),
    ],
)
def test_a_speech_that_may_be_billed_is_asked_for_once(server, answer, error):
    server.answers(answer, answer)
    with pytest.raises(error) as caught:
        speak(server, PATIENT)
    assert isinstance(caught.value, Damaged) or caught.value.is_billed
    assert len(server.asked) == 1


def test_a_time_limit_that_passes_may_be_billed_and_a_dead_line_is_not(server):
    server.answers(Answer(delay_seconds=0.5), Answer(delay_seconds=0.5))
    impatient = {"retry": PATIENT, "timeout_seconds": 0.1}
    for call in (
        lambda url: OpenAIWriter("sk-test", base_url=f"{url}/v1", **impatient).write("Write.", {}, SCHEMA),
        lambda url: ElevenLabsVoice("key", voice_id="v", base_url=url, **impatient).speak("Hello.", language="en-US"),
    ):
        with pytest.raises(Unreachable) as late:
            call(server.url)
        with pytest.raises(Unreachable) as dead:
            call("http://127.0.0.1:9")
        assert (late.value.is_billed, dead.value.is_billed) == (True, False)
    assert len(server.asked) == 2


def test_a_transient_failure_is_tried_again_until_it_works(server):
    server.script.extend([openai_error(503), openai_error(429, **{"retry-after": "1"}), chat('{"a": "b"}')])
    writing = write(server, PATIENT)
    assert writing.content == {"a": "b"}
    assert writing.cost_usd_micros == 1000 * 0.15 + 100 * 0.6
    assert len(server.asked) == 3


def test_a_refusal_is_not_tried_again(server):
    server.script.append(openai_error(401))
    with pytest.raises(Refused):
        write(server, PATIENT)
    assert len(server.asked) == 1


def test_the_request_names_the_schema_and_caps_the_answer(server):
    server.script.append(chat('{"a": "b"}'))
    write(server)
    body = json.loads(server.asked[0].body)
    assert body["response_format"]["json_schema"] == {"name": "T", "strict": True, "schema": SCHEMA}
    assert body["max_completion_tokens"] > 0
    assert json.loads(body["messages"][1]["content"]) == {"b": 1}
