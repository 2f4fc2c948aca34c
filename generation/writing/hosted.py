"""The hosted writer: the same scenes and facts, worded by a language model, held to the same conditions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from connectors.media.language import Language, Writing
from core.digest import digest_value
from core.errors import Damaged
from core.languages import is_english, language_name
from generation.budget import Budget, Paid
from generation.writing.draft import MAX_HEADLINE_WORDS, MAX_WORDS, MIN_WORDS, Draft, problems
from generation.writing.facts import FactSheet
from generation.writing.plain import plain_line, residue, says_something, spoken_only
from generation.writing.stories import Passage

_PROMPT = Path(__file__).parent.parent / "prompts" / "script.md"
_LANGUAGE = _PROMPT.with_name("language.md")
"""What a writer of another language than English is told too."""
_MORE_CHARACTERS = 24
"""By how much a text of a picture may be longer than twice its English one, and still fit."""


def write_hosted(sheet: FactSheet, local: Draft, language: Language, budget: Budget, shown: Sequence[str] = ()) -> Draft:
    """Have a language model word the scenes of the local draft anew, in the channel's language.

    The titles in the data were written by strangers. They are sent as JSON data beside the instructions, never inside them,
    and nothing of the answer is used before it passed `problems`. An answer that does not is paid for and never used.

    Args:
        shown: the English texts of pictures and description, which a film of another language needs in its own.

    Raises Damaged when the answer does not hold to the scenes or the conditions, BudgetExceeded, and the service's errors.
    """
    tag = sheet.channel.language
    texts = {} if is_english(tag) else {f"t{at:02}": text for at, text in enumerate(dict.fromkeys(shown), 1)}
    passages = [passage for passage, _ in local.scenes]
    prompt, data, schema = _prompt(tag), _data(sheet, local, texts), _schema(passages, texts)

    def ask() -> Paid:
        writing = language.write(prompt, data, schema)
        answer = {"content": writing.content, "writer": writing.writer}
        return Paid(json.dumps(answer).encode(), writing.cost_usd_micros)

    def read(answer: bytes) -> Draft:
        draft = _draft(Writing(**json.loads(answer)), passages, texts)
        if found := problems(draft, sheet.facts(), tag):
            raise Damaged(f"The script of {language.name} cannot be used: {'; '.join(found)}.", "The next writer takes over.")
        return draft

    request, estimate = digest_value([language.name, prompt, data, schema]), language.estimate_usd_micros(prompt, data, schema)
    return budget.buy("script", language.name, request, estimate, ask, read)


@cache
def _prompt(language: str) -> str:
    parts = (_PROMPT,) if is_english(language) else (_PROMPT, _LANGUAGE)
    text = "".join(part.read_text(encoding="utf-8") for part in parts)
    for name, value in (("min_words", MIN_WORDS), ("max_words", MAX_WORDS), ("language", language_name(language))):
        text = text.replace(f"{{{name}}}", str(value))
    return text


def _data(sheet: FactSheet, local: Draft, texts: Mapping[str, str]) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for fact in sheet.facts():
        facts[fact.name] = fact.text if fact.number is None else {"value": fact.number, "unit": fact.unit}
    scenes = [{"key": passage.key, "picture": passage.visual.kind, "example": text} for passage, text in local.scenes]
    data = {"channel": sheet.channel.title, "subject": sheet.subject, "facts": facts, "scenes": scenes}
    return {**data, "texts": dict(texts)} if texts else data


def _schema(passages: Sequence[Passage], texts: Mapping[str, str]) -> dict[str, Any]:
    scene = {
        "type": "object",
        "properties": {"key": {"type": "string", "enum": [passage.key for passage in passages]}, "narration": {"type": "string"}},
        "required": ["key", "narration"],
        "additionalProperties": False,
    }
    properties: dict[str, Any] = {
        "title": {"type": "string"},
        "thumbnail_headline": {"type": "string", "description": f"At most {MAX_HEADLINE_WORDS} words."},
        "scenes": {"type": "array", "items": scene},
    }
    if texts:
        each = {key: {"type": "string"} for key in texts}
        properties["texts"] = {"type": "object", "properties": each, "required": list(each), "additionalProperties": False}
    return {
        "title": "script",
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _draft(writing: Writing, wanted: Sequence[Passage], texts: Mapping[str, str]) -> Draft:
    content: Mapping[str, Any] = writing.content
    try:
        told = [(str(scene["key"]), spoken_only(str(scene["narration"]))) for scene in content["scenes"]]
        title, headline = plain_line(str(content["title"])), plain_line(str(content["thumbnail_headline"]))
        shown = {text: spoken_only(str(content["texts"][key])) for key, text in texts.items()}
    except (KeyError, TypeError, AttributeError):
        told, title, headline, shown = [], "", "", {}
    if [key for key, _ in told] != [passage.key for passage in wanted] or not all(says_something(text) for _, text in told):
        raise Damaged(f"{writing.writer} did not write one text for each scene.", "The next writer takes over.")
    for text in (title, headline, *(text for _, text in told), *shown.values()):
        if left := residue(text):
            raise Damaged(f"{writing.writer} wrote {left!r}, which is no part of a text.", "The next writer takes over.")
    if any(not text or len(text) > 2 * len(of) + _MORE_CHARACTERS for of, text in shown.items()):
        raise Damaged(f"{writing.writer} did not write one short text for each of the pictures.", "The next writer takes over.")
    return Draft(
        title, headline, tuple((passage, text) for passage, (_, text) in zip(wanted, told, strict=True)), writing.writer, shown
    )
