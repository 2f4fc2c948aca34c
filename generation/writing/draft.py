"""A draft: the words for a story's scenes, whoever wrote them; and the conditions that every draft must meet."""

from __future__ import annotations

from dataclasses import dataclass

from generation.policy.terms import scan
from generation.values import Action, Fact
from generation.writing.claims import Claims
from generation.writing.stories import Passage

MIN_WORDS = 120
MAX_WORDS = 195
"""At about 165 words a minute, with numbers longer when spoken than written, this is 45 to 85 s."""

MAX_TITLE = 100
MAX_HEADLINE_WORDS = 5


@dataclass(frozen=True)
class Draft:
    """Words for some of a story's passages.

    Attributes:
        scenes: passage and what is said over it, in the order of the story.
        headline: for the thumbnail, at most 5 words.
        writer: who wrote it.
    """

    title: str
    headline: str
    scenes: tuple[tuple[Passage, str], ...]
    writer: str

    @property
    def narration(self) -> str:
        """All that is said."""
        return " ".join(text for _, text in self.scenes)

    @property
    def words_count(self) -> int:
        """How many words are spoken."""
        return len(self.narration.split())


def problems(draft: Draft, facts: tuple[Fact, ...]) -> list[str]:
    """Say what keeps a draft from being used: length, claims beyond the data, listed terms. Empty when nothing does."""
    found: list[str] = []
    if not MIN_WORDS <= draft.words_count <= MAX_WORDS:
        found.append(f"it has {draft.words_count} words, not {MIN_WORDS} to {MAX_WORDS}")
    if not 0 < len(draft.title) <= MAX_TITLE or set("<>\n") & set(draft.title):
        found.append(f"its title is not 1 to {MAX_TITLE} plain characters")
    if not 0 < len(draft.headline.split()) <= MAX_HEADLINE_WORDS:
        found.append(f"its headline is not 1 to {MAX_HEADLINE_WORDS} words")
    claims = Claims(facts)
    for text in (draft.title, draft.headline, draft.narration):
        found += [f"it claims {claim}, which the data does not say" for claim in claims.unfounded(text)]
        found += [
            f"it says “{hit.term}”" for hit in scan(text) if hit.category.action > Action.APPROVE and not hit.category.notice
        ]
    return found
