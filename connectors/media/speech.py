"""From written words to spoken ones: what a caption shows, and what the voice is told to say for it.

One caption word may be several spoken ones ("1.2M" is "one point two million"), never none: a mark that cannot be spoken
joins the word before it, or is left out. It has one start and one end. Pure text; no voice is called here."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from core.errors import InvalidInput

_ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen"),
    *("fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SCALES = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred"))
_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
_SUFFIXES = {"k": "thousand", "m": "million", "b": "billion", "bn": "billion", "t": "trillion", "h": "hours"}
_CURRENCIES = {
    "$": ("dollar", "cents"),
    "€": ("euro", "cents"),
    "£": ("pound", "pence"),
    "₹": ("rupee", "paise"),
    "¥": ("yen", ""),
}
_WHOLE = {
    "&": "and",
    "+": "plus",
    "=": "equals",
    "@": "at",
    "×": "times",
    "%": "percent",
    "°": "degrees",
    "vs": "versus",
    "vs.": "versus",
    "w/": "with",
    "e.g.": "for example",
    "i.e.": "that is",
    "#": "number",
}
_NUMBER = re.compile(
    r"(?P<sign>[+\-−]?)(?P<hash>#?)(?P<currency>[$€£₹¥]?)(?P<whole>\d{1,3}(?:,\d{3})+|\d{1,15})(?:\.(?P<part>\d{1,6}))?"
    r"(?P<suffix>bn|[kmbth])?(?P<unit>%|st|nd|rd|th|×|x)?",
    re.IGNORECASE,
)
_URL = re.compile(r"(?:https?://|www\.)(?:www\.)?([^\s/?#]+)\S*", re.IGNORECASE)
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)\s]*\)")
_MARKDOWN = re.compile(r"(?m)^\s{0,3}(?:#{1,6}|>|[-*+]|\d{1,2}[.)])\s+(?=\S)|\*\*|__|~~|`+|^\s*(?:[-*_]\s*){3,}$")
_EMPHASIS = re.compile(r"(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w)")
_STRIP = "\"'“”‘’«»()[]{}<>…¡¿|*_~^\\"
_SENTENCE_END = re.compile(r"[.!?…。！？]+[\"'”’)\]]*$")
_MARK = re.compile(r"[–—\-…:;!?]")
_ABBREVIATIONS = frozenset(("mr.", "mrs.", "ms.", "dr.", "st.", "vs.", "no.", "e.g.", "i.e.", "feat.", "ft.", "vol.", "ep."))


@dataclass(frozen=True)
class Word:
    """One caption word and when it is spoken, in seconds of the narration's own clock."""

    text: str
    start_seconds: float
    end_seconds: float


@dataclass(frozen=True)
class Sentence:
    """A run of words: `words[first_word : first_word + word_count]` of its narration."""

    text: str
    start_seconds: float
    end_seconds: float
    first_word: int
    word_count: int


@dataclass(frozen=True)
class CaptionWord:
    """One word of a caption, without spaces, and the words said for it. `ends_sentence` and `ends_line` hold after it."""

    text: str
    spoken: str
    ends_sentence: bool = False
    ends_line: bool = False


def say_integer(number: int) -> str:
    """Write a whole number from 0 below 10**15 in English words; raises ValueError outside."""
    if not 0 <= number < 10**15:
        raise ValueError(f"{number} is outside 0 to 10**15")
    if number < 20:
        return _ONES[number]
    if number < 100:
        return _TENS[number // 10] + (f" {_ONES[number % 10]}" if number % 10 else "")
    for size, name in _SCALES:
        if number >= size:
            rest = number % size
            return f"{say_integer(number // size)} {name}" + (f" {say_integer(rest)}" if rest else "")
    raise AssertionError("unreachable: the smallest scale is 100")


def _say_year(year: int) -> str:
    century, rest = divmod(year, 100)
    if year % 1000 < 10:
        return say_integer(year)
    tail = "hundred" if rest == 0 else f"oh {_ONES[rest]}" if rest < 10 else say_integer(rest)
    return f"{say_integer(century)} {tail}"


def _say_ordinal(number: int) -> str:
    head, _, last = say_integer(number).rpartition(" ")
    ordinal = _ORDINALS.get(last) or (f"{last[:-1]}ieth" if last.endswith("y") else f"{last}th")
    return f"{head} {ordinal}".strip()


def _say_number(found: re.Match[str]) -> str:
    whole, part, unit = found["whole"].replace(",", ""), found["part"], (found["unit"] or "").lower()
    bare = not any(found[name] for name in ("hash", "currency", "part", "suffix", "unit", "sign"))
    if unit in ("st", "nd", "rd", "th") and not part:
        said = _say_ordinal(int(whole))
    elif bare and len(found["whole"]) == 4 and 1900 <= int(whole) < 2100:
        said = _say_year(int(whole))
    else:
        said = say_integer(int(whole))
    unit_name, small_name = _CURRENCIES.get(found["currency"], ("", ""))
    if unit_name and part and len(part) == 2 and not found["suffix"]:
        cents = f" and {say_integer(int(part))} {small_name}" if int(part) else ""
        return f"{said} {unit_name}{'' if said == 'one' else 's'}{cents}"
    if part:
        said += " point " + " ".join(_ONES[int(digit)] for digit in part)
    suffix = _SUFFIXES.get((found["suffix"] or "").lower(), "")
    one = said == "one" and not suffix
    words = [
        {"+": "plus", "-": "minus", "−": "minus"}.get(found["sign"], ""),
        "number" if found["hash"] else "",
        said,
        "hour" if one and suffix == "hours" else suffix,
        {"%": "percent", "×": "times", "x": "times"}.get(unit, ""),
        unit_name + ("" if one or unit_name in ("", "yen") else "s"),
    ]
    return " ".join(word for word in words if word)


def _is_spoken(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character).startswith("M")


def _say_token(token: str, *, english: bool) -> str:
    """What is said for one written word, with its closing punctuation kept for the voice's melody; empty when nothing can be."""
    if not english:
        return token if any(map(str.isalnum, token)) else ""
    if token.lower() in _WHOLE:
        return _WHOLE[token.lower()]
    core = token.strip(_STRIP)
    closing = ""
    while core and core[-1] in ".,;:!?":
        closing = core[-1]
        core = core[:-1].rstrip(_STRIP)
    pieces: list[str] = []
    for piece in re.split(r"[/–—]", core):
        number = _NUMBER.fullmatch(piece)
        if number:
            pieces.append(_say_number(number))
            continue
        said = _NUMBER.sub(lambda found: f" {_say_number(found)} " if found["whole"] else "", piece)
        said = "".join(
            character
            if _is_spoken(character) or character in "'’-. "
            else f" {_WHOLE[character]} "
            if character in _WHOLE
            else " "
            for character in said
        )
        pieces.append(" ".join(part for part in said.split() if any(map(str.isalnum, part))))
    pieces = [piece for piece in pieces if piece]
    joint = " per " if len(pieces) == 2 and "/" in core and pieces[1].lower() in ("h", "hour", "day", "week", "month") else " "
    said = joint.join("hour" if piece == "h" and index else piece for index, piece in enumerate(pieces))
    return said + closing if said else ""


def _clean(text: str) -> str:
    """Drop markup, addresses, emoji and control characters; keep the line breaks."""
    text = unicodedata.normalize("NFC", text)
    text = _LINK.sub(r"\1", text)
    text = _URL.sub(lambda found: found[1].rstrip(".,;:!?)"), text)
    text = _EMPHASIS.sub("", _MARKDOWN.sub("", text))
    kept = []
    for character in text:
        category = unicodedata.category(character)
        if character in "\n\r\t" or category.startswith("Z"):
            kept.append("\n" if character in "\n\r\u2028\u2029" else " ")
        elif category not in ("So", "Sk", "Cs", "Co", "Cn", "Cc", "Cf") or character == "°":
            kept.append(character)
    return re.sub("[\ufe00-\ufe0f]", "", "".join(kept))


def caption_words(text: str, *, language: str = "en-US") -> tuple[CaptionWord, ...]:
    """Split a text into the words of its captions, each with what a voice should say for it.

    Markdown, emoji and the paths of addresses are dropped; numbers, percentages, units and money are spelt out for English.
    Raises InvalidInput when nothing is left to say.
    """
    english = language.lower().startswith("en")
    words: list[CaptionWord] = []
    for line in _clean(text).split("\n"):
        first = len(words)
        for token in line.split():
            said = _say_token(token, english=english)
            if not said:
                if len(words) > first and _MARK.fullmatch(token):
                    last = words[-1]
                    words[-1] = CaptionWord(f"{last.text}\u00a0{token}", last.spoken, _SENTENCE_END.search(token) is not None)
                continue
            if "." in token[1:-1] and re.fullmatch(r"[\w-]+(\.[\w-]+)+[.,!?]?", token) and not token[0].isdigit():
                said = re.sub(r"\.(?=\w)", " dot ", said)
            ends = bool(_SENTENCE_END.search(token)) and token.lower() not in _ABBREVIATIONS
            words.append(CaptionWord(token, said, ends))
        if len(words) > first:
            last = words[-1]
            words[-1] = CaptionWord(last.text, last.spoken, True, True)
    if not words:
        raise InvalidInput("The text holds nothing that can be spoken.", "Give it at least one word.")
    return tuple(words)


def sentences_of(words: Sequence[CaptionWord]) -> list[tuple[int, int]]:
    """The sentences of a text as half-open ranges of word numbers."""
    ranges, first = [], 0
    for number, word in enumerate(words, 1):
        if word.ends_sentence:
            ranges.append((first, number))
            first = number
    if first < len(words):
        ranges.append((first, len(words)))
    return ranges


def spoken_text(words: Sequence[CaptionWord]) -> tuple[str, list[int]]:
    """Join what is said, one space between words, and the character at which each word begins."""
    starts, text = [], ""
    for word in words:
        starts.append(len(text))
        text += word.spoken + " "
    return text.rstrip(), starts


def time_words(words: Sequence[CaptionWord], marks: Sequence[tuple[int, float]], begin: float, end: float) -> tuple[Word, ...]:
    """Give each caption word its time.

    Args:
        words: spoken one after the other from `begin` to `end`, in seconds.
        marks: (character of `spoken_text`, second) pairs where the voice said it began something. Words without a mark share
            the time around them by their length: voices run short words together ("of the").

    Returns words without gaps or overlaps, first start `begin`, last end `end`.
    """
    _, starts = spoken_text(words)
    heard: dict[int, float] = {0: begin}
    latest = begin
    for character, second in marks:
        number = bisect_right(starts, character) - 1
        if number not in heard and number > max(heard) and latest < second < end:
            heard[number] = latest = second
    known = [*sorted(heard.items()), (len(words), end)]
    times: list[float] = []
    for (first, start), (last, stop) in pairwise(known):
        sizes = [len(word.spoken) for word in words[first:last]]
        passed = 0
        for size in sizes:
            times.append(start + (stop - start) * passed / sum(sizes))
            passed += size
    times.append(end)
    return tuple(Word(word.text, times[number], times[number + 1]) for number, word in enumerate(words))


def time_sentences(captions: Sequence[CaptionWord], words: Sequence[Word]) -> tuple[Sentence, ...]:
    """Gather timed words into the sentences of their text."""
    return tuple(
        Sentence(" ".join(word.text for word in words[a:b]), words[a].start_seconds, words[b - 1].end_seconds, a, b - a)
        for a, b in sentences_of(captions)
    )
