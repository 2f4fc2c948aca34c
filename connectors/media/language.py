"""Written language: what a writer is, and the hosted one. The local writer tells stories of the warehouse: see `generation`."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from connectors.hosted import openai_client
from connectors.http import RetryPolicy
from core.errors import Damaged, NotConfigured, Refused, YtempireError, billed
from core.money import UsdMicros

if TYPE_CHECKING:
    import openai
    from openai.types.chat import ChatCompletion

_LOG = logging.getLogger(__name__)
_FREE = UsdMicros(0)


@dataclass(frozen=True)
class TokenPrice:
    """Price of a model in micro-dollars per million tokens."""

    input: int
    output: int


OPENAI_PRICES_AS_OF = "2025-08-07"
OPENAI_PRICES: dict[str, TokenPrice] = {
    "gpt-4o-mini": TokenPrice(150_000, 600_000),
    "gpt-4o": TokenPrice(2_500_000, 10_000_000),
    "gpt-4.1-nano": TokenPrice(100_000, 400_000),
    "gpt-4.1-mini": TokenPrice(400_000, 1_600_000),
    "gpt-4.1": TokenPrice(2_000_000, 8_000_000),
    "gpt-5-nano": TokenPrice(50_000, 400_000),
    "gpt-5-mini": TokenPrice(250_000, 2_000_000),
    "gpt-5": TokenPrice(1_250_000, 10_000_000),
}
"""Standard rates of platform.openai.com/docs/pricing on OPENAI_PRICES_AS_OF. Cached input is charged here at the full rate: a
reservation must never be too low."""


@dataclass(frozen=True)
class Writing:
    """What a writer wrote.

    Attributes:
        content: a JSON object of the asked schema.
        writer: vendor and model, for example `openai gpt-4o-mini`.
        input_tokens, output_tokens: as billed; 0 for a local writer, and where the service does not say.
        cost_usd_micros: what was paid.
        fallback: why an earlier choice of writer was not used; empty when the first one wrote.
    """

    content: dict[str, Any]
    writer: str
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd_micros: UsdMicros = _FREE
    fallback: str = ""


class Language(Protocol):
    """Writes structured text about given data."""

    @property
    def name(self) -> str:
        """Vendor and model."""
        ...

    def estimate_usd_micros(self, prompt: str, data: Mapping[str, Any], schema: Mapping[str, Any]) -> UsdMicros:
        """The most that `write` with these arguments can cost, for the ledger's reservation."""
        ...

    def write(self, prompt: str, data: Mapping[str, Any], schema: Mapping[str, Any]) -> Writing:
        """Write what the prompt asks for, about the data alone.

        Args:
            prompt: the instructions.
            data: plain JSON data that the text may use.
            schema: JSON schema of an object, with a `title`; every property required and no others allowed.

        Raises Damaged when the answer is not such an object, Transient or Permanent errors of the service otherwise.
        """
        ...


class OpenAIWriter:
    """Writes with an OpenAI chat model and its JSON-schema output.

    Args:
        api_key: key of the service.
        model: a model of `OPENAI_PRICES`; NotConfigured for any other, since its cost could not be capped.
        base_url: None for the real service.
        timeout_seconds: of one call.
        max_output_tokens: where the service must stop; bounds the cost.
        retry: how Transient failures are tried again.
    """

    def __init__(
        self,
        api_key: str,
        *,
        model: str = "gpt-4o-mini",
        base_url: str | None = None,
        timeout_seconds: float = 60.0,
        max_output_tokens: int = 4096,
        retry: RetryPolicy | None = None,
    ) -> None:
        if model not in OPENAI_PRICES:
            raise NotConfigured(f"The price of model {model!r} is not known.", f"Choose one of {', '.join(OPENAI_PRICES)}.")
        self._api_key = api_key
        self._model = model
        self._base_url = base_url
        self._timeout_seconds = timeout_seconds
        self._max_output_tokens = max_output_tokens
        self._retry = retry or RetryPolicy()

    @property
    def name(self) -> str:
        """`openai` and the model."""
        return f"openai {self._model}"

    def estimate_usd_micros(self, prompt: str, data: Mapping[str, Any], schema: Mapping[str, Any]) -> UsdMicros:
        """Upper bound: a token is at least one byte of UTF-8, and the answer stops at `max_output_tokens`."""
        size = sum(len(json.dumps(part, ensure_ascii=False, default=str).encode()) for part in (prompt, data, schema)) + 64
        return self._price(size, self._max_output_tokens)

    def write(self, prompt: str, data: Mapping[str, Any], schema: Mapping[str, Any]) -> Writing:
        """Write with the model; see `Language.write`."""
        answer = self._retry.call_paid(lambda: self._ask(prompt, data, schema))
        try:
            choice = answer.choices[0]
            message, usage = choice.message, answer.usage
            refusal, written = message.refusal, message.content or ""
        except (AttributeError, IndexError, TypeError):  # the client does not check what it was sent
            raise Damaged(
                f"{self.name} answered something other than a completion.", "Try again, or use another model."
            ) from None
        if refusal:
            raise billed(Refused(f"{self.name} declined to write: {refusal}", "Change the prompt or the topic."))
        if choice.finish_reason == "length":
            raise Damaged(f"{self.name} stopped at its {self._max_output_tokens} tokens.", "Ask for a shorter text.")
        try:
            content = json.loads(written)
        except (TypeError, ValueError):
            content = None
        if not isinstance(content, dict) or not set(schema.get("required", ())) <= content.keys():
            raise Damaged(f"{self.name} answered something other than the asked JSON object.", "Try again, or use another model.")
        if usage is None:  # paid for all the same, at most as much as was reserved
            return Writing(content, self.name, cost_usd_micros=self.estimate_usd_micros(prompt, data, schema))
        tokens = (usage.prompt_tokens, usage.completion_tokens)
        return Writing(content, self.name, *tokens, cost_usd_micros=self._price(*tokens))

    def check(self) -> None:
        """Ask for the model's description, which is free. Raises Refused (key), NotFound (model) or Transient errors."""
        with self._client() as client:
            client.models.retrieve(self._model)

    def _price(self, input_tokens: int, output_tokens: int) -> UsdMicros:
        price = OPENAI_PRICES[self._model]
        return UsdMicros(-(-(input_tokens * price.input + output_tokens * price.output) // 1_000_000))

    def _ask(self, prompt: str, data: Mapping[str, Any], schema: Mapping[str, Any]) -> ChatCompletion:
        with self._client() as client:
            return client.chat.completions.create(
                model=self._model,
                messages=[
                    {"role": "system", "content": prompt},
                    {"role": "user", "content": json.dumps(data, ensure_ascii=False, default=str)},
                ],
                response_format={
                    "type": "json_schema",
                    "json_schema": {
                        "name": _identifier(schema.get("title", "answer")),
                        "strict": True,
                        "schema": dict(schema),
                    },
                },
                max_completion_tokens=self._max_output_tokens,
            )

    def _client(self) -> AbstractContextManager[openai.OpenAI]:
        return openai_client(self._api_key, self._base_url, self._timeout_seconds)


def _identifier(title: str) -> str:
    """The service wants names of letters, digits, `_` and `-`, at most 64 long."""
    return "".join(character if character.isascii() and character.isalnum() else "_" for character in title)[:64] or "answer"


class FallbackLanguage:
    """The first of several writers that works. The writing says which earlier ones failed, and why."""

    def __init__(self, writers: Sequence[Language]) -> None:
        if not writers:
            raise ValueError("FallbackLanguage needs at least one writer")
        self._writers = tuple(writers)

    @property
    def writers(self) -> tuple[Language, ...]:
        """The writers in the order of their choice, for a caller that pays each for itself."""
        return self._writers

    @property
    def name(self) -> str:
        """That of the first choice."""
        return self._writers[0].name

    def estimate_usd_micros(self, prompt: str, data: Mapping[str, Any], schema: Mapping[str, Any]) -> UsdMicros:
        """The sum over all writers: in the worst case each is paid and fails."""
        return UsdMicros(sum(writer.estimate_usd_micros(prompt, data, schema) for writer in self._writers))

    def write(self, prompt: str, data: Mapping[str, Any], schema: Mapping[str, Any]) -> Writing:
        """Write with the first writer that does not fail; raises the last one's error when all do."""
        failures: list[str] = []
        for writer in self._writers[:-1]:
            try:
                return replace(writer.write(prompt, data, schema), fallback=" ".join(failures))
            except YtempireError as error:
                failures.append(f"{writer.name}: {error.message}")
                _LOG.warning("writer %s failed, trying the next: %s", writer.name, error.message)
        return replace(self._writers[-1].write(prompt, data, schema), fallback=" ".join(failures))
