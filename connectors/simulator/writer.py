"""A writer by rule: fills a JSON schema from the JSON data of a prompt, or says a few plain sentences about it.

It stands in for a language model: what it returns always fits the schema and speaks of the data alone, but it is no good prose.
Lists follow the data's list of the same name (one entry for each, ids copied); texts are the data's own sentences.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

Json = Any
_SOURCES = ("example", "text", "sentence", "narration", "summary", "title", "name", "subject", "topic", "headline")
"""Names under which data usually holds words, best first."""
_LONG_WORDS = 40
_HEADLINE = re.compile(r"headline|label|caption|short")
_AT_MOST = re.compile(r"at most (\d+) words", re.IGNORECASE)
_WORD = re.compile(r"\w+|[^\w\s]")


def count_tokens(text: str) -> int:
    """About as many tokens as a hosted model would count: one for each word or sign, more for long words."""
    return sum(1 + len(word) // 8 for word in _WORD.findall(text))


def find_json(text: str) -> Json | None:
    """The largest JSON object or list inside a text, or None."""
    decoder = json.JSONDecoder()
    best: tuple[int, Json] = (0, None)
    at = 0
    while (found := re.search(r"[{\[]", text[at:])) is not None:
        begin = at + found.start()
        try:
            value, end = decoder.raw_decode(text, begin)
        except ValueError:
            at = begin + 1
            continue
        if end - begin > best[0]:
            best = end - begin, value
        at = end
    return best[1]


def write_text(prompt: str) -> str:
    """Plain sentences about the data in a prompt, or about its last line when it holds none."""
    data = find_json(prompt)
    sentences = _sentences(data) if data is not None else []
    last_line = prompt.strip().splitlines()[-1][:200] if prompt.strip() else ""
    return " ".join(sentences[:6]) or f"Here is a plain answer about: {last_line}"


def write_json(schema: dict[str, Json], prompt: str) -> Json:
    """A value that fits a JSON schema, filled from the data in a prompt."""
    data = find_json(prompt)
    return _Filler(schema, data, _sentences(data) or [write_text(prompt)]).fill(schema, "", data)


class _Filler:
    """Fills one answer; texts without a source of their own take the data's sentences in turn."""

    def __init__(self, root: dict[str, Json], data: Json, sentences: list[str]) -> None:
        self._root = root
        self._data = data
        self._sentences = sentences
        self._next = 0

    def fill(self, schema: dict[str, Json], name: str, source: Json) -> Json:
        """A value of a schema, for the property `name`, from the part `source` of the data."""
        schema = self._resolved(schema)
        if "const" in schema:
            return schema["const"]
        given = source.get(name) if isinstance(source, dict) else None
        if "enum" in schema:
            return given if given in schema["enum"] else schema["enum"][0]
        kinds = schema.get("type") or ("object" if "properties" in schema else "string")
        kind = next((one for one in kinds if one != "null"), "null") if isinstance(kinds, list) else kinds
        if kind == "object":
            inner = given if isinstance(given, dict) else source
            return {key: self.fill(value, key, inner) for key, value in schema.get("properties", {}).items()}
        plain: dict[str, Callable[[], Json]] = {
            "array": lambda: self._list(schema, name, given),
            "integer": lambda: int(self._number(schema, given)),
            "number": lambda: self._number(schema, given),
            "boolean": lambda: bool(given),
            "null": lambda: None,
        }
        return plain.get(kind, lambda: self._text(schema, name, given, source))()

    def _resolved(self, schema: dict[str, Json]) -> dict[str, Json]:
        if "$ref" in schema:
            found = self._root
            for step in schema["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            return self._resolved(found)
        for joint in ("anyOf", "oneOf", "allOf"):
            if joint in schema:
                return self._resolved(next((one for one in schema[joint] if one.get("type") != "null"), schema[joint][0]))
        return schema

    def _list(self, schema: dict[str, Json], name: str, given: Json) -> list[Json]:
        items = self._resolved(schema.get("items", {"type": "string"}))
        sources = given if isinstance(given, list) else []
        least, most = schema.get("minItems", 0), schema.get("maxItems", max(len(sources), schema.get("minItems", 3)))
        wanted = min(max(len(sources), least if sources else max(least, 1)), most)
        sources = [*sources, *[self._data] * wanted][:wanted]
        values = []
        for place, source in enumerate(sources):
            if "properties" in items:
                keys = items["properties"].get("key") or {}
                value = self.fill(items, "", source)
                if not isinstance(source, dict) and "enum" in keys:
                    value["key"] = keys["enum"][place % len(keys["enum"])]
                values.append(value)
            else:
                values.append(source if isinstance(source, str) else self.fill(items, name, self._data))
        return values

    def _number(self, schema: dict[str, Json], given: Json) -> float:
        known = isinstance(given, int | float) and not isinstance(given, bool)
        value = float(given if known else schema.get("minimum", 1))
        return float(min(max(value, schema.get("minimum", value)), schema.get("maximum", value)))

    def _text(self, schema: dict[str, Json], name: str, given: Json, source: Json) -> str:
        text = given if isinstance(given, str) else ""
        if not text and isinstance(source, dict):
            text = next((source[key] for key in _SOURCES if isinstance(source.get(key), str) and source[key]), "")
        if not text:
            text = self._sentences[self._next % len(self._sentences)]
            self._next += 1
        told = _AT_MOST.search(schema.get("description", ""))
        limit = int(told[1]) if told else 5 if _HEADLINE.search(name) else _LONG_WORDS * 3
        text = " ".join(text.split()[:limit])
        return text[: schema.get("maxLength", 100 if name == "title" else 5000)].strip() or "-"


def _sentences(data: Json, name: str = "") -> list[str]:
    """What the data says, one sentence for each string or number in it."""
    label = name.replace("_", " ").strip()
    if isinstance(data, dict):
        if "value" in data and not isinstance(data["value"], dict | list):
            return [f"{label[:1].upper()}{label[1:]} is {data['value']} {data.get('unit') or ''}".strip() + "."]
        return [sentence for key, value in data.items() for sentence in _sentences(value, str(key))]
    if isinstance(data, list):
        return [sentence for value in data for sentence in _sentences(value, name)]
    if isinstance(data, str) and " " in data.strip():
        return [data.strip()]
    if data is None or isinstance(data, bool) or not label:
        return []
    return [f"{label[:1].upper()}{label[1:]} is {data}."]
