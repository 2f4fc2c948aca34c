"""OpenAI's API under `/openai/v1`: chat completions by a rule-based writer, embeddings by hashing, the list of models."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.simulator import writer
from connectors.simulator.apis.google import simulation
from connectors.simulator.identity import stream, token
from connectors.simulator.simulation import OPENAI_KEY

MODELS = ("gpt-4o-mini", "gpt-4o", "gpt-4.1-nano", "gpt-4.1-mini", "gpt-4.1", "gpt-5-nano", "gpt-5-mini", "gpt-5")
EMBEDDING_MODELS = {"text-embedding-3-small": 1536, "text-embedding-3-large": 3072, "text-embedding-ada-002": 1536}
_WORD = re.compile(r"\w+")


class OpenAIError(Exception):
    """An error in OpenAI's shape."""

    def __init__(self, status: int, message: str, *, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}}

    def response(self) -> Response:
        """The HTTP answer."""
        return JSONResponse(self.body, self.status)


async def complete_chat(request: Request) -> Response:
    """chat.completions.create, without streaming."""
    table = await _table(request)
    model = _model(table, MODELS)
    messages = table.get("messages")
    if not isinstance(messages, list) or not messages:
        raise OpenAIError(400, "Missing required parameter: 'messages'.", code="missing_required_parameter", param="messages")
    if table.get("stream"):
        raise OpenAIError(400, "Streaming is not simulated.", code="unsupported_value", param="stream")
    asked = "\n".join(_content(message) for message in messages if message.get("role") == "user")
    wanted = table.get("response_format") or {}
    match wanted.get("type", "text"):
        case "json_schema":
            schema = (wanted.get("json_schema") or {}).get("schema")
            if not isinstance(schema, dict):
                message = "Missing required parameter: 'response_format.json_schema.schema'."
                raise OpenAIError(400, message, code="missing_required_parameter", param="response_format.json_schema")
            text = json.dumps(writer.write_json(schema, asked), ensure_ascii=False)
        case "json_object":
            text = json.dumps({"text": writer.write_text(asked)}, ensure_ascii=False)
        case _:
            text = writer.write_text(asked)
    spent = writer.count_tokens(text)
    limit = int(table.get("max_completion_tokens") or table.get("max_tokens") or spent)
    is_cut = spent > limit
    if is_cut:
        text, spent = text[: int(len(text) * limit / spent)], limit
    prompt_tokens = sum(writer.count_tokens(_content(message)) + 4 for message in messages)
    return JSONResponse(
        {
            "id": f"chatcmpl-{token('chat', asked, text, length=29)}",
            "object": "chat.completion",
            "created": _created(request),
            "model": model,
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": text, "refusal": None, "annotations": []},
                    "logprobs": None,
                    "finish_reason": "length" if is_cut else "stop",
                }
            ],
            "usage": {"prompt_tokens": prompt_tokens, "completion_tokens": spent, "total_tokens": prompt_tokens + spent},
            "system_fingerprint": None,
        }
    )


async def embed(request: Request) -> Response:
    """embeddings.create: each word adds its own random direction, so that texts with common words are near."""
    table = await _table(request)
    model = _model(table, tuple(EMBEDDING_MODELS))
    asked = table.get("input")
    texts = [asked] if isinstance(asked, str) else asked
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) and text for text in texts):
        raise OpenAIError(400, "'$.input' is invalid.", param="input")
    size = int(table.get("dimensions") or EMBEDDING_MODELS[model])
    data = []
    for index, text in enumerate(texts):
        words = _WORD.findall(text.lower()) or [""]
        vector = np.sum([stream(0, "word", word).normal(size=size) for word in words], axis=0)
        vector = (vector / np.linalg.norm(vector)).astype("<f4")
        is_packed = table.get("encoding_format") == "base64"
        packed = base64.b64encode(vector.tobytes()).decode() if is_packed else vector.tolist()
        data.append({"object": "embedding", "index": index, "embedding": packed})
    tokens = sum(writer.count_tokens(text) for text in texts)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return JSONResponse({"object": "list", "data": data, "model": model, "usage": usage})


async def list_models(request: Request) -> Response:
    """models.list."""
    _check_key(request)
    models = [{"id": name, "object": "model", "created": 0, "owned_by": "simulator"} for name in (*MODELS, *EMBEDDING_MODELS)]
    return JSONResponse({"object": "list", "data": models})


async def retrieve_model(request: Request) -> Response:
    """models.retrieve."""
    _check_key(request)
    name = _model(request.path_params, (*MODELS, *EMBEDDING_MODELS))
    return JSONResponse({"id": name, "object": "model", "created": 0, "owned_by": "simulator"})


async def _table(request: Request) -> dict[str, Any]:
    _check_key(request)
    try:
        table = await request.json()
    except ValueError:
        table = None
    if not isinstance(table, dict):
        raise OpenAIError(400, "We could not parse the JSON body of your request.")
    return table


def _check_key(request: Request) -> None:
    key = request.headers.get("authorization", "").removeprefix("Bearer ")
    if key != OPENAI_KEY:
        shown = f"{key[:3]}{'*' * 8}{key[-2:]}" if len(key) > 8 else "***"
        message = (
            f"Incorrect API key provided: {shown}. You can find your API key at https://platform.openai.com/account/api-keys."
        )
        raise OpenAIError(401, message, code="invalid_api_key")


def _model(table: Mapping[str, Any], known: tuple[str, ...]) -> str:
    model = table.get("model")
    if model not in known:
        message = f"The model `{model}` does not exist or you do not have access to it."
        raise OpenAIError(404, message, code="model_not_found")
    return str(model)


def _content(message: dict[str, Any]) -> str:
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "\n".join(part.get("text", "") for part in content if isinstance(part, dict))


def _created(request: Request) -> int:
    return int(simulation(request).now * 3600)


ROUTES = [
    Route("/openai/v1/chat/completions", complete_chat, methods=["POST"]),
    Route("/openai/v1/embeddings", embed, methods=["POST"]),
    Route("/openai/v1/models", list_models),
    Route("/openai/v1/models/{model}", retrieve_model),
]
