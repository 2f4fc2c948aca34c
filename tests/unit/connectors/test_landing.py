"""Raw payloads before they reach the database."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.landing import asset_key, storable
from core.errors import UnknownName

any_text = st.text(st.characters(), max_size=10)  # surrogates and NUL included
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | any_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text, inner, max_size=3),
    max_leaves=10,
)


@given(values)
def test_what_is_storable_is_utf8_without_nul_and_stays_so(value: object) -> None:
    clean = storable(value)
    text = json.dumps(clean, ensure_ascii=False)
    assert "\\u0000" not in text.replace("\\\\", "")
    text.encode()
    assert storable(clean) == clean


@given(st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00")))
def test_good_text_is_left_alone(text: str) -> None:
    assert storable({"a": [text]}) == {"a": [text]}


def test_bad_characters() -> None:
    assert storable("a\x00b\ud800c😀") == "ab�c😀"


def test_tables_are_known_by_name() -> None:
    assert asset_key("raw_youtube.videos") == "raw_youtube/videos"
    with pytest.raises(UnknownName):
        asset_key("raw_youtube.videos; drop table ops.landings")
