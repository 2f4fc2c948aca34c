"""Features computed from the request itself: a draft has no row in the warehouse before it is published."""

from __future__ import annotations

import inspect
from typing import Any

import polars as pl
from feast import Field, OnDemandFeatureView, RequestSource
from feast.types import Float64, String, UnixTimestamp

from core.pictures import MEASURES
from features.meanings import MEANING_COLUMNS
from features.scripts import SCRIPT_COLUMNS
from features.texts import TITLE_COLUMNS
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

TITLE_REQUEST = RequestSource(
    name="title_request",
    schema=[Field(name="title", dtype=String)],
    description="The title of a video as it is planned.",
    owner="team:ml",
)


def _describe_titles(columns: dict[str, Any]) -> dict[str, Any]:
    import polars as pl

    from features.texts import requested, title_columns

    return title_columns(requested(columns["title"])).cast(pl.Float64).to_dict(as_series=False)


draft_text = OnDemandFeatureView(
    name="draft_text",
    sources=[TITLE_REQUEST],
    schema=[Field(name=name, dtype=Float64) for name in TITLE_COLUMNS],
    mode="python",
    udf=_describe_titles,
    udf_string=inspect.getsource(_describe_titles),
    description="A title in numbers: measures, scripts, kinds of words, language.",
    owner="team:ml",
)

SCRIPT_REQUEST = RequestSource(
    name="script_request",
    schema=[Field(name="title", dtype=String), Field(name="script", dtype=String)],
    description="The title and the script of a video as it is planned, null where there is no script.",
    owner="team:ml",
)


def _describe_scripts(columns: dict[str, Any]) -> dict[str, Any]:
    import polars as pl

    from features.scripts import script_columns
    from features.texts import requested

    found = script_columns(requested(columns["script"]), requested(columns["title"])).cast(pl.Float64)
    return found.fill_null(float("nan")).to_dict(as_series=False)


def _describe_meanings(columns: dict[str, Any]) -> dict[str, Any]:
    from features.meanings import meaning_columns
    from features.texts import requested

    found = meaning_columns(requested(columns["title"]), requested(columns["script"]))
    return found.fill_null(float("nan")).to_dict(as_series=False)


draft_script = OnDemandFeatureView(
    name="draft_script",
    sources=[SCRIPT_REQUEST],
    schema=[Field(name=name, dtype=Float64) for name in SCRIPT_COLUMNS],
    mode="python",
    udf=_describe_scripts,
    udf_string=inspect.getsource(_describe_scripts),
    description="A script in numbers: length, sentences, whom it speaks to, how it begins, what it keeps of its title.",
    owner="team:ml",
)
draft_meaning = OnDemandFeatureView(
    name="draft_meaning",
    sources=[SCRIPT_REQUEST],
    schema=[Field(name=name, dtype=Float64) for name in MEANING_COLUMNS],
    mode="python",
    udf=_describe_meanings,
    udf_string=inspect.getsource(_describe_meanings),
    description="What a title and a script mean, as directions of sentence vectors, and how near they are to each other.",
    owner="team:ml",
)

VIEWS = (draft, thumbnail, draft_text, draft_script, draft_meaning)
_COMPUTED = {
    draft.name: (DRAFT_REQUEST, _describe_drafts),
    thumbnail.name: (THUMBNAIL_REQUEST, _describe_thumbnails),
    draft_text.name: (TITLE_REQUEST, _describe_titles),
    draft_script.name: (SCRIPT_REQUEST, _describe_scripts),
    draft_meaning.name: (SCRIPT_REQUEST, _describe_meanings),
}


def describe(view: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Compute a view's features of rows that hold its request's columns, as Feast does, without Feast."""
    request, function = _COMPUTED[view]
    columns = function({field.name: rows[field.name].to_list() for field in request.schema})
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.Float64))
