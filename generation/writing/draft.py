"""A draft: the words for a story's scenes, whoever wrote them; and the conditions that every draft must meet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.languages import is_english, language_name
from generation.policy.terms import scan
from generation.values import Action, Fact
from generation.writing.claims import Claims
from generation.writing.numbers import numbers_in, unsupported
from generation.writing.stories import Passage
from generation.writing.tongue import in_english_notation, stray_language, undrawn

MIN_WORDS = 120
MAX_WORDS = 195
"""At about 165 words a minute, with numbers longer when spoken than written, this is 45 to 85 s."""
MIN_CHARACTERS, MAX_CHARACTERS = 800, 1500
"""The same in other languages, whose words are shorter or longer."""
_FEWEST_WORDS_OF_A_SCENE = 6
"""A shorter scene does not tell its language."""

MAX_TITLE = 100
MAX_HEADLINE_WORDS = 5


@dataclass(frozen=True)
class Draft:
    """Words for some of a story's passages.

    Attributes:
        scenes: passage and what is said over it, in the order of the story.
        headline: for the thumbnail, at most 5 words.
        writer: who wrote it.
        texts: what the writer made of each text of pictures and description, in a language other than theirs.
    """

    title: str
    headline: str
    scenes: tuple[tuple[Passage, str], ...]
    writer: str
    texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def narration(self) -> str:
        """All that is said."""
        return " ".join(text for _, text in self.scenes)

    @property
    def words_count(self) -> int:
        """How many words are spoken."""
        return len(self.narration.split())


def problems(draft: Draft, facts: tuple[Fact, ...], language: str = "en") -> list[str]:
    """Say what keeps a draft from being used: length, language, letters that no font has, claims beyond the data, listed terms.
    Empty when nothing does.

    Args:
        language: BCP 47 tag of what the draft must be in.
    """
    found = [*_of_language(draft, facts, language), *_of_letters(draft)]
    if not is_english(language):
        if not MIN_CHARACTERS <= len(draft.narration) <= MAX_CHARACTERS:
            found.append(f"it has {len(draft.narration)} characters, not {MIN_CHARACTERS} to {MAX_CHARACTERS}")
    elif not MIN_WORDS <= draft.words_count <= MAX_WORDS:
        found.append(f"it has {draft.words_count} words, not {MIN_WORDS} to {MAX_WORDS}")
    if not 0 < len(draft.title) <= MAX_TITLE or set("<>\n") & set(draft.title):
        found.append(f"its title is not 1 to {MAX_TITLE} plain characters")
    if not 0 < len(draft.headline.split()) <= MAX_HEADLINE_WORDS:
        found.append(f"its headline is not 1 to {MAX_HEADLINE_WORDS} words")
    claims = Claims(facts, is_english=is_english(language))
    for text in (draft.title, draft.headline, draft.narration):
        said = claims.unfounded(in_english_notation(text, language))
        found += [f"it claims {claim}, which the data does not say" for claim in said]
    numbers = [fact.number for fact in facts if fact.number is not None]
    texts = [fact.text for fact in facts if fact.text]
    for english, written in draft.texts.items():
        same, text = [number.value for number in numbers_in(english)], in_english_notation(written, language)
        found += [f"the number {number} is not in the data" for number in unsupported(text, [*numbers, *same], [*texts, english])]
    for text in (draft.title, draft.headline, draft.narration, *draft.texts.values()):
        found += [
            f"it says “{hit.term}”" for hit in scan(text) if hit.category.action > Action.APPROVE and not hit.category.notice
        ]
    return found


def _of_language(draft: Draft, facts: tuple[Fact, ...], language: str) -> list[str]:
    names = [fact.text for fact in facts if fact.text]
    scenes = [text for _, text in draft.scenes]
    parts = {
        "it": draft.narration,
        "its title": f"{draft.title}. {draft.headline}",
        "a text of its pictures": "\n".join(text for text in draft.texts.values() if text not in names),
        **{f"scene {at}": text for at, text in enumerate(scenes, 1) if len(text.split()) >= _FEWEST_WORDS_OF_A_SCENE},
    }
    strays = {where: stray for where, text in parts.items() if (stray := stray_language(text, language, names))}
    return [f"{where} is in {language_name(stray)}, not in {language_name(language)}" for where, stray in strays.items()]


def _of_letters(draft: Draft) -> list[str]:
    whole = "\n".join((draft.title, draft.headline, draft.narration, *draft.texts.values()))
    return [f"no font that films are drawn with can set {writing}"] if (writing := undrawn(whole)) else []
