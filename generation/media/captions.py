"""Captions: words gathered into cues of at most two lines. One source for the burned picture and the SRT file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.media.speech import Sentence, Word
from generation.media.text import drawable, width_of

if TYPE_CHECKING:
    from generation.media.timeline import Timeline

_LONGEST_GAP = 0.8  # a cue stays on screen through a shorter pause, so that captions do not flicker
_LINGER = 0.35  # and this long after its last word before a longer one
_BREAKS = (",", ";", ":", "—", "–", ".", "!", "?", "…")
_IN_A_PHRASE = 0.25
_AFTER_A_LINK = 0.5
_IN_A_NAME = 4.0
"""What a break costs, in cues: within a phrase, behind a word that leans on the next, within a name, a number or a unit."""
_LINKS = frozenset(
    (
        "a",
        "an",
        "the",
        "of",
        "in",
        "on",
        "at",
        "to",
        "by",
        "for",
        "from",
        "with",
        "and",
        "or",
        "its",
        "their",
        "his",
        "her",
        "my",
        "our",
    )
)
_IS_NUMBER = re.compile(r"[^\w]*[$€£₹¥#]?\d[\d.,:/–-]*(?:[kmbtKMBT]|bn|st|nd|rd|th)?%?")
_IS_SCALE = frozenset(("hundred", "thousand", "million", "billion", "trillion", "lakh", "crore"))


@dataclass(frozen=True)
class CaptionStyle:
    """How much text a cue may hold: `lines` lines of `width` pixels at a bold font of `size` pixels, `words` words at most."""

    width: int
    size: int
    lines: int
    words: int


@dataclass(frozen=True)
class Cue:
    """What is on screen from start to end, in seconds of the film: lines of words. Every word keeps its own time."""

    start_seconds: float
    end_seconds: float
    lines: tuple[tuple[Word, ...], ...]

    @property
    def words(self) -> tuple[Word, ...]:
        """All words in order."""
        return tuple(word for line in self.lines for word in line)

    @property
    def text(self) -> str:
        """The lines as they were written."""
        return "\n".join(" ".join(word.text for word in line) for line in self.lines)


def _break_cost(before: str, after: str) -> float:
    """What it costs the reader when a line or a cue ends between two words."""
    if before.endswith(_BREAKS) and not (len(before) <= 5 and before.endswith(".") and before[:1].isupper()):
        return 0.0
    is_counted = _IS_NUMBER.fullmatch(before) is not None or before.lower() in _IS_SCALE
    if is_counted and (after[:1].islower() or after[:1].isdigit()) and after.lower() not in _LINKS:
        return _IN_A_NAME
    is_name = before[:1].isupper() and (after[:1].isupper() or _IS_NUMBER.fullmatch(after) is not None)
    if is_name and before.lower() not in _LINKS:
        return _IN_A_NAME
    return _AFTER_A_LINK if before.lower() in _LINKS else _IN_A_PHRASE


def _lines(words: Sequence[Word], style: CaptionStyle) -> tuple[tuple[Word, ...], ...] | None:
    """Set words in at most `style.lines` lines of about equal width, broken where meaning allows; None when they do not fit. A
    single word always does."""
    widths = [width_of(drawable(word.text), "bold", style.size) for word in words]
    space = width_of(" ", "bold", style.size)
    total = sum(widths) + space * (len(words) - 1)
    if total <= style.width or len(words) == 1:
        return (tuple(words),)
    if style.lines < 2:
        return None
    best: tuple[float, int] | None = None
    for cut in range(1, len(words)):
        first = sum(widths[:cut]) + space * (cut - 1)
        longest = max(first, total - first - space)
        cost = longest / style.width + _break_cost(words[cut - 1].text, words[cut].text)
        if longest <= style.width and (best is None or cost < best[0]):
            best = (cost, cut)
    return None if best is None else (tuple(words[: best[1]]), tuple(words[best[1] :]))


def _split(words: Sequence[Word], style: CaptionStyle) -> list[tuple[tuple[Word, ...], ...]]:
    """Cut a sentence into cues: few, of even length, and where the sentence pauses."""
    # costs[n] = cheapest way to set the first n words; one cue costs 1, unevenness a little more, a cut by what it tears apart.
    costs: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(words) + 1):
        options = []
        for begin in range(max(0, end - style.words), end):
            if _lines(words[begin:end], style) is None:
                continue
            unused = 1 - (end - begin) / style.words
            torn = 0.0 if end == len(words) else _break_cost(words[end - 1].text, words[end].text)
            options.append((costs[begin][0] + 1 + unused**2 + torn, begin))
        costs.append(min(options))
    cues, end = [], len(words)
    while end:
        begin = costs[end][1]
        lines = _lines(words[begin:end], style)
        assert lines is not None
        cues.append(lines)
        end = begin
    return cues[::-1]


def build_cues(
    words: Sequence[Word], sentences: Sequence[Sentence], style: CaptionStyle, leave_by: Sequence[float] | None = None
) -> tuple[Cue, ...]:
    """Gather timed words into cues that never overlap; a cue never crosses the end of a sentence.

    Args:
        words: in order of time.
        sentences: ranges of `words`; words outside all of them are not captioned.
        style: what fits.
        leave_by: for each sentence the second by which its captions are gone: when the next scene comes in.
    """
    latest = leave_by or [float("inf")] * len(sentences)
    parts = [
        (lines, last)
        for sentence, last in zip(sentences, latest, strict=True)
        for lines in _split(words[sentence.first_word : sentence.first_word + sentence.word_count], style)
    ]
    cues = []
    for number, (lines, last) in enumerate(parts):
        start, heard_until = lines[0][0].start_seconds, lines[-1][-1].end_seconds
        following = parts[number + 1][0][0][0].start_seconds if number + 1 < len(parts) else float("inf")
        end = following if following - heard_until <= _LONGEST_GAP else heard_until + _LINGER
        cues.append(Cue(start, max(min(end, last), heard_until, start), lines))
    return tuple(cues)


def coverage(cues: Sequence[Cue], words: Sequence[Word]) -> float:
    """Share of the spoken time, 0 to 1, during which the word that is spoken can be read; 1 for no words."""
    shown = {(word.text, round(word.start_seconds, 3)): cue for cue in cues for word in cue.words}
    spoken = covered = 0.0
    for word in words:
        spoken += word.end_seconds - word.start_seconds
        cue = shown.get((word.text, round(word.start_seconds, 3)))
        if cue:
            covered += max(0.0, min(cue.end_seconds, word.end_seconds) - max(cue.start_seconds, word.start_seconds))
    return covered / spoken if spoken else 1.0


def to_srt(timeline: Timeline) -> str:
    """The captions of a timeline as a SubRip file."""
    from pysubs2 import SSAEvent, SSAFile

    file = SSAFile()
    for cue in timeline.captions:
        event = SSAEvent(start=round(cue.start_seconds * 1000), end=round(cue.end_seconds * 1000))
        event.plaintext = cue.text
        file.append(event)
    return file.to_string("srt")
