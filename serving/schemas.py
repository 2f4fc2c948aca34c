"""What goes over the wire: requests with their limits, and answers in one envelope. Also the source of the OpenAPI document.

A request outside these limits is refused as a whole with 422; what a single item lacks (an unknown video) is said in its
result."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

API_VERSION = "1"
MAX_VIDEOS = 500
MAX_DRAFTS = 200
MAX_TITLE_CHARACTERS = 100
"""YouTube's own limit."""
MAX_SCRIPT_CHARACTERS = 10_000
"""As many as features read."""
MAX_BODY_BYTES = 26_214_400
"""Room for the largest allowed request, with every title and script in escaped four-byte characters."""

TREND_PATH = "/v1/ai/predict/trend"
QUALITY_PATH = "/v1/ai/score/quality"
CTR_PATH = "/v1/ai/predict/ctr"
MODELS_PATH = "/v1/ai/models"


class Wire(BaseModel):
    """Frozen, without unknown fields, infinities or NaN."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, protected_namespaces=())


def _printable(text: str) -> str:
    if not text.strip():
        raise ValueError("is blank")
    if "\0" in text:
        raise ValueError("contains a NUL character")
    return text


Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Title = Annotated[str, StringConstraints(min_length=1, max_length=MAX_TITLE_CHARACTERS), AfterValidator(_printable)]
Script = Annotated[str, StringConstraints(min_length=1, max_length=MAX_SCRIPT_CHARACTERS), AfterValidator(_printable)]

# Requests


class TrendRequest(Wire):
    """Videos that have been read from a chart at least once."""

    video_ids: Annotated[list[Identifier], Field(min_length=1, max_length=MAX_VIDEOS, examples=[["dQw4w9WgXcQ"]])]


class Draft(Wire):
    """A video as it is planned."""

    channel_id: Identifier = Field(examples=["UC_x5XG1OV2P6uZZ5FSM9Ttw"])
    title: Title = Field(examples=["The 5 songs that climbed fastest this week"])
    script: Script | None = Field(
        default=None,
        examples=["Which song climbed fastest?\n\nIt is not the one you think."],
        description="The words to be spoken.",
    )
    duration_seconds: float = Field(gt=0, le=43_200, examples=[75])
    category_id: int = Field(ge=1, le=999, examples=[10])
    publish_at: AwareDatetime = Field(examples=["2026-06-09T17:00:00Z"])


class Thumbnail(Wire):
    """Measurements of a thumbnail, as `core.pictures` makes them."""

    brightness: float = Field(ge=0, le=1, examples=[0.52])
    contrast: float = Field(ge=0, le=1, examples=[0.27])
    colourfulness: float = Field(ge=0, le=1_000, examples=[61.0])
    text_area: float = Field(ge=0, le=1, examples=[0.18])
    edge_density: float = Field(ge=0, le=1, examples=[0.09])
    legibility: float = Field(ge=0, le=1, examples=[0.81])
    faces: float = Field(ge=0, le=100, examples=[1])
    face_area: float = Field(ge=0, le=1, examples=[0.12])


class ThumbnailedDraft(Draft):
    """A planned video with one candidate for its thumbnail, or none yet."""

    thumbnail: Thumbnail | None = None


class QualityRequest(Wire):
    """Drafts to score."""

    items: Annotated[list[Draft], Field(min_length=1, max_length=MAX_DRAFTS)]


class CtrRequest(Wire):
    """Drafts to predict the click-through rate of."""

    items: Annotated[list[ThumbnailedDraft], Field(min_length=1, max_length=MAX_DRAFTS)]


# Answers


class TrendStatus(StrEnum):
    """Whether the feature store knows the video."""

    SCORED = "scored"
    UNKNOWN_VIDEO = "unknown_video"


class TrendResult(Wire):
    """One video's chance of breaking out; null when the video is unknown."""

    video_id: str = Field(examples=["dQw4w9WgXcQ"])
    status: TrendStatus
    p_breakout: float | None = Field(ge=0, le=1, examples=[0.082], description="Chance that it breaks out within 48 hours.")


class QualityResult(Wire):
    """One draft's learnt likelihood."""

    channel_id: str = Field(examples=["UC_x5XG1OV2P6uZZ5FSM9Ttw"])
    likelihood: float = Field(
        ge=0, le=100, examples=[51.3], description="Chance in percent of holding viewers above the channel's median."
    )
    is_channel_known: bool = Field(description="False: the feature store has no history of the channel.")


class CtrResult(Wire):
    """One draft's predicted click-through rate."""

    channel_id: str = Field(examples=["UC_x5XG1OV2P6uZZ5FSM9Ttw"])
    ctr: float = Field(ge=0, le=1, examples=[0.047], description="Clicks per impression.")
    is_channel_known: bool = Field(description="False: the feature store has no history of the channel.")
    is_thumbnail_used: bool = Field(description="Whether the thumbnail changed the figure: given, and an input of this model.")


class TrendData(Wire):
    """Results in the order of the request."""

    model_version: str = Field(examples=["3-9f2c61d0a4be"])
    results: list[TrendResult]


class QualityData(Wire):
    """Results in the order of the request."""

    model_version: str = Field(examples=["2-51c07be91d3a"])
    calibration: str = Field(description="How far the likelihood is to be trusted.")
    results: list[QualityResult]


class CtrData(Wire):
    """Results in the order of the request."""

    model_version: str = Field(examples=["1-d20b6e7a9c55"])
    results: list[CtrResult]


class ModelCard(Wire):
    """What a served model is and how it did on held-out time."""

    model: str = Field(examples=["trend"])
    version: str = Field(examples=["3-9f2c61d0a4be"])
    kind: str = Field(
        examples=["network"],
        description="`baseline`: a simple rule; `network`, `boosted`, `ensemble`: a trained network, boosted trees, both.",
    )
    feature_service: str = Field(examples=["trend_v1"])
    inputs: list[str]
    metrics: dict[str, float | None]
    baseline_metrics: dict[str, float | None]
    dataset_digest: str
    trained_as_of: str = Field(examples=["2026-06-08"])


class ModelsData(Wire):
    """The models that this server answers with."""

    models: list[ModelCard]


class Meta(Wire):
    """When the answer was made, and the version of this interface."""

    timestamp: datetime
    version: str = API_VERSION


DataT = TypeVar("DataT", bound=BaseModel)


class Answer(Wire, Generic[DataT]):
    """The envelope of a successful answer."""

    success: Literal[True] = True
    data: DataT
    meta: Meta


class TrendAnswer(Answer[TrendData]):
    """Breakout chances."""


class QualityAnswer(Answer[QualityData]):
    """Learnt likelihoods."""


class CtrAnswer(Answer[CtrData]):
    """Predicted click-through rates."""


class ModelsAnswer(Answer[ModelsData]):
    """The served models."""


class ErrorCode(StrEnum):
    """Machine-readable kinds of failure."""

    MALFORMED_BODY = "malformed_body"
    INVALID_INPUT = "invalid_input"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    BODY_TOO_LARGE = "body_too_large"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    TIMED_OUT = "timed_out"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"


class Failure(Wire):
    """What went wrong, in words for people and in a code for programs."""

    code: ErrorCode
    message: str = Field(examples=["video_ids.0: String should match pattern"])
    details: list[dict[str, Any]] = Field(default_factory=list, description="One entry per refused field: `field` and `reason`.")


class FailureMeta(Wire):
    """The request's id, as the server's log has it."""

    request_id: str


class ErrorAnswer(Wire):
    """The envelope of a failure."""

    success: Literal[False] = False
    error: Failure
    meta: FailureMeta
