"""Features computed from the request itself: a draft has no row in the warehouse before it is published."""

from __future__ import annotations

import inspect
from typing import Any

from feast import Field, OnDemandFeatureView, RequestSource
from feast.types import Float64, String, UnixTimestamp

from core.pictures import MEASURES
from features.transforms import DRAFT_FEATURES, THUMBNAIL_FEATURES

DRAFT_REQUEST = RequestSource(
    name="draft_request",
    schema=[
        Field(name="title", dtype=String),
        Field(name="duration_seconds", dtype=Float64),
        Field(name="category_id", dtype=Float64),
        Field(name="publish_at", dtype=UnixTimestamp),
    ],
    description="A video as it is planned.",
    owner="team:ml",
)


def _describe_drafts(columns: dict[str, Any]) -> dict[str, Any]:
    # Imported here because the registry keeps this function's source and runs it without this module's names; so what the
    # registry holds is a pointer to the one definition, never a copy of it.
    from features.transforms import draft_columns

    return draft_columns(columns)


draft = OnDemandFeatureView(
    name="draft",
    sources=[DRAFT_REQUEST],
    schema=[Field(name=name, dtype=Float64) for name in DRAFT_FEATURES],
    mode="python",
    udf=_describe_drafts,
    udf_string=inspect.getsource(_describe_drafts),
    description="Title, length, category and time of publishing as numbers.",
    owner="team:ml",
)

THUMBNAIL_REQUEST = RequestSource(
    name="thumbnail_request",
    schema=[Field(name=measure, dtype=Float64) for measure in MEASURES],
    description="Measures of a candidate picture, null where there is none.",
    owner="team:ml",
)


def _describe_thumbnails(columns: dict[str, Any]) -> dict[str, Any]:
    from features.transforms import thumbnail_columns

    return thumbnail_columns(columns)


thumbnail = OnDemandFeatureView(
    name="thumbnail",
    sources=[THUMBNAIL_REQUEST],
    schema=[Field(name=name, dtype=Float64) for name in THUMBNAIL_FEATURES],
    mode="python",
    udf=_describe_thumbnails,
    udf_string=inspect.getsource(_describe_thumbnails),
    description="Brightness, contrast, colour, lettering and edges of a draft's picture.",
    owner="team:ml",
)

VIEWS = (draft, thumbnail)
