"""Numbers for the ear and the eye, and the reader of every number that a text states: in digits of any grouping, in words, as
shares and as multiples. What a number is said of, and whether the data says so, is `claims`'s.

A spoken number stands for a range: "1.2 million" is anything that rounds to it. So a number of a text is *supported* when some
fact lies within half a unit of the last digit that the text gives."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise

_SCALES = ((10**9, "billion", "B"), (10**6, "million", "M"), (10**3, "thousand", "K"))
_SCALE_OF = {name: size for size, long, short in _SCALES for name in (long, short.lower())}
_SCALE_OF |= {"trillion": 10**12, "t": 10**12, "tn": 10**12, "bn": 10**9, "bln": 10**9, "mn": 10**6, "mln": 10**6, "mil": 10**6}
_SCALE_OF |= {"mio": 10**6, "grand": 10**3, "lakh": 10**5, "lac": 10**5, "crore": 10**7, "cr": 10**7}
_LONG_SCALES = {name: size for name, size in _SCALE_OF.items() if len(name) > 3 or name == "lac"}
_UNITS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen"),
    *("fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SMALL: dict[str, int] = {word: value for value, word in enumerate(_UNITS)}
_TENTHS: dict[str, int] = {word: 10 * value for value, word in enumerate(_TENS, start=2)}
_MULTIPLES: dict[str, float] = {"twice": 2, "thrice": 3, "double": 2, "triple": 3, "treble": 3, "quadruple": 4, "quintuple": 5}
_MULTIPLES |= {"sextuple": 6, "halve": 0.5}
_PARTS = {"half": 2, "halves": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8}
_PARTS |= {"ninth": 9, "tenth": 10, "twentieth": 20, "hundredth": 100, "thousandth": 1000}
_GROUPS = "\u00a0\u202f\u2009'’"
_DIGITS = rf"\d{{1,3}}(?:,\d{{2,3}})*,\d{{3}}|\d{{1,3}}(?:[{_GROUPS}]\d{{3}})+|\d{{1,3}}(?: \d{{3}}){{2,}}|\d+"
_SHORT_SCALE = "|".join(sorted(_SCALE_OF, key=len, reverse=True))
_SUPER = "⁰¹²³⁴-⁹"
_NUMERAL = re.compile(
    rf"(?:(?<!\w)(?P<by>[x×]) ?|(?<![\w.,/]))(?P<digits>{_DIGITS})(?!\d)"
    rf"(?:(?P<fraction>\.\d+)|(?P<comma>,\d{{1,2}}(?=[ -]?(?:{_SHORT_SCALE})\b)))?"
    rf"(?:(?:e\+?| ?[×x*] ?10(?:\^|\*\*)?)(?P<power>\d{{1,2}}|[{_SUPER}]{{1,2}})"
    rf"|(?:\^|\*\*)?(?P<raised>(?<=\^)\d|(?<=\*\*)\d|[{_SUPER}]))?(?P<vulgar>[¼-¾⅐-⅞])?"
    rf"(?:(?P<ordinal>st|nd|rd|th)\b|[ -]?(?P<scale>{_SHORT_SCALE})s?\b|/(?P<whole>\d+)(?![\d/])|(?P<letters>[^\W\d_]+))?",
    re.IGNORECASE,
)
_WORD = re.compile(r"\w+(?:[.,]\d+)*")
_TOKEN = re.compile(r"[^\W\d_¼-¾⅐-⅞]+(?:['’][^\W\d_]+)?|[¼-¾⅐-⅞]")
_PERCENT = re.compile(r"[ -]?(?:%|‰|per ?cent(?:age)?\b|pct\b)(?: points?\b)?", re.IGNORECASE)
_TIMES = re.compile(r"[ -]?(?:times\b|fold\b|[x×](?!\w))", re.IGNORECASE)
_OUT_OF = re.compile(r"\s+(?:out\s+of|in|of)(?:\s+every)?\s+", re.IGNORECASE)
_FEW = 1000
"""Both numbers of "9 out of 10" are at most this."""
_PLURALS = {**_LONG_SCALES, "dozen": 12, "hundred": 100, "ten": 10}
_SIZES = frozenset(("hundred", "dozen", *_LONG_SCALES))
_BEHIND_PART = frozenset(
    (
        *("of", "more", "less", "fewer", "the", "as", "what", "in", "from", "since", "over", "above", "below", "and", "or"),
        *("larger", "bigger", "higher"),
    )
)
_COUNTED = re.compile(
    r"\s+(?:[a-z]+\s+)?(?:countr(?:y|ies)|videos?|channels?|places?|charts?|hours?|days?|weeks?|months?|years?|minutes?|"
    r"seconds?)\b",
    re.IGNORECASE,
)


class Form(StrEnum):
    """How a text gives a number. A share is from 0 to 1; of a vague one ("millions") the value is the scale."""

    COUNT = "count"
    PERCENT = "percent"
    TIMES = "times"
    SHARE = "share"
    ORDINAL = "ordinal"
    VAGUE = "vague"


@dataclass(frozen=True)
class Spoken:
    """A number found in a text: its value, and the unit of its last digit (`1.2 million`: 1 200 000 and 100 000).

    Attributes:
        start, end: where it stands in the text.
        is_written: given in digits.
    """

    text: str
    value: float
    step: float
    start: int = 0
    end: int = 0
    form: Form = Form.COUNT
    is_written: bool = False

    def matches(self, number: float) -> bool:
        """Whether a number of the data rounds to this one."""
        return abs(abs(number) - self.value) <= self.step / 2 * (1 + 1e-9)


def speak_count(count: float) -> str:
    """Write a count for the ear: `940`, `45 thousand`, `1.2 million`; two significant digits below ten of a scale."""
    return _scaled(count, short=False)


def short_count(count: float) -> str:
    """Write a count for the eye: `940`, `45K`, `1.2M`."""
    return _scaled(count, short=True)


def speak_percent(percent: float) -> str:
    """Write a percentage for the ear: `34 percent`, and `0.4 percent` below one."""
    return f"{_rounded(percent, '0.1' if 0 < abs(percent) < 0.95 else '1')} percent"


def speak_ratio(ratio: float) -> str:
    """Write how many times: `5 times`, `2.4 times`; one digit after the point below ten."""
    return f"{_rounded(ratio, '0.1' if ratio < 9.95 else '1')} times"


def counted(count: int, noun: str, plural: str = "") -> str:
    """Write a count with its noun: `1 video`, `3 videos`."""
    return f"{speak_count(count)} {noun if count == 1 else plural or noun + 's'}"


def numbers_in(text: str, *, with_ones: bool = False) -> list[Spoken]:
    """Find every number that a text states, in digits or in words, in order.

    Args:
        with_ones: also "one" and "zero" where they stand alone, which mostly claim nothing ("one of them", "zero doubt").
    """
    found = _all_in(text)
    if with_ones:
        return list(found)
    return [one for one in found if one.is_written or one.form is not Form.COUNT or one.value not in (0, 1)]


@lru_cache(maxsize=4096)
def _all_in(text: str) -> tuple[Spoken, ...]:
    return tuple(_joined(text, [*_in_digits(plain_digits(text)), *_in_words(text)]))


def plain_digits(text: str) -> str:
    """The text with the digits of every script as those of ours, letter for letter."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(one)) if one.isdecimal() and not one.isascii() else one for one in text)


def unsupported(text: str, numbers: Iterable[float], texts: Iterable[str] = ()) -> list[str]:
    """Find the numbers of a text that no number of the data rounds to, whatever they are said of.

    Args:
        text: what is to be said.
        numbers: the numbers of the data.
        texts: names and dates of the data. A number of one of them may be said beside the word that it has there: "GTA 6" and
            "June 7" support neither "6 channels" nor "7 times".

    Returns: the unsupported numbers as the text gives them, in order.
    """
    known = list(numbers)
    named = {pair for name in texts for pair in _neighbours(name.lower(), 0, len(name))}
    return [
        found.text
        for found in numbers_in(text)
        if not named & set(_neighbours(text.lower(), found.start, found.end))
        and not any(found.matches(number) or (found.form is Form.SHARE and found.matches(number / 100)) for number in known)
    ]


def _neighbours(text: str, start: int, end: int) -> list[tuple[str, str]]:
    """Each word within `text[start:end]` with the word before it and the word after it; one alone or in quotes, with nothing."""
    words = [(match.group(), match.start(), match.end()) for match in _WORD.finditer(text)]
    pairs = [(one, other) for one, other in pairwise(words) if one[1] < end and other[2] > start]
    alone = text.strip() if len(words) == 1 else text[start:end] if text[start - 1 : start] + text[end : end + 1] == "“”" else ""
    return [(one[0], other[0]) for one, other in pairs] + ([(alone, "")] if alone else [])


def _rounded(value: float, step: str) -> str:
    rounded = Decimal(repr(float(value))).quantize(Decimal(step), rounding=ROUND_HALF_UP)
    return f"{rounded:f}".removesuffix(".0")


def _scaled(count: float, *, short: bool) -> str:
    whole = _rounded(count, "1")
    for size, long, letter in _SCALES:
        if Decimal(whole) >= size:
            return _in_scale(count / size, size, letter if short else f" {long}", short)
    return whole


def _in_scale(scaled: float, size: int, unit: str, short: bool) -> str:
    digits = _rounded(scaled, "0.1" if scaled < 9.95 else "1")
    if Decimal(digits) >= 1000 and size < _SCALES[0][0]:  # 999 960 is "1 million", not "1000 thousand"
        return _scaled(size * 1000, short=short)
    return f"{digits}{unit}"


def _in_digits(text: str) -> Iterator[Spoken]:
    for match in _NUMERAL.finditer(text):
        letters = (match["letters"] or "").lower()
        if not (match["by"] and letters):  # "X2Y" is a name
            yield _after(text, _of_numeral(match), is_multiple=bool(match["by"]) or letters in ("x", "fold"))


def _of_numeral(match: re.Match[str]) -> Spoken:
    parts = match.groupdict()
    text, (start, end) = match.group(), match.span()
    decimals = (parts["fraction"] or parts["comma"] or "")[1:]
    value = float(re.sub(r"\D", "", parts["digits"]) + (f".{decimals}" if decimals else ""))
    scale = float(_SCALE_OF.get((parts["scale"] or "").lower(), 1))
    if parts["power"]:
        scale *= 10.0 ** min(_superscript(parts["power"]), 30)
    if parts["raised"]:
        value = value ** min(_superscript(parts["raised"]), 9)
    if parts["vulgar"]:
        value, decimals = value + unicodedata.numeric(parts["vulgar"]), "0"
    if parts["whole"] and 0 < value < int(parts["whole"]) <= 100:
        return _share(text, value / int(parts["whole"]), start, end, is_written=True)
    # "1 million" is a rounded 1.0, so that one digit before a scale is as exact as two
    exact = len(decimals) if scale == 1 or value >= 10 else max(len(decimals), 1)
    form = Form.ORDINAL if parts["ordinal"] else Form.COUNT
    return Spoken(text, value * scale, scale * 10.0**-exact, start, end, form, is_written=True)


def _superscript(digits: str) -> int:
    return int("".join(str(unicodedata.digit(digit)) for digit in digits))


def _share(text: str, value: float, start: int, end: int, *, is_written: bool = False) -> Spoken:
    """A share stands for what is nearer to it than to a tenth more or less, and than five points."""
    return Spoken(text, value, 2 * min(0.05, 0.1 * value), start, end, Form.SHARE, is_written)


def _after(text: str, found: Spoken, *, is_multiple: bool = False) -> Spoken:
    """The number with what stands right behind it: percent, times."""
    if found.form is not Form.COUNT:
        return found
    if match := _PERCENT.match(text, found.end):
        value = found.value / 10 if "‰" in match.group() else found.value
        return replace(found, value=value, form=Form.PERCENT)
    if is_multiple or _TIMES.match(text, found.end):
        return replace(found, form=Form.TIMES)
    return found


def _in_words(text: str) -> Iterator[Spoken]:
    words = _Words(text)
    at = 0
    while at < len(words.spans):
        found, next_ = words.number(at)
        if found is not None:
            yield _after(text, found)
        at = max(next_, at + 1)


class _Words:
    """The words of a text, read from left to right for numbers."""

    def __init__(self, text: str) -> None:
        found = list(_TOKEN.finditer(text))
        self.text = text
        self.words = [match.group().lower() for match in found]
        self.spans = [match.span() for match in found]

    def number(self, at: int) -> tuple[Spoken | None, int]:
        """The number that begins with a word, and the word behind it."""
        word = self.words[at]
        if self.spans[at][0] and self.text[self.spans[at][0] - 1].isdigit():
            return None, at + 1  # the letters of "1080p" and "5million" belong to their digits
        if (multiple := _multiple(word)) is not None:
            return self._spoken(at, at + 1, multiple, 0.2 if multiple < 4 else 1, Form.TIMES), at + 1
        if self._is_part(at):
            return self._part(at, at, 1, at + 1)
        return self._vague(at) if word.endswith("s") and word[:-1] in _PLURALS else self._counted(at)

    def _is_part(self, at: int) -> bool:
        word = self.words[at]
        if word in ("half", "halves") or re.fullmatch("[¼-¾⅐-⅞]", word):
            return True
        return word in _PARTS and at > 0 and self.words[at - 1] in ("a", "an", "top") and self._is_joined(at)

    def _counted(self, at: int) -> tuple[Spoken | None, int]:
        cardinal = self._cardinal(at)
        if cardinal is None:
            return None, at + 1
        value, step, end = cardinal
        if end < len(self.words) and self._is_joined(end) and value < _FEW and self._names_part(end, value):
            return self._part(at, end, value, end + 1)
        return self._spoken(at, end, value, step, Form.COUNT), end

    def _names_part(self, at: int, count: float) -> bool:
        word = self.words[at]
        return word in _PARTS if count == 1 else word == "halves" or (word.endswith("s") and word.removesuffix("s") in _PARTS)

    def _part(self, begin: int, at: int, count: float, end: int) -> tuple[Spoken | None, int]:
        """A part, from the word at `at`, taken `count` times: of a scale it is a count ("half a million")."""
        word = self.words[at]
        if word == "half" and begin == at and at and self.words[at - 1] in ("first", "second", "other", "better"):
            return None, end
        if begin == at and word not in ("half", "halves", "quarter") and word in _PARTS and not self._ends_part(end):
            return None, end  # "a third video" counts, and parts nothing
        share = (
            count / (_PARTS.get(word) or _PARTS[word.removesuffix("s")]) if word.isalpha() else unicodedata.numeric(word) * count
        )
        after = end
        while after < len(self.words) and self.words[after] in ("of", "a", "an", "one") and self._is_joined(after):
            after += 1
        if after > end or word in ("half", "quarter") or not word.isalpha():
            size = self._scale(after) if after < len(self.words) and self._is_joined(after) else None
            if size is not None:
                return self._spoken(begin, after + 1, share * size, size / 10, Form.COUNT), after + 1
        start, stop = self.spans[begin][0], self.spans[end - 1][1]
        return _share(self.text[start:stop], share, start, stop), end

    def _ends_part(self, at: int) -> bool:
        return at >= len(self.words) or not self._is_joined(at) or self.words[at] in _BEHIND_PART

    def _vague(self, at: int) -> tuple[Spoken, int]:
        """Dozens, millions, "hundreds of thousands": more than one of a size."""
        value, end = float(_PLURALS[self.words[at][:-1]]), at + 1
        while end + 1 < len(self.words) and self.words[end] == "of" and self.words[end + 1].removesuffix("s") in _PLURALS:
            value *= _PLURALS[self.words[end + 1].removesuffix("s")]
            end += 2
        return self._spoken(at, end, value, value, Form.VAGUE), end

    def _cardinal(self, at: int) -> tuple[float, float, int] | None:
        """Value, step and end of a number in words: "two hundred and fifty thousand", "one point two million", "a dozen"."""
        total, scale, step, end = 0.0, 1.0, 1.0, at
        current: float | None = None
        while end < len(self.words) and (end == at or self._is_joined(end)):
            word, size = self.words[end], self._scale(end)
            small = _SMALL.get(word, _TENTHS.get(word))
            if small is not None and _follows(current, small):
                current = (current or 0) + small
            elif word in ("hundred", "dozen"):
                current = (1 if current is None else current) * (100 if word == "hundred" else 12)
            elif size is not None:
                total, scale, current = total + (1 if current is None else current) * size, float(size), None
            elif word == "point" and current is not None and (digits := self._decimals(end + 1)):
                current, step, end = current + float(f"0.{digits}"), 10.0 ** -len(digits), end + len(digits)
            elif word == "and" and end > at and self.words[end + 1 : end + 3] == ["a", "half"]:
                whole, step, end = current is not None, 0.1, end + 2
                current, total = (current or 0) + 0.5 * whole, total + 0.5 * scale * (not whole)
            elif not (word == "and" and end > at and self._goes_on(end + 1) and (current or 0) % 100 == 0):
                break
            end += 1
        if end == at:
            return None
        value = total + (current or 0)
        return value, step if scale == 1 else scale * (step if value >= 10 * scale or step < 1 else 0.1), end

    def _decimals(self, at: int) -> str:
        digits = ""
        while at < len(self.words) and self.words[at] in _UNITS[:10]:
            digits, at = f"{digits}{_SMALL[self.words[at]]}", at + 1
        return digits

    def _goes_on(self, at: int) -> bool:
        return at < len(self.words) and self._is_joined(at) and (self.words[at] in _SMALL or self.words[at] in _TENTHS)

    def _scale(self, at: int) -> int | None:
        word = self.words[at]
        size = _LONG_SCALES.get(word, _LONG_SCALES.get(word.removesuffix("s")))
        return size

    def _is_joined(self, at: int) -> bool:
        """Whether nothing but a space or a hyphen stands before a word."""
        return re.fullmatch(r"[\s-]+", self.text[self.spans[at - 1][1] : self.spans[at][0]]) is not None

    def _spoken(self, at: int, end: int, value: float, step: float, form: Form) -> Spoken:
        start, stop = self.spans[at][0], self.spans[end - 1][1]
        return Spoken(self.text[start:stop], float(value), step, start, stop, form)


def _follows(current: float | None, small: int) -> bool:
    """Whether a small number may stand behind what was read: "twenty" "five", "hundred" "twenty", not "two" "three"."""
    if current is None:
        return True
    is_ten = current % 100 >= 20 and current % 10 == 0 and 0 < small < 10
    return current > 0 and (current % 100 == 0 or is_ten)


def _multiple(word: str) -> float | None:
    if word.endswith("fold"):
        bare = word.removesuffix("fold")
        value = _SMALL.get(bare, _TENTHS.get(bare, 100 if bare == "hundred" else 0))
        return float(value) if value > 1 else None
    for ending in ("", "s", "d", "ing"):
        if word.endswith(ending):
            bare = word.removesuffix(ending) if ending else word
            value_ = _MULTIPLES.get(bare, _MULTIPLES.get(f"{bare}e") if ending == "ing" else None)
            if value_ is not None:
                return float(value_)
    return None


def _joined(text: str, found: list[Spoken]) -> list[Spoken]:
    """In order; "9 out of 10" is a share, and "2 hundred" one number."""
    kept: list[Spoken] = []
    for one in sorted(found, key=lambda one: (one.start, -one.end)):
        before = kept[-1] if kept else None
        if before is not None and one.start < before.end:
            continue
        both = before is not None and before.form is Form.COUNT and one.form is Form.COUNT
        if before is not None and both:
            between, whole = text[before.end : one.start], text[before.start : one.end]
            if (
                _OUT_OF.fullmatch(between)
                and 0 < before.value < one.value <= _FEW
                and not _COUNTED.match(text, one.end)
                and before.value % 1 == one.value % 1 == 0
            ):
                kept[-1] = _share(whole, before.value / one.value, before.start, one.end, is_written=before.is_written)
                continue
            if before.is_written and between in (" ", "-") and not one.is_written and one.text.lower().split()[0] in _SIZES:
                kept[-1] = replace(before, text=whole, value=before.value * one.value, step=before.step * one.value, end=one.end)
                continue
        kept.append(one)
    return kept
