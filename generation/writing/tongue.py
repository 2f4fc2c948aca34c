"""The language of a film: which ones films can be made in, whether a text is in it, and what its numbers and dates say in English
notation, in which claims are checked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from core.detection import chance_of, detect
from core.errors import InvalidInput
from core.languages import is_english, language_name, locale_of, primary, writing_name, writing_of
from generation.media.text import WRITINGS, undrawable

_FEWEST_LETTERS = 12
"""A shorter text does not tell its language."""
_SURE, _EXCLUDED = 0.6, 0.05
_MORE_ENGLISH = 4.0
"""A text for another language's film is in English, as what the writer is given, when that is so many times likelier."""
_SCALES = {10**3: "thousand", 10**6: "million", 10**9: "billion", 10**12: "trillion"}
_SPACES = " \u00a0\u202f"
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def require_writable(tag: str) -> None:
    """Raise InvalidInput, naming it, for a language whose writing the films' fonts cannot draw."""
    writing = writing_of(tag)
    if writing is not None and writing not in WRITINGS:
        raise InvalidInput(
            f"Films cannot be made in {language_name(tag)}: no font that they are drawn with can set {writing_name(writing)}.",
            "Have its films in a language of Latin, Greek, Cyrillic, Armenian or Georgian letters: ytempire language CHANNEL en",
        )


def undrawn(text: str) -> str:
    """The writing systems of a text that the films' fonts cannot draw, as people call them; empty when there is none."""
    return " and ".join(writing_name(code) for code in undrawable(text))


def stray_language(text: str, tag: str, names: Iterable[str] = ()) -> str | None:
    """The language that a text is in, where that is surely not the wanted one; None where it is, or cannot be told.

    Args:
        tag: the wanted language.
        names: of videos and channels, which stand in any text as they are.
    """
    own = text
    for name in sorted(filter(None, names), key=len, reverse=True):
        own = own.replace(name, " ")
    if sum(map(str.isalpha, own)) < _FEWEST_LETTERS:
        return None
    found = detect(own)
    best, chance = next(iter(found)), chance_of(found, tag)
    english = chance_of(found, "en") or 0.0
    if chance is None:  # a language that the model does not know
        return "en" if english > _SURE else None
    if found[best] > _SURE and chance < _EXCLUDED:
        return best
    return "en" if not is_english(tag) and english > _MORE_ENGLISH * chance else None


def in_english_notation(text: str, tag: str) -> str:
    """A text with its numbers and dates as English writes them: German `2,3 Millionen` is 2.3 million, `7. Juni` June 7."""
    if is_english(tag):
        return text
    notation = _notation(tag)
    text = notation.numeric_date.sub(lambda found: _date(found["day"], int(found["month"]), found["year"]), text)
    text = notation.iso_date.sub(lambda found: _date(found["day"], int(found["month"]), found["year"]), text)
    for pattern in notation.dates:
        text = pattern.sub(lambda found: _date(found["day"], notation.month(found["month"]), found["year"]), text)
    if notation.spelt is not None:
        text = notation.spelt.sub(lambda found: f"{notation.values[found[1].lower()]} {found[2]}", text)
    return notation.number.sub(notation.english, text)


@dataclass(frozen=True)
class _Notation:
    """How a language writes numbers and dates."""

    group: str
    scales: dict[str, int]
    number: re.Pattern[str]
    months: dict[str, int]
    dates: tuple[re.Pattern[str], ...]
    numeric_date: re.Pattern[str]
    iso_date: re.Pattern[str]
    spelt: re.Pattern[str] | None
    values: dict[str, int]

    def english(self, found: re.Match[str]) -> str:
        """A number in English notation; a large scale that stands alone is one of it ("eine Million")."""
        if found["alone"]:
            return f"1 {self.scale(found['alone'])}"
        digits = re.sub(rf"[{self.group}]", "", found["digits"]) + (f".{found['fraction']}" if found["fraction"] else "")
        return f"{digits} {self.scale(found['scale'])}" if found["scale"] else digits

    def scale(self, word: str) -> str:
        return _SCALES[self.scales[_folded(word)]]

    def month(self, word: str) -> int:
        return self.months[word.lower().removesuffix(".")]


def _folded(word: str) -> str:
    return re.sub(rf"[{_SPACES}]+", " ", word).lower()


def _date(day: str, month: int, year: str | None) -> str:
    if not 1 <= month <= 12:
        return f"{day}/{month}/{year}"
    return f"{_MONTHS[month - 1]} {int(day)}" + (f", {year}" if year else "")


@cache
def _notation(tag: str) -> _Notation:
    locale = locale_of(tag)
    symbols = locale.number_symbols.get("latn", locale.number_symbols)
    decimal, group = str(symbols.get("decimal", ".")), str(symbols.get("group", ","))
    groups = re.escape({".": ".", ",": ","}.get(group, _SPACES + "'’")) if group in ".," else _SPACES + "'’"
    scales, singular = _scale_words(locale)
    words = "|".join(re.escape(word).replace(r"\ ", rf"[{_SPACES}]+") for word in sorted(scales, key=len, reverse=True)) or "(?!)"
    months = _month_names(locale)
    named = "|".join(re.escape(name) for name in sorted(months, key=len, reverse=True)) or "(?!)"
    link = r"(?:de|del|d['’]|of)?\s*"
    day, year = r"(?<!\d)(?P<day>\d{1,2})", rf"(?:,?\s+{link}(?P<year>\d{{4}})(?!\d))?"
    first_year = r"(?<!\d)(?P<year>\d{4})(?!\d)[^\d\n]{1,8}?"
    values = _spelt_numbers(tag)
    spelt = "|".join(re.escape(word) for word in sorted(values, key=len, reverse=True))
    return _Notation(
        group=groups,
        scales=scales,
        number=re.compile(
            rf"(?<!\w)(?P<digits>\d{{1,3}}(?:[{groups}]\d{{3}})+(?!\d)|\d+)(?:{re.escape(decimal)}(?P<fraction>\d+))?"
            rf"(?:[{_SPACES}-]*(?P<scale>{words})(?!\w))?|\b(?P<alone>{'|'.join(map(re.escape, singular)) or '(?!)'})(?!\w)",
            re.IGNORECASE,
        ),
        months=months,
        dates=(
            re.compile(rf"{first_year}(?P<month>{named})\.?\s+(?P<day>\d{{1,2}})(?!\d)(?:\s?d)?\.?", re.IGNORECASE),
            re.compile(rf"{first_year}(?P<day>\d{{1,2}})\.?\s*{link}(?P<month>{named})(?!\w)", re.IGNORECASE),
            re.compile(rf"{day}(?:\.|º|er|o|-го)?\s*{link}(?P<month>{named})\.?(?!\w){year}", re.IGNORECASE),
            re.compile(rf"(?<!\w)(?P<month>{named})\.?\s+(?P<day>\d{{1,2}})(?!\d)\.?{year}", re.IGNORECASE),
        ),
        numeric_date=re.compile(r"(?<![\d.])(?P<day>\d{1,2})([./-])[ ]?(?P<month>\d{1,2})\2[ ]?(?P<year>\d{4})(?!\d)"),
        iso_date=re.compile(r"(?<!\d)(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})(?!\d)"),
        spelt=re.compile(rf"\b({spelt})\s+({words})(?!\w)", re.IGNORECASE) if values else None,
        values=values,
    )


def _scale_words(locale: Any) -> tuple[dict[str, int], list[str]]:
    """Words and abbreviations for thousand, million …, and those of large ones that stand for one of them."""
    scales: dict[str, int] = {}
    singular: set[str] = set()
    plural: set[str] = set()
    for length in ("long", "short"):
        for count, patterns in locale.compact_decimal_formats.get(length, {}).items():
            for size, pattern in patterns.items():
                written = str(pattern.pattern)
                zeros, word = written.count("0"), _folded(re.sub("[0']", "", written)).strip()
                scale = int(size) // 10 ** (zeros - 1) if zeros else 0
                if word and scale in _SCALES:
                    scales[word] = scale
                    if length == "long" and scale >= 10**6:
                        (singular if count == "one" else plural).add(word)
    return scales, sorted(singular - plural)


def _month_names(locale: Any) -> dict[str, int]:
    return {
        str(name).lower().removesuffix("."): number
        for form in ("format", "stand-alone")
        for width in ("abbreviated", "wide")
        for number, name in locale.months[form][width].items()
    }


def _spelt_numbers(tag: str) -> dict[str, int]:
    """The numbers of one word from two on, as the language spells them; empty where that is not known."""
    from num2words import CONVERTER_CLASSES, num2words

    code = primary(tag)
    if code not in CONVERTER_CLASSES:
        return {}
    try:
        spelt = {str(num2words(value, lang=code)).lower(): value for value in (*range(2, 21), *range(30, 100, 10))}
    except (NotImplementedError, ValueError, KeyError, TypeError, IndexError):
        return {}
    return {word: value for word, value in spelt.items() if word.isalpha()}
