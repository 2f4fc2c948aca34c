"""The niches that channels are told apart by: by YouTube's category of their videos and by words in their titles and tags.

A niche is the operator's to choose; this is what is suggested when a channel is connected."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from connectors.youtube.models import Resource

UNKNOWN = "general"
WORD_WEIGHT = 1.5
"""Words tell more than the category: money and fitness have none of their own."""

LEAST_SCORE = 0.3


@dataclass(frozen=True)
class Niche:
    """A field of interest.

    Attributes:
        categories: YouTube's numbers of the categories its videos are filed under.
        words: one of them in a title or tag is a sign of it.
    """

    name: str
    categories: frozenset[int]
    words: frozenset[str]


def _niche(name: str, categories: Sequence[int], words: str) -> Niche:
    return Niche(name, frozenset(categories), frozenset(words.split()))


NICHES = (
    _niche("gaming", (20,), "game games gaming gameplay minecraft fortnite roblox speedrun boss loadout playthrough esports rpg"),
    _niche("music", (10,), "music song songs album remix lyrics guitar piano dj beats singer concert cover playlist"),
    _niche("film", (1, 18, 30, 31, 44), "film films movie movies trailer cinema director anime animation scene actor netflix"),
    _niche("entertainment", (23, 24, 34, 43), "challenge prank funny comedy celebrity reaction tv drama viral memes sketch"),
    _niche("technology", (28,), "tech ai software coding programming python iphone android laptop gpu robot startup gadget"),
    _niche("finance", (), "money invest investing stocks crypto bitcoin budget trading passive income wealth economy mortgage"),
    _niche(
        "education", (27,), "history lesson math physics science biology chemistry philosophy geography study exam university"
    ),
    _niche("news", (25,), "news politics election president war breaking government report parliament minister"),
    _niche("sports", (17,), "football soccer basketball nba nfl cricket tennis goals highlights match league olympics f1"),
    _niche("fitness", (), "workout fitness gym yoga muscle cardio weight diet protein stretching running health"),
    _niche("food", (), "recipe recipes cooking cook food baking kitchen chef dinner cake meal restaurant taste"),
    _niche("beauty", (), "makeup beauty skincare hair fashion outfit haul nails style perfume"),
    _niche("travel", (19,), "travel trip vlog flight hotel island tour backpacking city airport country"),
    _niche("howto", (26,), "diy howto craft repair build woodworking garden knitting organize cleaning fix"),
    _niche("cars", (2,), "car cars engine drive bmw tesla truck motorcycle race racing garage horsepower"),
    _niche("animals", (15,), "dog dogs cat cats animal animals pet pets wildlife puppy kitten aquarium bird"),
    _niche("people", (21, 22), "vlog daily life story family couple day storytime diary"),
)


def suggest_niche(videos: Sequence[Resource]) -> str:
    """The niche that most of a channel's videos look like; UNKNOWN where they look like none."""
    if not videos:
        return UNKNOWN
    described = [_described(video.get("snippet") or {}) for video in videos]

    def score(niche: Niche) -> float:
        filed = sum(category in niche.categories for category, _ in described)
        told = sum(not niche.words.isdisjoint(words) for _, words in described)
        return (filed + WORD_WEIGHT * told) / len(described)

    best = max(NICHES, key=score)
    return best.name if score(best) >= LEAST_SCORE else UNKNOWN


def _described(snippet: Resource) -> tuple[int | None, set[str]]:
    """A video's category and the words of its title and tags."""
    tags = snippet.get("tags")
    parts = [snippet.get("title"), *(tags if isinstance(tags, list) else [])]
    words = set(re.findall(r"\w+", " ".join(part for part in parts if isinstance(part, str)).lower()))
    category = str(snippet.get("categoryId", ""))
    return int(category) if category.isascii() and category.isdecimal() and len(category) <= 4 else None, words
