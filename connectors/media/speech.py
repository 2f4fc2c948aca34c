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

from connectors.media.spoken import SILENT, WORD, Reading, readings
from core.errors import InvalidInput

_URL = re.compile(r"(?:https?://|www\.)(?:www\.)?([^\s/?#]+)\S*", re.IGNORECASE)
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)\s]*\)")
_MARKDOWN = re.compile(r"(?m)^\s{0,3}(?:#{1,6}|>|[-*+]|\d{1,2}[.)])\s+(?=\S)|\*\*|__|~~|`+|^\s*(?:[-*_]\s*){3,}$")
_EMPHASIS = re.compile(r"(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w)")
_SENTENCE_END = re.compile(r"[.!?…。！？]+[\"'”’)\]]*$")
_MARK = re.compile(r"[–—\-…:;!?]")


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
        elif category == "So":  # what stands on both sides of an emoji is not one word
            kept.append(" ")
    return re.sub("[\ufe00-\ufe0f]", "", "".join(kept))


def _as_written(token: str) -> Reading:
    """A token of a language whose voice reads numbers itself."""
    is_spoken = any(map(str.isalnum, token))
    return Reading(WORD if is_spoken else SILENT, token if is_spoken else "", bool(_SENTENCE_END.search(token)))


def caption_words(text: str, *, language: str = "en-US") -> tuple[CaptionWord, ...]:
    """Split a text into the words of its captions, each with what a voice should say for it.

    Markdown, emoji and the paths of addresses are dropped; English has numbers, units, money … spelt out (see `spoken`).
    Raises InvalidInput when nothing is left to say.
    """
    english = language.lower().startswith("en")
    words: list[CaptionWord] = []
    for line in _clean(text).split("\n"):
        first = len(words)
        tokens = line.split()
        for token, reading in zip(tokens, readings(tokens) if english else map(_as_written, tokens), strict=True):
            if any(map(str.isalnum, reading.said)):
                words.append(CaptionWord(token, reading.said, reading.ends_sentence))
            elif len(words) > first and _MARK.fullmatch(token):
                last = words[-1]
                words[-1] = CaptionWord(f"{last.text}\u00a0{token}", last.spoken, _SENTENCE_END.search(token) is not None)
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
