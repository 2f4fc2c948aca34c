"""Studio's exports in the language of their account: headings, total words, months. The words are data (`languages.toml`, CLDR).

A file's language is the one that knows most of its headings. What that language does not know is looked for in English, which new
headings are often left in, and then in any language where it means one thing only."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from connectors.archives.headings import Heading, fold, folded
from connectors.numbers import LANGUAGES

ENGLISH = "en"
_OF_THUMBNAILS = frozenset({"impressions", "impressions click through rate"})


@dataclass(frozen=True)
class Language:
    """What one language calls things.

    Attributes:
        names: key of a heading to our English heading.
        total: folded words of a total row.
        is_glued: whether words stand without spaces, so that `noise` and `thumbnail` are parts of them.
        noise: words that change nothing.
        thumbnail: words for the picture of a video.
    """

    code: str
    names: dict[str, str]
    total: frozenset[str]
    is_glued: bool
    noise: frozenset[str]
    thumbnail: frozenset[str]

    def name_of(self, heading: str) -> str | None:
        """Our English name of a folded heading; None where the language does not know it."""
        found = self.names.get(key_of(heading, self.is_glued, self.noise))
        if found is None:
            found = self.names.get(key_of(heading, self.is_glued, self.noise | self.thumbnail))
            return found if found in _OF_THUMBNAILS else None
        return found


def key_of(heading: str, is_glued: bool, noise: frozenset[str]) -> str:
    """What two spellings of a heading have in common: its words without accents and noise, in the order of the alphabet."""
    plain = without_accents(heading)
    if is_glued:
        text = plain.replace(" ", "")
        for part in sorted(noise, key=len, reverse=True):
            text = text.replace(part, "") or text
        return text
    words = plain.split()
    return " ".join(sorted([word for word in words if word not in noise] or words))


def without_accents(text: str) -> str:
    """Latin, Greek and Cyrillic letters without their marks: é, ş, ё as e, s, е. Marks of other scripts make other letters."""
    plain = text.replace("ł", "l").replace("ı", "i").replace("\u0307", "")
    parts = (unicodedata.normalize("NFD", each) if each < "\u0530" else each for each in plain)
    return "".join(each for part in parts for each in part if not "\u0300" <= each <= "\u036f")


@cache
def languages() -> dict[str, Language]:
    """All but English, by code."""
    table = tomllib.loads(files("connectors.archives").joinpath("languages.toml").read_text(encoding="utf-8"))
    made = {}
    for code, words in table.items():
        is_glued = bool(words.get("is_glued", False))
        normal: Callable[[str], str] = (lambda text: text.replace(" ", "")) if is_glued else (lambda text: text)
        noise, thumbnail = (
            frozenset(normal(without_accents(folded(word))) for word in words.get(name, ())) for name in ("noise", "thumbnail")
        )
        names = {
            key_of(fold(heading).name, is_glued, noise): ours
            for ours, headings in words["headings"].items()
            for heading in headings
        }
        made[code] = Language(code, names, frozenset(map(folded, words["total"])), is_glued, noise, thumbnail)
    return made


@cache
def total_words() -> frozenset[str]:
    """What the first cell of a total row says, folded, in any language."""
    return frozenset({"total", "totals"}).union(*(language.total for language in languages().values()))


@cache
def _in_any_language(name: str) -> str | None:
    """Our English name of a heading that all languages that know it mean the same by."""
    meanings = {found for language in languages().values() if (found := language.name_of(name)) is not None}
    return meanings.pop() if len(meanings) == 1 else None


def translate(headings: Sequence[Heading], is_english: Callable[[str], bool]) -> tuple[tuple[Heading, ...], str]:
    """Headings under our English names, and the language of the file.

    Args:
        is_english: whether a folded name is one of our English headings.
    """
    known = {ENGLISH: sum(is_english(heading.name) for heading in headings)}
    for code, language in languages().items():
        known[code] = sum(language.name_of(heading.name) is not None for heading in headings)
    code = max(known, key=lambda each: (known[each], each == ENGLISH, -LANGUAGES.index(each)))
    own = languages().get(code)
    translated = []
    for heading in headings:
        name = own.name_of(heading.name) if own is not None else None
        if name is None and not is_english(heading.name):
            name = _in_any_language(heading.name)
        translated.append(heading if name is None else replace(heading, name=name))
    return tuple(translated), code


@cache
def months() -> dict[str, dict[str, int]]:
    """Language to the names of its months without accents and points, long and short, and in the case that dates use."""
    from babel import Locale

    found: dict[str, dict[str, int]] = {}
    for code in LANGUAGES:
        names = found.setdefault(code, {})
        for forms in Locale.parse(code).months.values():
            for width in ("wide", "abbreviated"):
                for number, name in forms[width].items():
                    names.setdefault(month_key(name), number)
    found[ENGLISH]["sept"] = 9
    return found


def month_key(word: str) -> str:
    """A month's name as `months` knows it."""
    return without_accents(unicodedata.normalize("NFKC", word).casefold()).replace("\u093c", "").strip(".॰ ")


@cache
def day_stands_first(code: str) -> bool:
    """Whether a language writes 3/4/2026 for the third of April."""
    return code != ENGLISH and _short_date(code).startswith("d")


@cache
def year_stands_first(code: str) -> bool:
    """Whether a language writes 26. 3. 4. for the fourth of March."""
    return _short_date(code).startswith("y")


def _short_date(code: str) -> str:
    from babel import Locale

    return str(Locale.parse(code).date_formats["short"].pattern).lower()
