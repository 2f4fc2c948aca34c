"""Numbers as people and services write them, in any of the languages that `LANGUAGES` names: digits, groups, decimal marks, and
words for thousands and more (`200 mil+`, `2 Mio.`, `1,5 тыс.`, `20万`, `3 lakh`). The one home for reading a count."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from functools import cache

LANGUAGES = ("en", "de", "es", "fr", "it", "pt", "nl", "pl", "tr", "ru", "ja", "ko", "hi", "id")
"""Those that Studio's exports, dates and counts are read in."""
_REGIONS = ("en_IN", "es_MX")
"""Places whose words for large numbers differ from their language's."""

MOST = 10**15
"""No count of anything on YouTube comes near."""


class Misread(ValueError):
    """A text that is not the value it should be. Its message names the fault and never the text."""


_PLAIN = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?", re.ASCII)
_GROUPED = re.compile(r"[+-]?\d{1,3}([.,'’\s])\d{3}(?:\1\d{3})*(?:(?!\1)[.,]0+)?|[+-]?\d{1,2}(?:,\d\d)+,\d{3}", re.ASCII)
"""518.784, 1,234,567, 10 200 000, 1'000 and the Indian 10,20,000; with nothing behind a decimal mark, or zeros."""
_WHOLE = re.compile(r"([+-]?\d+)(?:[.,]0+)?", re.ASCII)
_ONE_GROUP = re.compile(r"[+-]?\d{1,3}[.,]\d{3}", re.ASCII)
_INDIAN = re.compile(r"[+-]?\d{1,2}(?:,\d\d)+,\d{3}", re.ASCII)
_SPACES_BETWEEN = re.compile(r"(?<=\d)[\s'’](?=\d{3}(?:\D|$))")
_MANTISSA = re.compile(r"[+-]?\d+(?:\.\d+)?[eE]\+?\d{1,2}", re.ASCII)
_COUNT = re.compile(r"([+-]?\d[\d.,'’\s]*)([^\d.,'’\s+]*)", re.ASCII)
_LONGEST = 60
_MINUSES = str.maketrans({"−": "-", "–": "-", "﹣": "-", "－": "-"})

# Words that CLDR does not list, or lists in one region alone.
_MORE_WORDS = {
    "en": {"k": 1_000, "m": 10**6, "mm": 10**6, "mn": 10**6, "mln": 10**6, "b": 10**9, "bn": 10**9, "thousands": 1_000}
    | {"millions": 10**6, "billions": 10**9, "lakh": 10**5, "lakhs": 10**5, "lac": 10**5, "lacs": 10**5}
    | {"crore": 10**7, "crores": 10**7, "cr": 10**7},
    "de": {"tsd": 1_000, "t": 1_000, "mill": 10**6, "mia": 10**9},
    "es": {"miles": 1_000, "mill": 10**6, "mm": 10**6},
    "fr": {"milliers": 1_000, "mio": 10**6, "mrd": 10**9},
    "it": {"mio": 10**6, "mrd": 10**9},
    "pt": {"mio": 10**6, "milhar": 1_000, "milhares": 1_000, "mm": 10**6},
    "nl": {"dzd": 1_000, "mio": 10**6},
    "ru": {"тыс": 1_000, "т": 1_000, "млн": 10**6, "млрд": 10**9},
    "ja": {"千": 1_000, "百万": 10**6, "千万": 10**7, "十万": 10**5},
    "ko": {"백만": 10**6, "천만": 10**7, "십만": 10**5},
    "hi": {"हजार": 1_000, "करोड": 10**7},
}
_BEHIND = re.compile(
    r"[\s+.,]*(?:or more|and more|and above|(?:y |ou |e |o )?(?:más|mas|mais|plus|più|meer)|以上|余り|이상|से अधिक|и более|"
    r"или более|searches|search|views|times|people|búsquedas|busquedas|recherches|ricerche|pesquisas|suchanfragen|"
    r"zoekopdrachten|wyszukiwań|arama|запросов|penelusuran|回以上|件以上|回|件|人|회 이상|회|건|명|खोजें)?[\s+.]*"
)
"""What may follow a count without changing it."""
_BEFORE = re.compile(
    r"(?:more than|over|at least|más de|mais de|plus de|più di|über|mehr als|meer dan|ponad|более|lebih dari|[>≥~≈+\s])*"
)


def ascii_digits(text: str) -> str:
    """A text with full-width, Devanagari and other decimal digits as 0 to 9, and every minus as a hyphen."""
    if text.isascii():
        return text
    text = unicodedata.normalize("NFKC", text).translate(_MINUSES)
    return "".join(str(unicodedata.decimal(each, each)) for each in text)


def whole(text: str, language: str | None = None) -> int:
    """A count. Three digits behind a point or comma are thousands: nothing is counted in fractions, but `1.5K` is 1500.

    Args:
        language: of the text, where it is known; words of others are understood where they mean one thing only.

    Raises Misread."""
    if text.isdigit() and text.isascii() and len(text) < 20:
        return int(text)
    text = ascii_digits(text).strip()
    if len(text) < 40:
        if grouped := _GROUPED.fullmatch(text):
            mark = grouped[1] or ","
            return int(re.split("[.,]", text.replace(mark, ""))[0])
        if found := _WHOLE.fullmatch(text):
            return int(found[1])
        if _MANTISSA.fullmatch(text) and float(text).is_integer():
            return int(float(text))
        if (value := _with_words(text, language)) is not None:
            return value
    raise Misread("not a whole number")


def at_least(text: str, language: str | None = None) -> int | None:
    """The number that a count such as `2,000+`, `200 mil+`, `1.5M+` or `20万` promises at least; None where there is none."""
    text = ascii_digits(text).strip().casefold()[:_LONGEST]
    text = text[_BEFORE.match(text).end() :]  # type: ignore[union-attr]
    try:
        number = re.match(r"\d[\d.,'’\s]*", text, re.ASCII)
        if number is not None and _BEHIND.fullmatch(text, number.end()):
            return whole(number[0].strip(" \t.,'’\u00a0\u202f"), language)
        return _with_words(text, language, behind=_BEHIND)
    except Misread:
        return None


def _with_words(text: str, language: str | None, behind: re.Pattern[str] = re.compile(r"\.?")) -> int | None:
    """A number followed by one or more words for its scale, or several such parts (1億2000万); None for anything else."""
    text, total, at, parts = text.casefold(), Decimal(0), 0, 0
    while at < len(text):
        if parts and behind.fullmatch(text, at):
            break
        found = _COUNT.match(text, at)
        if found is None:
            return None
        at, scale = found.end(1), None
        while (word := re.compile(r"[\s.]*([^\W\d_][^\d\s.,+]*)").match(text, at)) is not None:
            known = _scale(word[1], language)
            if known is None:
                known, length = _longest_scale(word[1], language)
                if known is None:
                    break
                scale, at = (scale or 1) * known, word.start(1) + length
                break
            scale, at = (scale or 1) * known, word.end()
        if scale is None:
            return None
        total += Decimal(_scaled_number(found[1].strip())) * scale
        at = at + 1 if text[at : at + 1] == "." else at
        parts += 1
        if abs(total) > MOST or parts > 3:
            return None
    return int(total) if parts and total == total.to_integral_value() else None


def _scaled_number(text: str) -> str:
    """The number before a scale: its one mark is decimal, unless exactly three digits follow it."""
    text = _SPACES_BETWEEN.sub("", text)
    if len(text) < 20:
        if _ONE_GROUP.fullmatch(text) or _INDIAN.fullmatch(text):
            return str(whole(text))
        return normal_decimal(text, "." if text.count(".") else ",")
    raise Misread("not a number")


def normal_decimal(text: str, mark: str) -> str:
    """A decimal number with a point and without groups. A lone comma or point before three digits is the file's decimal mark, or
    groups thousands; before other numbers of digits it is always a decimal mark. Raises Misread."""
    if mark == "." and _PLAIN.fullmatch(text):
        return text
    text = _SPACES_BETWEEN.sub("", ascii_digits(text).translate(_MINUSES))
    points, commas = text.count("."), text.count(",")
    if points and commas:
        last = max(text.rfind("."), text.rfind(","))
        other = "," if text[last] == "." else "."
        plain = text.replace(other, "").replace(",", ".")
    elif points + commas > 1:
        plain = str(whole(text))
    elif points + commas == 1:
        has_mark = mark in text
        grouped = not has_mark and _ONE_GROUP.fullmatch(text)
        plain = str(whole(text)) if grouped else text.replace(",", ".")
    else:
        plain = text
    if len(plain) > _LONGEST or not _PLAIN.fullmatch(plain):
        raise Misread("not a number")
    return plain


def decimal_mark(text: str) -> str | None:
    """The decimal mark that a number shows beyond doubt: the last of two marks, or one that other than three digits follow."""
    text = _SPACES_BETWEEN.sub("", ascii_digits(text).strip().rstrip("%").rstrip())
    marks = [each for each in text if each in ".,"]
    if not marks or not text.strip("+-").replace(".", "").replace(",", "").isdigit():
        return None
    if len(set(marks)) == 2:
        return marks[-1] if marks.count(marks[-1]) == 1 else None
    return marks[0] if len(marks) == 1 and not _ONE_GROUP.fullmatch(text) else None


def _scale(word: str, language: str | None) -> int | None:
    """What a word multiplies by: in the language of the text, else in English, else in the only way that any language has it."""
    words = _words()
    for each in (language, "en"):
        if each is not None and (value := words.get(each, {}).get(word)) is not None:
            return value
    meanings = {value for known in words.values() if (value := known.get(word)) is not None}
    return meanings.pop() if len(meanings) == 1 else None


def _longest_scale(text: str, language: str | None) -> tuple[int | None, int]:
    """The scale at the beginning of a text of a script that puts nothing between words (万回以上), and its length."""
    if text[0].isascii():
        return None, 0
    for length in range(min(len(text) - 1, 4), 0, -1):
        if text[:length] and ord(text[0]) > 0x2E80 and (value := _scale(text[:length], language)) is not None:
            return value, length
    return None, 0


@cache
def _words() -> dict[str, dict[str, int]]:
    """Language to its words for large numbers, as CLDR's compact forms have them."""
    from babel import Locale

    words: dict[str, dict[str, int]] = {}
    for name in (*LANGUAGES, *_REGIONS):
        known = words.setdefault(name[:2], {})
        for forms in Locale.parse(name).compact_decimal_formats.values():
            for patterns in forms.values():
                for size, pattern in patterns.items():
                    form = str(pattern.pattern).replace("'", "")
                    word, zeros = form.replace("0", "").strip().rstrip(".").casefold(), form.count("0")
                    if word and zeros and len(word.split()) == 1:
                        known.setdefault(unicodedata.normalize("NFKC", word), int(size) // 10 ** (zeros - 1))
        if name == "en_IN":
            known.pop("l", None)
    for language, more in _MORE_WORDS.items():
        words[language] = {unicodedata.normalize("NFKC", word): size for word, size in more.items()} | words[language]
    return words
