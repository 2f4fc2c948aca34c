"""What YouTube accepts as title, description and tags, and the sentence that tells viewers how a video was made."""

from __future__ import annotations

from collections.abc import Sequence

MAX_TITLE_CHARACTERS = 100
MAX_DESCRIPTION_BYTES = 5000
MAX_TAGS_CHARACTERS = 500
MAX_TAG_CHARACTERS = 60
REFUSED_CHARACTERS = frozenset("<>")

DISCLOSURE = "This video was written, drawn and voiced by software (synthetic voice), from the data named here."


def tags_characters(tags: Sequence[str]) -> int:
    """Length of tags as YouTube counts it: commas between them, and quotation marks around those with a space."""
    return sum(len(tag) + 2 * (" " in tag) for tag in tags) + max(len(tags) - 1, 0)


def fitting_tags(tags: Sequence[str]) -> tuple[str, ...]:
    """The tags without doubles and marks, as many of the first as YouTube takes."""
    kept: list[str] = []
    for tag in dict.fromkeys(" ".join(tag.translate({ord(c): " " for c in ',"<>'}).split()) for tag in tags):
        if tag and len(tag) <= MAX_TAG_CHARACTERS and tags_characters([*kept, tag]) <= MAX_TAGS_CHARACTERS:
            kept.append(tag)
    return tuple(kept)
