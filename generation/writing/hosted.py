"""The hosted writer: the same scenes and facts, worded by a language model, held to the same conditions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from connectors.media.language import Language, Writing
from core.digest import digest_value
from core.errors import Damaged
from generation.budget import Budget, Paid
from generation.writing.draft import MAX_HEADLINE_WORDS, MAX_WORDS, MIN_WORDS, Draft, problems
from generation.writing.facts import FactSheet
from generation.writing.plain import plain_line, says_something, spoken_only
from generation.writing.stories import Passage

_PROMPT = Path(__file__).parent.parent / "prompts" / "script.md"


def write_hosted(sheet: FactSheet, local: Draft, language: Language, budget: Budget) -> Draft:
    """Have a language model word the scenes of the local draft anew.

    The titles in the data were written by strangers. They are sent as JSON data beside the instructions, never inside them,
    and nothing of the answer is used before it passed `problems`.

    Raises Damaged when the answer does not hold to the scenes or the conditions, BudgetExceeded, and the service's errors.
    """
    prompt, data, schema = _prompt(), _data(sheet, local), _schema([passage.key for passage, _ in local.scenes])

    def ask() -> Paid:
        writing = language.write(prompt, data, schema)
        answer = {"content": writing.content, "writer": writing.writer}
        return Paid(json.dumps(answer).encode(), writing.cost_usd_micros)

    answer = json.loads(
        budget.pay_once(
            "script",
            language.name,
            digest_value([language.name, prompt, data, schema]),
            language.estimate_usd_micros(prompt, data, schema),
            ask,
        )
    )
    draft = _draft(Writing(**answer), [passage for passage, _ in local.scenes])
    if found := problems(draft, sheet.facts()):
        raise Damaged(f"The script of {language.name} cannot be used: {'; '.join(found)}.", "The local writer takes over.")
    return draft


@cache
def _prompt() -> str:
    text = _PROMPT.read_text(encoding="utf-8")
    return text.replace("{min_words}", str(MIN_WORDS)).replace("{max_words}", str(MAX_WORDS))


def _data(sheet: FactSheet, local: Draft) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for fact in sheet.facts():
        facts[fact.name] = fact.text if fact.number is None else {"value": fact.number, "unit": fact.unit}
    scenes = [{"key": passage.key, "picture": passage.visual.kind, "example": text} for passage, text in local.scenes]
    return {"channel": sheet.channel.title, "subject": sheet.subject, "facts": facts, "scenes": scenes}


def _schema(keys: list[str]) -> dict[str, Any]:
    scene = {
        "type": "object",
        "properties": {"key": {"type": "string", "enum": keys}, "narration": {"type": "string"}},
        "required": ["key", "narration"],
        "additionalProperties": False,
    }
    return {
        "title": "script",
        "type": "object",
        "properties": {
            "title": {"type": "string"},
            "thumbnail_headline": {"type": "string", "description": f"At most {MAX_HEADLINE_WORDS} words."},
            "scenes": {"type": "array", "items": scene},
        },
        "required": ["title", "thumbnail_headline", "scenes"],
        "additionalProperties": False,
    }


def _draft(writing: Writing, wanted: list[Passage]) -> Draft:
    content: Mapping[str, Any] = writing.content
    try:
        said = {str(scene["key"]): spoken_only(str(scene["narration"])) for scene in content["scenes"]}
        title, headline = plain_line(str(content["title"])), plain_line(str(content["thumbnail_headline"]))
    except (KeyError, TypeError, AttributeError):
        said, title, headline = {}, "", ""
    if list(said) != [passage.key for passage in wanted] or not all(map(says_something, said.values())):
        raise Damaged(f"{writing.writer} did not write one text for each scene.", "The local writer takes over.")
    return Draft(title, headline, tuple((passage, said[passage.key]) for passage in wanted), writing.writer)
