"""Type: the fonts, what they can draw, and fitting a text into a box.

The fonts are the DejaVu files that matplotlib ships, so that a film is the same on every machine; fonts of the system are
never used. What they cannot draw is transliterated or left out (`drawable`), so no picture shows empty boxes."""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

from PIL import ImageFont

Weight = Literal["regular", "bold"]
_FILES: dict[Weight, str] = {"regular": "DejaVuSans.ttf", "bold": "DejaVuSans-Bold.ttf"}
_LINE_SPACING = 1.18  # of the font size: DejaVu's ascent + descent is 1.164
# Scripts that are drawn letter by letter from left to right; others need shaping, which would differ between machines.
_PLAIN_SCRIPTS = ("LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "GEORGIAN", "DIGIT", "FULLWIDTH")
WRITINGS = frozenset(("Latn", "Grek", "Cyrl", "Armn", "Geor"))
"""The same as ISO 15924 codes: what films can be written in."""


def _font_file(weight: Weight) -> Path:
    import matplotlib

    return Path(matplotlib.get_data_path()) / "fonts" / "ttf" / _FILES[weight]


@lru_cache(maxsize=256)
def font(weight: Weight, size: int) -> ImageFont.FreeTypeFont:
    """The font at a size in pixels. The basic layout engine is named because the other depends on system libraries."""
    return ImageFont.truetype(str(_font_file(weight)), size, layout_engine=ImageFont.Layout.BASIC)


@cache
def _glyphs(weight: Weight) -> frozenset[int]:
    from fontTools.ttLib import TTFont

    with TTFont(_font_file(weight), lazy=True) as file:
        return frozenset(file.getBestCmap())


def _plain(character: str) -> bool:
    category = unicodedata.category(character)
    if category.startswith(("C", "M")) or (category in ("So", "Sk") and character not in "°©®™"):
        return False
    if category.startswith("L"):
        name = unicodedata.name(character, "")
        return name.startswith(_PLAIN_SCRIPTS) or character in "ªº"
    return ord(character) < 0x2E80


def undrawable(text: str) -> tuple[str, ...]:
    """The writing systems of the letters of a text that the fonts cannot draw as they are, as ISO 15924 codes, the one of most
    letters first. Empty for a text whose every letter is drawn."""
    from fontTools.unicodedata import script

    known = _glyphs("regular") & _glyphs("bold")
    found: Counter[str] = Counter()
    for letter in filter(str.isalpha, unicodedata.normalize("NFC", text)):
        meant = [part for part in unicodedata.normalize("NFKC", letter) if part.isalpha()]  # 𝐌 and Ｍ are drawn as M
        if not all(_plain(part) and ord(part) in known for part in meant) and script(letter) not in ("Zyyy", "Zinh"):
            found[script(letter)] += 1
    return tuple(code for code, _ in found.most_common())


@lru_cache(maxsize=4096)
def drawable(text: str) -> str:
    """Fold a text into what both fonts can draw, on one line.

    Letters of scripts outside `_PLAIN_SCRIPTS` are transliterated (東京 becomes "Dong Jing"); emoji, marks and controls go.
    The result may be empty.
    """
    from text_unidecode import unidecode

    known = _glyphs("regular") & _glyphs("bold")
    folded: list[str] = []
    for character in unicodedata.normalize("NFC", text):
        if character.isspace() or unicodedata.category(character).startswith("Z"):
            folded.append(" ")
        elif _plain(character) and ord(character) in known:
            folded.append(character)
        elif unicodedata.category(character)[0] in "LN":
            plain = unidecode(unicodedata.normalize("NFKC", character))
            folded.append("".join(letter for letter in plain if _plain(letter) and ord(letter) in known))
        elif unicodedata.category(character)[0] == "P":
            folded.append(unidecode(character).strip()[:1])
    return " ".join("".join(folded).split())


@dataclass(frozen=True)
class Fitted:
    """A text set in lines at a size that fits its box. `width` and `height` are those of the set block, in pixels."""

    lines: tuple[str, ...]
    weight: Weight
    size: int
    width: int
    height: int

    @property
    def line_height(self) -> int:
        """Distance between baselines."""
        return line_height(self.size)


def line_height(size: int) -> int:
    """Distance between baselines of a font size; no glyph of the fonts reaches further up and down."""
    return round(size * _LINE_SPACING)


def width_of(text: str, weight: Weight, size: int) -> int:
    """Width in pixels of one line, from its first to its last inked or spaced pixel."""
    if not text:
        return 0
    face = font(weight, size)
    left, _, right, _ = face.getbbox(text)
    return int(max(right, face.getlength(text)) - min(left, 0)) + 1


def _shorten(text: str, weight: Weight, size: int, width: int) -> str:
    """Cut a line until it fits with an ellipsis; empty when not even that fits."""
    if width_of(text, weight, size) <= width:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if width_of(text[:middle].rstrip() + "…", weight, size) <= width:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + "…" if low else ""


def wrap(text: str, weight: Weight, size: int, width: int) -> list[str]:
    """Break a text into lines no wider than `width`; a word wider than a line is cut into pieces."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        joined = f"{line} {word}" if line else word
        if width_of(joined, weight, size) <= width:
            line = joined
            continue
        if line:
            lines.append(line)
        while len(word) > 1 and width_of(word, weight, size) > width:
            cut = next((end for end in range(len(word) - 1, 1, -1) if width_of(word[:end], weight, size) <= width), 1)
            lines.append(word[:cut])
            word = word[cut:]  # noqa: PLW2901 - the rest of the word goes on
        line = word
    return [*lines, line] if line else lines


def _balanced(text: str, weight: Weight, size: int, width: int, lines: list[str]) -> list[str]:
    """The same number of lines with the least width, so that no line holds a lonely last word."""
    low, high = max(width_of(word, weight, size) for word in text.split()), width  # no word is cut for the sake of balance
    while high - low > 8:
        middle = (low + high) // 2
        if len(wrap(text, weight, size, middle)) == len(lines):
            high = middle
        else:
            low = middle
    return wrap(text, weight, size, high)


@lru_cache(maxsize=2048)
def fit(
    text: str, width: int, height: int, *, size: int, smallest: int, weight: Weight = "bold", lines: int = 1, balance: bool = True
) -> Fitted:
    """Set a text into a box of `width` × `height` pixels.

    The largest size from `size` down to `smallest` at which it fits in at most `lines` lines is taken; at `smallest` the rest is
    cut with an ellipsis. The text is folded by `drawable` first. The block never exceeds the box; it is empty when the box is
    too small for one line.
    """
    text = drawable(text)
    chosen = max(smallest, 1)
    kept: list[str] = []
    for trial in (*range(size, smallest, -2), smallest):
        most = min(lines, height // line_height(trial))
        chosen, kept = trial, wrap(text, weight, trial, width)
        if most and len(kept) <= most and (trial == smallest or all(word in " ".join(kept).split() for word in text.split())):
            if balance and len(kept) > 1:
                kept = _balanced(text, weight, trial, width, kept)
            break
    else:
        most = min(lines, height // line_height(chosen))
        if most:
            head, rest = kept[: most - 1], " ".join(kept[most - 1 :])
            kept = [*head, _shorten(rest, weight, chosen, width)]
        else:
            kept = []
    kept = [line for line in kept if line and width_of(line, weight, chosen) <= width]
    widest = max((width_of(line, weight, chosen) for line in kept), default=0)
    return Fitted(tuple(kept), weight, chosen, widest, line_height(chosen) * len(kept))


def compact(value: float) -> str:
    """Write a number for a picture in at most five characters or so: 950, 12.4K, 3.1M, 2B; small ones keep two digits."""
    for scale, suffix in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")):
        if value >= scale * 0.9995:  # 999,500 would be written 1000K: it belongs to the next scale
            scaled = value / scale
            return (f"{scaled:.0f}" if scaled >= 99.95 else f"{scaled:.1f}".removesuffix(".0")) + suffix
    if value >= 99.5 or value == int(value):
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 9.95 else f"{value:.2f}".rstrip("0").rstrip(".")


def measure(value: float, unit: str = "") -> str:
    """A number with its unit: `%` and `×` stand close, `$` before, words after a space."""
    if unit in ("%", "×", "x"):
        return f"{compact(value)}{unit}"
    if unit in ("$", "€", "£"):
        return f"{unit}{compact(value)}"
    written = compact(value)
    if written == "1" and unit.endswith("s"):
        unit = unit.removesuffix("ies") + "y" if unit.endswith("ies") else unit.removesuffix("s")
    return f"{written} {unit}".rstrip()
