"""ElevenLabs' API under `/elevenlabs`: text to speech, with and without character times, and what is left of the month."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.simulator import speech
from connectors.simulator.apis.google import simulation
from connectors.simulator.calendar import moment
from connectors.simulator.simulation import ELEVENLABS_KEY

MONTHLY_CHARACTERS = 1_000_000
VOICES = {"21m00Tcm4TlvDq8ikWAM": "Rachel", "pNInz6obpgDQGcFmaJgB": "Adam", "EXAVITQu4vr4xnSDxMaL": "Sarah"}
_FORMAT = re.compile(r"(mp3)_(22050|24000|44100)_(32|48|64|96|128|192)|(pcm)_(8000|16000|22050|24000|32000|44100|48000)")


class ElevenLabsError(Exception):
    """An error in ElevenLabs' shape: `detail` is a status and message, or a list of what is wrong with the body."""

    def __init__(self, code: int, detail: Any) -> None:
        super().__init__(str(detail))
        self.code = code
        self.detail = detail

    def response(self) -> Response:
        """The HTTP answer."""
        return JSONResponse({"detail": self.detail}, self.code)


@dataclass(frozen=True)
class _Spoken:
    text: str
    audio: bytes
    media_type: str
    starts: list[float]
    ends: list[float]


async def convert(request: Request) -> Response:
    """text_to_speech.convert: the audio."""
    spoken = await _spoken(request)
    return Response(spoken.audio, media_type=spoken.media_type, headers={"character-cost": str(len(spoken.text))})


async def convert_with_timestamps(request: Request) -> Response:
    """text_to_speech.convert_with_timestamps: the audio in base64 and the time of each character."""
    spoken = await _spoken(request)
    alignment = {
        "characters": list(spoken.text),
        "character_start_times_seconds": spoken.starts,
        "character_end_times_seconds": spoken.ends,
    }
    body = {"audio_base64": base64.b64encode(spoken.audio).decode(), "alignment": alignment, "normalized_alignment": alignment}
    return JSONResponse(body, headers={"character-cost": str(len(spoken.text))})


async def subscription(request: Request) -> Response:
    """user.subscription: characters used and allowed."""
    _check_key(request)
    running = simulation(request)
    used = running.state.characters(_month(request))
    return JSONResponse({"tier": "creator", "character_count": used, "character_limit": MONTHLY_CHARACTERS, "status": "active"})


async def list_voices(request: Request) -> Response:
    """voices.get_all."""
    _check_key(request)
    return JSONResponse({"voices": [{"voice_id": key, "name": name, "category": "premade"} for key, name in VOICES.items()]})


async def get_voice(request: Request) -> Response:
    """voices.get."""
    _check_key(request)
    key = _voice(request)
    return JSONResponse({"voice_id": key, "name": VOICES[key], "category": "premade"})


async def _spoken(request: Request) -> _Spoken:
    _check_key(request)
    try:
        table = await request.json()
    except ValueError:
        table = None
    text = table.get("text") if isinstance(table, dict) else None
    if not isinstance(text, str):
        fault = {"type": "missing", "loc": ["body", "text"], "msg": "Field required", "input": table}
        raise ElevenLabsError(422, [fault])
    if not text.strip():
        raise ElevenLabsError(400, {"status": "input_text_empty", "message": "Input text is empty."})
    _voice(request)
    asked = request.query_params.get("output_format", "mp3_44100_128")
    match = _FORMAT.fullmatch(asked)
    if match is None:
        fault = {"type": "enum", "loc": ["query", "output_format"], "msg": "Input is not a known format", "input": asked}
        raise ElevenLabsError(422, [fault])
    left = simulation(request).state.spend_characters(_month(request), len(text), MONTHLY_CHARACTERS)
    if left is not None:
        message = (
            f"This request exceeds your quota of {MONTHLY_CHARACTERS}. You have {left} credits remaining, while {len(text)} "
            "credits are required for this request."
        )
        raise ElevenLabsError(401, {"status": "quota_exceeded", "message": message})
    return await run_in_threadpool(_speak, text, match)


def _speak(text: str, match: re.Match[str]) -> _Spoken:
    said = speech.speak(text)
    if match[1]:
        audio, media_type = speech.mp3(said.samples, said.rate, int(match[2]), int(match[3])), "audio/mpeg"
    else:
        audio, media_type = speech.resample(said.samples, said.rate, int(match[5])).astype("<i2").tobytes(), "audio/pcm"
    return _Spoken(text, audio, media_type, said.starts, said.ends)


def _voice(request: Request) -> str:
    key = str(request.path_params["voice_id"])
    if key not in VOICES:
        raise ElevenLabsError(404, {"status": "voice_not_found", "message": f"A voice with voice_id {key} was not found."})
    return key


def _check_key(request: Request) -> None:
    if request.headers.get("xi-api-key") != ELEVENLABS_KEY:
        raise ElevenLabsError(401, {"status": "invalid_api_key", "message": "Invalid API key"})


def _month(request: Request) -> str:
    return moment(simulation(request).now).strftime("%Y-%m")


_BASE = "/elevenlabs/v1"
ROUTES = [
    Route(f"{_BASE}/text-to-speech/{{voice_id}}", convert, methods=["POST"]),
    Route(f"{_BASE}/text-to-speech/{{voice_id}}/with-timestamps", convert_with_timestamps, methods=["POST"]),
    Route(f"{_BASE}/user/subscription", subscription),
    Route(f"{_BASE}/voices", list_voices),
    Route(f"{_BASE}/voices/{{voice_id}}", get_voice),
]
