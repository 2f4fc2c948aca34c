"""Numbers for the ear and the eye, and the check that every number of a text is one that the data says.

A spoken number stands for a range: "1.2 million" is anything that rounds to it. So a number of a text is *supported* when some
fact lies within half a unit of the last digit that the text gives."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

_SCALES = ((10**9, "billion", "B"), (10**6, "million", "M"), (10**3, "thousand", "K"))
_SCALE_OF = {name: size for size, long, short in _SCALES for name in (long, short.lower())}
_UNITS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen"),
    *("fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_WORDS: dict[str, float] = {word: value for value, word in enumerate(_UNITS)}
_WORDS |= {word: 10 * value for value, word in enumerate(_TENS, start=2)}
_WORDS |= {"dozen": 12, "hundred": 100, "twice": 2, "double": 2, "doubled": 2, "triple": 3, "tripled": 3, "half": 0.5}
_WORDS |= {"quadruple": 4, "quadrupled": 4, "tenfold": 10}
del _WORDS["one"], _WORDS["zero"]  # "one of them", "zero doubt": no claims about the data
_SCALE = "|".join(sorted(_SCALE_OF, key=len, reverse=True))
_NUMBER = re.compile(
    rf"(?<![\w.,])(?P<digits>\d{{1,3}}(?:,\d{{3}})+|\d+)(?P<fraction>\.\d+)?(?:st|nd|rd|th)?(?:[ -]?(?P<scale>{_SCALE})\b)?(?!\w)"
    rf"|\b(?P<tens>{'|'.join(_TENS)})-(?P<ones>{'|'.join(_UNITS[1:10])})\b"
    rf"|\b(?P<word>{'|'.join(_WORDS)})\b(?:[ -](?P<word_scale>{_SCALE})\b)?",
    re.IGNORECASE,
)
_WORD = re.compile(r"\w+(?:[.,]\d+)*")


@dataclass(frozen=True)
class Spoken:
    """A number found in a text: its value, and the unit of its last digit (`1.2 million`: 1 200 000 and 100 000)."""

    text: str
    value: float
    step: float

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


def numbers_in(text: str) -> list[Spoken]:
    """Find every number that a text states, in digits or in words."""
    return [_spoken(match) for match in _NUMBER.finditer(text)]


def unsupported(text: str, numbers: Iterable[float], texts: Iterable[str] = ()) -> list[str]:
    """Find the numbers of a text that the data does not say.

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
        found.group()
        for found in _NUMBER.finditer(text)
        if not named & set(_neighbours(text.lower(), *found.span()))
        and not any(_spoken(found).matches(number) for number in known)
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


def _spoken(match: re.Match[str]) -> Spoken:
    parts = match.groupdict()
    text = match.group()
    if parts["digits"]:
        scale = _SCALE_OF.get((parts["scale"] or "").lower(), 1)
        fraction = parts["fraction"] or ""
        value = float(parts["digits"].replace(",", "") + fraction) * scale
        # "1 million" is a rounded 1.0, so that one digit before a scale is as exact as two
        digits = max(len(fraction) - 1, 0) if scale == 1 or value >= 10 * scale else max(len(fraction) - 1, 1)
        return Spoken(text, value, scale * 10.0**-digits)
    if parts["tens"]:
        return Spoken(text, _WORDS[parts["tens"].lower()] + _UNITS.index(parts["ones"].lower()), 1)
    scale = _SCALE_OF.get((parts["word_scale"] or "").lower(), 1)
    value = float(_WORDS[parts["word"].lower()])
    return Spoken(text, value * scale, scale if value >= 1 else 0.1)
