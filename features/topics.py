"""Canonical topics: the same thing told from its name alone, whatever a source calls it.

    spellings   `Hollow Harbor`, `#HollowHarbor`, `hollow harbor game` have one key: words without signs, accents, generic ones
    names       what naming sources list, and phrases that several headlines share
    topics      names whose vectors and words are near enough, within a week: each new name joins the topic it is nearest to
    evidence    every mention of a topic's names, kept for good; scores follow from it

Each step sorts what it is given, so the order of the mentions does not matter. What is kept of it is in `features.trends`."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from functools import cache
from typing import TYPE_CHECKING

from connectors.embeddings.encoder import Encoder
from core.settings import ROOT
from features.mentions import SOURCES, Mention

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

WINDOW = timedelta(days=7)
"""A name joins a topic that was talked of within this time; later the same words may mean another thing."""
SCORED = timedelta(days=14)
HALF_LIFE = timedelta(hours=36)
"""Evidence counts half after this time. Assumed: charts and searches turn over in two to three days."""
NEAR_GENERIC, NEAR_EXTENSION, NEAR_SPELLING, NEAR_MEANING = 0.6, 0.72, 0.85, 0.93
"""Least cosine of two names where one is the other and a generic word; the other and more words; where they are spelt alike; and
where neither. Chosen on pairs: `iphone 17 pro max` is .87 from `iphone 17 pro`, `hollow harbour` .92 from `hollow harbor`, and
`lakers vs nuggets`, which is another thing than `lakers vs celtics`, .81."""
LIKE_SPELLING = 0.8
NICHE_FLOOR = 0.28
"""Least cosine of a topic and its niche. On the simulated market's first day it leaves a quarter of the topics without a niche,
calls one in twenty wrong, and lets in one in six of those that belong to none."""
LONGEST_PHRASE = 4
PHRASE_SOURCES, PHRASE_TITLES = 2, 3
"""Headlines share a phrase when it is in so many sources, or in so many different titles; a single word must be in both."""
COVERED = 0.6
"""A phrase that mostly stands within a longer one is left to that."""
CONTEXTS = 4

_JOINERS = re.compile("['’\u00ad\u200b-\u200f\u2060\ufe00-\ufe0f]")
_HASHTAG = re.compile(r"#(\w+)")
_HUMPS = re.compile(r"(?<=[a-z][a-z])(?=[A-Z])|(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[A-Z][a-z])")
_WORD = re.compile(r"[^\W_]+(?:[\u0300-\u036f\u0900-\u0dff\u0e00-\u0eff]+[^\W_]*)*")
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class KnownTopic:
    """A topic that was talked of before: its id, title and the vector of its title."""

    trend_id: str
    title: str
    vector: Vectors


@dataclass(frozen=True)
class Niche:
    """A field that channels are about.

    Attributes:
        descriptions: what its channels say of themselves.
        examples: titles of their videos, which tell more.
    """

    name: str
    descriptions: tuple[str, ...]
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Topic:
    """A topic of a day.

    Attributes:
        trend_id: words of the name that it was first known by.
        title: for people.
        niche: the nearest one, or None where none is near.
        vector: of the title.
        evidence: the day's mentions, in order.
    """

    trend_id: str
    title: str
    niche: str | None
    vector: Vectors = field(repr=False, compare=False)
    evidence: tuple[Mention, ...] = field(repr=False)

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of the sources that told of it, in order."""
        return tuple(sorted({mention.source for mention in self.evidence}))


@dataclass(frozen=True)
class Standing:
    """How a topic stands at a moment: score 0 to 100, and its change within the day before."""

    score: float
    velocity: float


@cache
def stop_words() -> dict[str, str]:
    """Words that name nothing by themselves, with their kind: the seed that the warehouse's topics use too."""
    with (ROOT / "dbt" / "seeds" / "topic_stop_words.csv").open(encoding="utf-8", newline="") as file:
        return {row["word"]: row["kind"] for row in csv.DictReader(file)}


def words_of(title: str) -> tuple[str, ...]:
    """The words of a title, lower-case and without accents, as `dbt/macros/topic.sql` has it; `#HollowHarbor2` is three."""
    return tuple(map(_folded, _spellings(title)))


def _spellings(title: str) -> list[str]:
    plain = _JOINERS.sub("", unicodedata.normalize("NFKC", title))
    return _WORD.findall(_HASHTAG.sub(lambda tag: _HUMPS.sub(" ", tag.group(1)), plain))


def _folded(word: str) -> str:
    bare = re.sub("[\u0300-\u036f]", "", unicodedata.normalize("NFD", word))
    return unicodedata.normalize("NFC", bare).lower()


def core_of(words: Sequence[str]) -> tuple[str, ...]:
    """The words that make a name: without articles and their like, and without a generic word behind two others (`tour`).

    Empty where nothing is named: by generic words alone, numbers, or a letter."""
    core = tuple(word for word in words if stop_words().get(word) != "function")
    if len(core) >= 3 and core[-1] in stop_words():
        core = core[:-1]
    telling = "".join(word for word in core if word not in stop_words() and not word.isdecimal())
    return core if len(telling) >= (3 if telling.isascii() else 2) else ()


def fuse(mentions: Iterable[Mention], known: Iterable[KnownTopic], encoder: Encoder, niches: Sequence[Niche]) -> list[Topic]:
    """Make topics of a day's mentions, by id. `known` are the topics of the window before the day: names join them first."""
    spellings, told = _names(sorted(set(mentions)))
    titles = {key: _title(key, spellings[key], told[key]) for key in spellings}
    # The best supported name comes first, so that a topic is called by what most call it.
    order = sorted(spellings, key=lambda key: (-len({mention.source for mention in told[key]}), -len(told[key]), key))
    topics = _Topics(known, encoder)
    topics.learn([spellings[key] for key in order])
    keys = {key: topics.place(key, spellings[key], titles[key]) for key in order}
    evidence: dict[str, set[Mention]] = defaultdict(set)
    for key, trend_id in keys.items():
        evidence[trend_id] |= told[key]
    found = [(trend_id, *topics.known[trend_id], tuple(sorted(mentions))) for trend_id, mentions in sorted(evidence.items())]
    assigned = _niches(found, encoder, niches)
    return [
        Topic(trend_id, title, niche, vector, mentions)
        for (trend_id, title, vector, mentions), niche in zip(found, assigned, strict=True)
    ]


def _names(mentions: Sequence[Mention]) -> tuple[dict[str, str], dict[str, set[Mention]]]:
    """Names of things: key to its best spelling, and key to the mentions that hold it."""
    spelt: dict[str, set[str]] = defaultdict(set)
    told: dict[str, set[Mention]] = defaultdict(set)
    phrases: dict[str, _Phrase] = defaultdict(_Phrase)
    for mention in mentions:
        if not SOURCES[mention.source].is_naming:
            _read_headline(mention, phrases)
        elif core := core_of(words_of(mention.title)):
            spelt["".join(core)].add(" ".join(core))
            told["".join(core)].add(mention)
    shared = _shared(phrases, set(told))
    for key, phrase in phrases.items():
        if key in told or key in shared:
            told[key] |= phrase.mentions
            spelt.setdefault(key, set(map(" ".join, phrase.forms)))
    # The most separate words say most: `hollow harbor` rather than the `hollowharbor` of an address.
    return {key: min(forms, key=lambda form: (-form.count(" "), form)) for key, forms in spelt.items()}, told


@dataclass
class _Phrase:
    """A run of words in headlines: where it stands, in which forms, and whether it is written as a name (with capitals)."""

    mentions: set[Mention] = field(default_factory=set)
    forms: set[tuple[str, ...]] = field(default_factory=set)
    capitals: Counter[bool] = field(default_factory=Counter)

    @property
    def is_shared(self) -> bool:
        """Whether several headlines hold it, as a name. A single word needs more of them than a run."""
        sources = {mention.source for mention in self.mentions}
        titles = {mention.title.casefold() for mention in self.mentions}
        enough = (len(sources) >= PHRASE_SOURCES, len(titles) >= PHRASE_TITLES)
        is_run = any(len(form) > 1 for form in self.forms)
        is_bounded = any(form[0] not in stop_words() and form[-1] not in stop_words() for form in self.forms)
        return is_bounded and self.capitals[True] > self.capitals[False] and (any(enough) if is_run else all(enough))


def _read_headline(mention: Mention, phrases: dict[str, _Phrase]) -> None:
    spellings = _spellings(mention.title)
    words = tuple(map(_folded, spellings))
    # The first word is a capital in any case, and scripts without capitals tell nothing. A single word beside another capital is
    # a part of a name.
    lower = [word[:1].islower() and place > 0 for place, word in enumerate(spellings)]
    for begin in range(len(words)):
        for end in range(begin + 1, min(begin + LONGEST_PHRASE, len(words)) + 1):
            form = words[begin:end]
            if "function" in (stop_words().get(form[0]), stop_words().get(form[-1])) or not (core := core_of(form)):
                continue
            phrase = phrases["".join(core)]
            phrase.mentions.add(mention)
            phrase.forms.add(core)
            if core[-1] == form[-1] and (begin > 0 or end > begin + 1):
                beside = [place for place in (begin - 1, end) if 0 <= place < len(words) and not lower[place]]
                is_part = len(form) == 1 and any(words[place] not in stop_words() for place in beside)
                phrase.capitals[not (lower[begin] or lower[end - 1] or is_part)] += 1


def _shared(phrases: Mapping[str, _Phrase], named: Set[str]) -> set[str]:
    """Keys of the phrases that several headlines share, without those that mostly stand within longer ones or within names."""
    shared = {key for key, phrase in phrases.items() if phrase.is_shared}
    within: dict[str, set[Mention]] = defaultdict(set)
    for key in shared | (named & phrases.keys()):
        for form in phrases[key].forms:
            for begin in range(len(form)):
                for end in range(begin + 1, len(form) + 1):
                    inner = "".join(core_of(form[begin:end]))
                    if inner in shared and inner != key:
                        within[inner] |= phrases[key].mentions
    return {key for key in shared if len(within[key] & phrases[key].mentions) < COVERED * len(phrases[key].mentions)}


class _Topics:
    """Topics so far, and which of them a name belongs to."""

    def __init__(self, known: Iterable[KnownTopic], encoder: Encoder) -> None:
        self._encoder = encoder
        self._vectors: dict[str, Vectors] = {}
        self.known: dict[str, tuple[str, Vectors]] = {}
        self.keys: dict[str, str] = {}
        self._words: dict[str, tuple[str, ...]] = {}
        for topic in sorted(known, key=lambda topic: topic.trend_id):
            self._add(topic.trend_id, topic.title, topic.vector)

    def learn(self, spellings: Sequence[str]) -> None:
        """Make the vectors of names that are to be placed, in one go."""
        unknown = [spelling for spelling in spellings if "".join(core_of(words_of(spelling))) not in self.keys]
        self._vectors |= dict(zip(unknown, self._encoder.encode(unknown), strict=True))

    def place(self, key: str, spelling: str, title: str) -> str:
        """The id of the topic that a name belongs to: one of its key, the nearest one that may be the same, or a new one."""
        if key in self.keys:
            return self.keys[key]
        words, vector = core_of(words_of(spelling)), self._vectors[spelling]
        for trend_id, nearness in self._nearest(vector):
            if _is_same(words, self._words[trend_id], nearness):
                return trend_id
        self._add(spelling, title, vector)
        return spelling

    def _add(self, trend_id: str, title: str, vector: Vectors) -> None:
        self.known[trend_id] = (title, vector)
        self._words[trend_id] = core_of(words_of(trend_id))
        self.keys.setdefault("".join(self._words[trend_id]), trend_id)

    def _nearest(self, vector: Vectors) -> list[tuple[str, float]]:
        """Topics that are near enough to be looked at, nearest first."""
        import numpy as np

        if not self.known:
            return []
        names = list(self.known)
        nearness = np.stack([vector for _, vector in self.known.values()]) @ vector
        near = [(names[place], round(float(nearness[place]), 4)) for place in np.flatnonzero(nearness >= NEAR_GENERIC)]
        return sorted(near, key=lambda entry: (-entry[1], entry[0]))


def _is_same(one: tuple[str, ...], other: tuple[str, ...], nearness: float) -> bool:
    """Whether two names mean one thing. Names with different numbers never do: seasons, models, sequels, years."""
    if _numbers(one) != _numbers(other):
        return False
    if nearness >= NEAR_MEANING:
        return True
    less, more = sorted((set(one), set(other)), key=len)
    if less <= more and more - less <= stop_words().keys():
        return True
    if less <= more and len(less) >= 2:
        return nearness >= NEAR_EXTENSION
    return nearness >= NEAR_SPELLING and SequenceMatcher(None, "".join(one), "".join(other)).ratio() >= LIKE_SPELLING


def _numbers(words: Iterable[str]) -> list[str]:
    return sorted(number for word in words for number in _NUMBER.findall(word))


def _title(key: str, spelling: str, mentions: Iterable[Mention]) -> str:
    """A name as people write it: as a naming source does, with capitals before without; else the words of its spelling."""
    names = {one.title for one in mentions if SOURCES[one.source].is_naming and "".join(core_of(words_of(one.title))) == key}
    names = {" ".join(_spellings(name)) if name.startswith("#") else name for name in names}
    if not names:
        return _capitalised(spelling)
    best = min(names, key=lambda name: (name.islower(), len(name), name))
    return _capitalised(best) if best.islower() else best


def _capitalised(name: str) -> str:
    return " ".join(word[:1].upper() + word[1:] for word in name.split())


def _niches(
    topics: Sequence[tuple[str, str, Vectors, tuple[Mention, ...]]], encoder: Encoder, niches: Sequence[Niche]
) -> list[str | None]:
    """The niche of each topic: the nearest one, if it is near at all."""
    import numpy as np

    if not niches or not topics:
        return [None] * len(topics)
    ordered = sorted(niches, key=lambda niche: niche.name)
    centres = np.stack([_centre(encoder, niche) for niche in ordered])
    nearness = encoder.encode([_in_context(title, mentions) for _, title, _, mentions in topics]) @ centres.T
    best = nearness.argmax(axis=1)
    return [ordered[place].name if row[place] >= NICHE_FLOOR else None for place, row in zip(best, nearness, strict=True)]


def _centre(encoder: Encoder, niche: Niche) -> Vectors:
    """The direction between a niche's descriptions and its examples: shape (dimension,)."""
    import numpy as np

    means = [encoder.encode(texts).mean(axis=0) for texts in (niche.descriptions, niche.examples) if texts]
    total: Vectors = np.sum([mean / np.linalg.norm(mean) for mean in means], axis=0)
    return total / np.linalg.norm(total)


def _in_context(title: str, mentions: Sequence[Mention]) -> str:
    """A topic with what was said of it: an invented name by itself tells no field."""
    ordered = sorted(mentions, key=lambda mention: (-mention.strength, mention))
    said = dict.fromkeys(f"{mention.context} {mention.title}".strip() for mention in ordered)
    return f"{title}. {'. '.join(list(said)[:CONTEXTS])}"


def standing(evidence: Iterable[tuple[str, datetime, float]], as_of: datetime) -> Standing:
    """Score a topic from its evidence: (source, time, strength 0 to 1).

    Each source believes in the topic by its weight × its strongest mention, which fades by half every `HALF_LIFE`; the score is
    the chance that not all of them err, so that a further source raises it and nothing passes 100."""
    known = list(evidence)
    score, before = _score(known, as_of), _score(known, as_of - timedelta(days=1))
    return Standing(round(score, 4), round(score - before, 4))


def _score(evidence: Iterable[tuple[str, datetime, float]], as_of: datetime) -> float:
    beliefs: dict[str, float] = {}
    for source, observed_at, strength in evidence:
        if observed_at <= as_of:
            belief = SOURCES[source].weight * strength * 0.5 ** ((as_of - observed_at) / HALF_LIFE)
            beliefs[source] = max(belief, beliefs.get(source, 0.0))
    doubt = 1.0
    for source in sorted(beliefs):
        doubt *= 1 - beliefs[source]
    return 100 * (1 - doubt)
