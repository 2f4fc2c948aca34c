"""The rule-based writer always fits the schema."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import validate

from connectors.simulator import writer

leaf = st.one_of(
    st.just({"type": "string"}),
    st.just({"type": "string", "maxLength": 12}),
    st.just({"type": "boolean"}),
    st.just({"type": ["string", "null"]}),
    st.just({"anyOf": [{"type": "null"}, {"type": "integer"}]}),
    st.just({"enum": ["one", "two"]}),
    st.just({"const": 7}),
    st.just({"type": "integer", "minimum": 2, "maximum": 5}),
    st.just({"type": "number", "minimum": 0, "maximum": 1}),
)
names = st.sampled_from(["title", "key", "text", "scenes", "score", "headline", "tags"])


def closed(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


schemas = st.recursive(
    leaf,
    lambda inner: st.one_of(
        st.dictionaries(names, inner, max_size=4).map(closed),
        st.builds(
            lambda items, least: {"type": "array", "items": items, "minItems": least, "maxItems": least + 2},
            inner,
            st.integers(0, 3),
        ),
    ),
    max_leaves=8,
)
data = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=10,
)


@given(schemas, data)
def test_every_answer_fits_its_schema(schema: dict[str, Any], given_data: Any) -> None:
    validate(writer.write_json(schema, f"Write about this:\n{json.dumps(given_data)}\nThank you."), schema)


def test_references_are_followed() -> None:
    schema = {
        "$defs": {"scene": closed({"key": {"type": "string"}})},
        **closed({"scenes": {"type": "array", "items": {"$ref": "#/$defs/scene"}}}),
    }
    answer = writer.write_json(schema, json.dumps({"scenes": [{"key": "a"}, {"key": "b"}]}))
    assert answer == {"scenes": [{"key": "a"}, {"key": "b"}]}


def test_the_largest_json_of_a_prompt_is_the_data() -> None:
    assert writer.find_json('Use [1] and {"facts": {"views": 3}} please {') == {"facts": {"views": 3}}
    assert writer.find_json("no data { here") is None


def test_plain_answers_speak_of_the_data() -> None:
    text = writer.write_text(json.dumps({"facts": {"views": {"value": 12, "unit": "views"}, "note": "Cube Settlers rises."}}))
    assert text == "Views is 12 views. Cube Settlers rises."


def test_tokens_are_counted_by_words() -> None:
    assert writer.count_tokens("") == 0
    assert writer.count_tokens("one two three.") == 4
