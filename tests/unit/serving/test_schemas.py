"""Requests inside the limits pass and survive the wire; those outside are refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from core.pictures import MEASURES
from features.scripts import LONGEST
from serving.schemas import (
    MAX_BODY_BYTES,
    MAX_DRAFTS,
    MAX_SCRIPT_CHARACTERS,
    MAX_TITLE_CHARACTERS,
    MAX_VIDEOS,
    CtrRequest,
    Draft,
    QualityRequest,
    Thumbnail,
    TrendRequest,
)

DRAFT: dict[str, Any] = {
    "channel_id": "UC_x5XG1OV2P6uZZ5FSM9Ttw",
    "title": "Five songs that climbed",
    "duration_seconds": 75,
    "category_id": 10,
    "publish_at": "2026-06-09T17:00:00Z",
}
identifiers = st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True)
characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
titles = st.text(characters, min_size=1, max_size=MAX_TITLE_CHARACTERS)
drafts = st.builds(
    dict,
    channel_id=identifiers,
    title=titles.filter(str.strip),
    script=st.none() | st.text(characters, min_size=1).filter(str.strip),
    duration_seconds=st.floats(0.1, 43_200),
    category_id=st.integers(1, 999),
    publish_at=st.datetimes(datetime(2006, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
    thumbnail=st.none() | st.fixed_dictionaries({name: st.floats(0, 1) for name in MEASURES}),
)


@given(items=st.lists(drafts, min_size=1, max_size=3))
def test_good_drafts_survive_the_wire(items: list[dict[str, Any]]) -> None:
    request = CtrRequest.model_validate({"items": items})
    assert CtrRequest.model_validate_json(request.model_dump_json()) == request


@given(video_ids=st.lists(identifiers, min_size=1, max_size=MAX_VIDEOS))
def test_good_ids_pass(video_ids: list[str]) -> None:
    assert TrendRequest(video_ids=video_ids).video_ids == video_ids


@given(text=st.text(min_size=1).filter(lambda text: not all(c.isascii() and (c.isalnum() or c in "_-") for c in text)))
def test_other_characters_are_no_id(text: str) -> None:
    with pytest.raises(ValidationError):
        TrendRequest(video_ids=[text])


@pytest.mark.parametrize(
    "change",
    [
        {"title": ""},
        {"title": " \u3000 "},
        {"title": "nul\0"},
        {"title": "x" * (MAX_TITLE_CHARACTERS + 1)},
        {"script": ""},
        {"script": "\n\n"},
        {"script": "nul\0"},
        {"script": "x" * (MAX_SCRIPT_CHARACTERS + 1)},
        {"script": ["words"]},
        {"duration_seconds": 0},
        {"duration_seconds": float("nan")},
        {"duration_seconds": float("inf")},
        {"duration_seconds": "long"},
        {"category_id": 1.5},
        {"category_id": -1},
        {"publish_at": "2026-06-09T17:00:00"},
        {"publish_at": "tomorrow"},
        {"channel_id": "UC x"},
        {"channel_id": "x" * 65},
        {"surprise": 1},
    ],
)
def test_bad_drafts_are_refused(change: dict[str, Any]) -> None:
    # As JSON, in which Python writes NaN and Infinity as those bare words.
    with pytest.raises(ValidationError):
        Draft.model_validate_json(json.dumps(DRAFT | change))


@pytest.mark.parametrize("field", DRAFT)
def test_every_field_is_needed(field: str) -> None:
    with pytest.raises(ValidationError, match=field):
        Draft.model_validate({name: value for name, value in DRAFT.items() if name != field})


@pytest.mark.parametrize("count", [0, MAX_DRAFTS + 1])
def test_number_of_drafts_is_limited(count: int) -> None:
    with pytest.raises(ValidationError, match="items"):
        QualityRequest.model_validate({"items": [DRAFT] * count})


@pytest.mark.parametrize("count", [0, MAX_VIDEOS + 1])
def test_number_of_videos_is_limited(count: int) -> None:
    with pytest.raises(ValidationError, match="video_ids"):
        TrendRequest(video_ids=["x"] * count)


def test_a_draft_may_have_no_script_and_at_most_what_features_read() -> None:
    assert Draft.model_validate(DRAFT).script is Draft.model_validate(DRAFT | {"script": None}).script is None
    assert MAX_SCRIPT_CHARACTERS == LONGEST


def test_thumbnails_have_the_measures_of_pictures() -> None:
    assert tuple(Thumbnail.model_fields) == MEASURES


def test_the_largest_request_fits_the_body_limit() -> None:
    thumbnail = dict.fromkeys(MEASURES, 1 / 3)
    widest = DRAFT | {"channel_id": "x" * 64, "title": "😀" * MAX_TITLE_CHARACTERS, "thumbnail": thumbnail}
    widest["script"] = "😀" * MAX_SCRIPT_CHARACTERS
    assert len(json.dumps({"items": [widest] * MAX_DRAFTS})) < MAX_BODY_BYTES
    assert len(json.dumps({"video_ids": ["x" * 64] * MAX_VIDEOS})) < MAX_BODY_BYTES
