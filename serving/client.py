"""The model server as Python sees it: three questions, frozen answers, and errors of `core.errors`.

Satisfies `generation.ports.Scorer`; the two meet in orchestration."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from core.errors import InvalidInput, RateLimited, Refused, ServiceFailed, Unreachable
from serving.schemas import (
    CTR_PATH,
    MAX_DRAFTS,
    MAX_SCRIPT_CHARACTERS,
    MAX_VIDEOS,
    MODELS_PATH,
    QUALITY_PATH,
    TREND_PATH,
    Answer,
    CtrAnswer,
    CtrRequest,
    ErrorAnswer,
    ModelCard,
    ModelsAnswer,
    QualityAnswer,
    QualityRequest,
    TrendAnswer,
    TrendRequest,
    TrendStatus,
)

RequestT = TypeVar("RequestT", bound=BaseModel)
AnswerT = TypeVar("AnswerT", bound=Answer[Any])


@dataclass(frozen=True)
class TrendScore:
    """Chance (0 to 1) that a video breaks out within 48 hours."""

    video_id: str
    p_breakout: float
    model_version: str


@dataclass(frozen=True)
class QualityScore:
    """Chance in percent that a draft holds viewers above its channel's median."""

    channel_id: str
    likelihood: float
    is_channel_known: bool
    model_version: str


@dataclass(frozen=True)
class CtrScore:
    """Predicted clicks per impression of a draft (0 to 1)."""

    channel_id: str
    ctr: float
    is_channel_known: bool
    is_thumbnail_used: bool
    model_version: str


class ScoringClient:
    """Asks a model server, in as many requests as its limits need.

    Every method raises InvalidInput (naming the field), Unreachable, RateLimited or ServiceFailed.

    Args:
        base_url: root of the server, for example `http://127.0.0.1:3000`.
        timeout_seconds: for each request.
        transport: of httpx; the default tries a refused connection again twice, as while a new version takes over.
    """

    def __init__(self, base_url: str, timeout_seconds: float = 30.0, transport: httpx.BaseTransport | None = None) -> None:
        self._http = httpx.Client(
            base_url=base_url, timeout=timeout_seconds, transport=transport or httpx.HTTPTransport(retries=2), trust_env=False
        )

    @property
    def base_url(self) -> str:
        """Root of the server."""
        return str(self._http.base_url).rstrip("/")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def trend(self, video_ids: Sequence[str]) -> list[TrendScore]:
        """Score videos, in order; those that the feature store has no current reading of are left out."""
        scores = []
        for piece in _pieces(video_ids, MAX_VIDEOS):
            data = self._ask(TREND_PATH, _request(TrendRequest, video_ids=piece), TrendAnswer).data
            scores += [
                TrendScore(result.video_id, result.p_breakout, data.model_version)
                for result in data.results
                if result.status is TrendStatus.SCORED and result.p_breakout is not None
            ]
        return scores

    def quality(self, items: Sequence[Mapping[str, Any]]) -> list[QualityScore]:
        """Score drafts, in order. Items: channel_id, title, duration_seconds, category_id, publish_at (timezone-aware), and
        script where there is one; what of it no feature reads is not sent."""
        scores = []
        for piece in _pieces(items, MAX_DRAFTS):
            data = self._ask(QUALITY_PATH, _request(QualityRequest, items=_cut(piece)), QualityAnswer).data
            scores += [
                QualityScore(result.channel_id, result.likelihood, result.is_channel_known, data.model_version)
                for result in data.results
            ]
        return scores

    def ctr(self, items: Sequence[Mapping[str, Any]]) -> list[CtrScore]:
        """Predict click-through rates of drafts, in order. Items: as for `quality`, and thumbnail (its measures, or None)."""
        scores = []
        for piece in _pieces(items, MAX_DRAFTS):
            data = self._ask(CTR_PATH, _request(CtrRequest, items=_cut(piece)), CtrAnswer).data
            scores += [
                CtrScore(result.channel_id, result.ctr, result.is_channel_known, result.is_thumbnail_used, data.model_version)
                for result in data.results
            ]
        return scores

    def models(self) -> list[ModelCard]:
        """The models that the server answers with."""
        return self._ask(MODELS_PATH, None, ModelsAnswer).data.models

    def _ask(self, path: str, request: BaseModel | None, answer: type[AnswerT]) -> AnswerT:
        try:
            if request is None:
                response = self._http.get(path)
            else:
                response = self._http.post(path, content=request.model_dump_json(), headers={"content-type": "application/json"})
        except httpx.TransportError as error:
            raise Unreachable(
                f"The model server at {self._http.base_url} does not answer ({type(error).__name__}).",
                "Start it with `make serve`.",
            ) from error
        if response.is_error:
            raise _error(response)
        try:
            return answer.model_validate_json(response.content)
        except ValidationError:
            raise ServiceFailed(
                f"{self._http.base_url} answered {path} with something that is not an answer of the model server.",
                "Check YTEMPIRE_SERVING_URL.",
            ) from None


def is_ready(base_url: str, timeout_seconds: float = 2.0) -> bool:
    """Whether a model server answers and can read features."""
    try:
        return httpx.get(f"{base_url}/readyz", timeout=timeout_seconds, trust_env=False).is_success
    except httpx.TransportError:
        return False


def _pieces(values: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (values[start : start + size] for start in range(0, len(values), size))


def _cut(drafts: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    scripts = [draft.get("script") for draft in drafts]
    return [
        {**draft, "script": script[:MAX_SCRIPT_CHARACTERS]} if isinstance(script, str) else draft
        for draft, script in zip(drafts, scripts, strict=True)
    ]


def _request(kind: type[RequestT], **values: Any) -> RequestT:
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise InvalidInput(f"{describe(error.errors(include_input=False, include_url=False))}.") from None


def describe(problems: Iterable[Mapping[str, Any]]) -> str:
    """The first of pydantic's problems as one clause, `field: reason`, and how many more there are."""
    first, *others = problems
    field = ".".join(str(part) for part in first["loc"])
    more = f" (and {len(others)} more)" if others else ""
    return f"{field}: {first['msg']}{more}" if field else f"{first['msg']}{more}"


def _error(response: httpx.Response) -> Exception:
    try:
        message = ErrorAnswer.model_validate_json(response.content).error.message
    except ValidationError:
        message = f"HTTP {response.status_code}"
    sentence = f"The model server refused {response.request.url.path}: {message.rstrip('.')}."
    match response.status_code:
        case 429:
            return RateLimited(sentence)
        case 400 | 413 | 415 | 422:
            return InvalidInput(sentence)
        case status if status >= 500:
            return ServiceFailed(sentence, "Its log is run/model-server.log under the state folder.")
        case _:
            return Refused(sentence, "Check YTEMPIRE_SERVING_URL.")
