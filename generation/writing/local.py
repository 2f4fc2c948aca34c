"""The local writer: tells a data story in its own words, without any service."""

from __future__ import annotations

from core.ids import SlotId
from generation.values import TopicKind
from generation.writing.draft import MAX_HEADLINE_WORDS, MAX_TITLE, MAX_WORDS, Draft
from generation.writing.facts import FactSheet
from generation.writing.stories import Passage, Phrasing, passages, titles
from generation.writing.titles import cut

NAME = "local writer"


def write_locally(sheet: FactSheet, slot: SlotId) -> Draft:
    """Write the story of a topic: every passage in this slot's wording, the least important ones dropped until it fits."""
    phrasing = Phrasing(slot)
    scenes = [(passage, phrasing.pick(passage.key, passage.wordings)) for passage in passages(sheet)]
    while _words(scenes) > MAX_WORDS and any(passage.rank for passage, _ in scenes):
        scenes.remove(max(scenes, key=lambda scene: scene[0].rank))
    return Draft(
        title=_title(sheet, phrasing),
        headline=_headline(sheet),
        scenes=tuple(scenes),
        writer=NAME,
    )


def _words(scenes: list[tuple[Passage, str]]) -> int:
    return sum(len(text.split()) for _, text in scenes)


def _title(sheet: FactSheet, phrasing: Phrasing) -> str:
    options = titles(sheet)
    fitting = [title for title in options if len(title) <= MAX_TITLE]
    return phrasing.pick("title", fitting) if fitting else f"{sheet.niche} Charts: {sheet.day}"


def _headline(sheet: FactSheet) -> str:
    if sheet.choice.kind is TopicKind.OVERVIEW:
        return f"{sheet.niche} right now"
    words = sheet.subject.split()
    if sheet.choice.kind is TopicKind.TOPIC and sheet.total_gain and len(words) <= MAX_HEADLINE_WORDS - 2:
        words += ["is", "rising"]
    return cut(" ".join(words), MAX_HEADLINE_WORDS)
