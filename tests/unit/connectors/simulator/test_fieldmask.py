"""Partial responses."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.simulator.apis.fieldmask import InvalidMask, apply_mask, parse_mask

BODY: dict[str, Any] = {
    "kind": "k",
    "items": [{"id": "a", "snippet": {"title": "t", "tags": ["x"]}, "statistics": {"views": 1, "likes": 2}}],
}


@pytest.mark.parametrize(
    ("mask", "expected"),
    [
        ("kind", {"kind": "k"}),
        ("items/id", {"items": [{"id": "a"}]}),
        ("items(id,snippet/title)", {"items": [{"id": "a", "snippet": {"title": "t"}}]}),
        ("items/snippet/title,items/id", {"items": [{"id": "a", "snippet": {"title": "t"}}]}),
        ("items(statistics(views)),kind", {"kind": "k", "items": [{"statistics": {"views": 1}}]}),
        ("items/*/title", {"items": [{"id": "a", "snippet": {"title": "t"}, "statistics": {}}]}),
        ("items,items/id", {"items": BODY["items"]}),
        ("*", BODY),
        ("nothing", {}),
    ],
)
def test_masks_keep_what_they_name(mask: str, expected: dict[str, Any]) -> None:
    assert apply_mask(BODY, parse_mask(mask)) == expected


@pytest.mark.parametrize("mask", ["", "items(", "items)", "items//id", ",", "items(id", "items id?", "(id)"])
def test_others_are_refused(mask: str) -> None:
    with pytest.raises(InvalidMask):
        parse_mask(mask)


@given(st.text(alphabet="ab(),/* ", max_size=30))
def test_any_text_is_a_mask_or_refused(text: str) -> None:
    try:
        mask = parse_mask(text)
    except InvalidMask:
        return
    apply_mask(BODY, mask)
