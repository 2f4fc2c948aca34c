"""What the three services have in common: features read online, the model asked, the answer remembered."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import bentoml
from pydantic import BaseModel
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from core.clock import SystemClock
from core.errors import Damaged, NotConfigured, Transient
from core.pictures import MEASURES
from core.settings import Settings, load_settings
from features.meanings import MEANING_COLUMNS
from features.scripts import SCRIPT_COLUMNS
from features.texts import TITLE_COLUMNS
from features.transforms import DRAFT_FEATURES, THUMBNAIL_FEATURES
from serving.observations import Observation, ObservationLog
from serving.schemas import Meta, ModelCard, ModelsAnswer, ModelsData, ThumbnailedDraft
from serving.scorer import Scorer
from serving.services.envelope import RequestLog, request_id

logger = logging.getLogger("ytempire.serving")

_CLOCK = SystemClock()
"""Of answers and observations. A simulated day does not reach here: features are as of the last one that was materialised."""

FeatureReader = Callable[[str, Sequence[Mapping[str, Any]]], Sequence[Mapping[str, Any]]]
"""Reads the features of a feature service for request rows: (service, rows) → one mapping per row, None where unknown."""


class ServedVersions(BaseModel):
    """Versions in the model store to serve, given as `bentoml serve … --arg trend=3-9f2c61d0a4be`."""

    trend: str = "latest"
    quality: str = "latest"
    ctr: str = "latest"


_OF_DRAFTS = (*DRAFT_FEATURES, *TITLE_COLUMNS, *SCRIPT_COLUMNS, *MEANING_COLUMNS, *THUMBNAIL_FEATURES)
_GIVEN = frozenset((*ThumbnailedDraft.model_fields, *MEASURES, *_OF_DRAFTS))
"""Names in a draft's feature row that come from the request."""

PROBE: Mapping[str, Any] = {
    "channel_id": "readiness-probe",
    "title": "Is it ready?",
    "script": "It is ready.",
    "duration_seconds": 60.0,
    "category_id": 10.0,
    "publish_at": datetime(2026, 1, 1, tzinfo=UTC),
    **dict.fromkeys(MEASURES),
}
"""A draft whose features are read when a server starts: the sentence encoder takes seconds to load, of a request's twenty."""

SERVED = bentoml.use_arguments(ServedVersions)


class Endpoint:
    """Base of the services: holds the feature reader, the observation log and the loaded models.

    Cooperative: a service's `__init__` calls `super().__init__()` and then `self.load(…)` of its own model, so that a class
    that inherits from several services opens the stores once."""

    probe: ClassVar[tuple[str, Mapping[str, Any]]] = ("trend_v1", {"video_id": "readiness-probe"})

    def __init__(self) -> None:
        settings = load_settings()
        logging.getLogger("bentoml._internal.server.http_app").addFilter(RequestLog())
        self.scorers: dict[str, Scorer] = {}
        self.read_features = self.open_features(settings)
        self.observations = self.open_observations(settings)

    def open_features(self, settings: Settings) -> FeatureReader:
        """Open the feature store and read once through it, which loads Feast and its registry. Tests give another reader."""
        # Feast takes seconds to import: a module-level import would cost them in every process that looks at this module.
        from features.repository import open_store
        from features.retrieval import online

        reader = functools.partial(online, open_store(_database_url(settings), _redis_url(settings)))
        reader(self.probe[0], [self.probe[1]])
        return reader

    def open_observations(self, settings: Settings) -> ObservationLog:
        """Open the table of observations."""
        from core.postgres.engine import create_engine

        return ObservationLog(create_engine(_database_url(settings), pool_size=1))

    def load(self, stored: bentoml.Model) -> Scorer:
        """Load a packed model and keep it among the served ones."""
        digest = stored.info.metadata.get("sha256")
        if not isinstance(digest, str):
            raise Damaged(f"Model {stored.tag} was not packed by serving.packaging.", "Remove it from the model store.")
        scorer = Scorer.load(Path(stored.path), str(stored.tag.version), digest)
        self.scorers[stored.tag.name] = scorer
        return scorer

    def ask(self, scorer: Scorer, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Read the features of the scorer's feature service for these rows, completed by the rows' own values."""
        try:
            features = self.read_features(scorer.signature.feature_service, rows)
        except (Transient, OSError, RedisError, SQLAlchemyError) as error:
            raise bentoml.exceptions.ServiceUnavailable("The feature store does not answer.") from error
        return [{**row, **found} for row, found in zip(rows, features, strict=True)]

    def score(self, scorer: Scorer, rows: Sequence[Mapping[str, Any]], entity: str) -> list[float]:
        """Score feature rows by the model's first output, and record each under the value of its `entity` column.

        Raises Damaged when a score is no share between 0 and 1."""
        outputs = scorer.score(rows)
        scores = [output[scorer.signature.outputs[0]] for output in outputs]
        if not all(0 <= score <= 1 for score in scores):
            raise Damaged(
                f"Model {scorer.signature.model} {scorer.version} gave a score outside 0 to 1.", "Go back to an earlier one."
            )
        now = _CLOCK.now()
        self.observations.record(
            [
                Observation(
                    request_id=request_id(),
                    observed_at=now,
                    model=scorer.signature.model,
                    model_version=scorer.version,
                    entity_key=str(row[entity]),
                    inputs={name: row.get(name) for name in scorer.signature.inputs},
                    outputs=output,
                )
                for row, output in zip(rows, outputs, strict=True)
            ]
        )
        return scores

    def models(self) -> ModelsAnswer:
        """Describe the served models."""
        cards = [
            ModelCard(
                model=name,
                version=scorer.version,
                kind=scorer.signature.kind,
                feature_service=scorer.signature.feature_service,
                inputs=list(scorer.signature.inputs),
                metrics=dict(scorer.signature.metrics),
                baseline_metrics=dict(scorer.signature.baseline_metrics),
                dataset_digest=scorer.signature.dataset_digest,
                trained_as_of=scorer.signature.trained_as_of,
            )
            for name, scorer in sorted(self.scorers.items())
        ]
        return ModelsAnswer(data=ModelsData(models=cards), meta=meta())

    def __is_ready__(self) -> bool:
        """Whether features can be read now; BentoML asks for /readyz."""
        try:
            self.read_features(self.probe[0], [self.probe[1]])
        except Exception:  # any failure means not ready, and the log says which
            logger.exception("the feature store cannot be read")
            return False
        return True

    @bentoml.on_shutdown
    def close(self) -> None:
        """Write the observations that still wait."""
        self.observations.close()


def meta() -> Meta:
    """The envelope's meta of an answer made now."""
    return Meta(timestamp=_CLOCK.now())


def knows_channel(row: Mapping[str, Any]) -> bool:
    """Whether the feature store knew anything of a draft's channel: a feature that the request did not bring itself."""
    return any(value is not None for name, value in row.items() if name not in _GIVEN)


def _database_url(settings: Settings) -> str:
    if settings.database_url is None:
        raise NotConfigured("The model server was given no DATABASE_URL.", "Start it with `make serve`.")
    return settings.database_url.get_secret_value()


def _redis_url(settings: Settings) -> str:
    if settings.redis_url is None:
        raise NotConfigured("The model server was given no REDIS_URL.", "Start it with `make serve`.")
    return settings.redis_url.get_secret_value()
