"""Titles, descriptions and tags: pattern grammars filled with a topic and the niche's words."""

from __future__ import annotations

from collections.abc import Sequence
from string import Formatter

import numpy as np

from connectors.simulator.scenario import Niche

_PIECES = Formatter()


def compose(random: np.random.Generator, patterns: Sequence[str], topic: str, rival: str, year: int, niche: Niche) -> str:
    """Fill one of the patterns; the same state of `random` gives the same title."""
    pattern = patterns[int(random.integers(len(patterns)))]
    known = {"topic": topic, "rival": rival, "year": str(year), "n": str(int(random.integers(2, 13)))}
    parts = []
    for text, name, _, _ in _PIECES.parse(pattern):
        parts.append(text)
        if name:
            words = niche.words.get(name)
            parts.append(known[name] if words is None else words[int(random.integers(len(words)))])
    title = "".join(parts)
    return title[0].upper() + title[1:]


def describe(title: str, topic: str, niche: Niche) -> str:
    """A short description in the style of the niche."""
    return f"{title}\n\nMore about {topic} and the rest of {niche.name} on this channel, every week."


def tags(topic: str, niche: Niche) -> list[str]:
    """Search tags for a topic."""
    return [topic.lower(), niche.name, *(word.lower() for word in topic.split() if len(word) > 3)]
