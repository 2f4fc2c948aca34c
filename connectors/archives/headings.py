"""Column headings, folded: what the same column is called by different exporters comes out the same."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
"""Soft hyphens, which Studio puts into its headings, joiners, direction marks and byte order marks."""
_UNITS = {"%": "pct", "hours": "hours", "minutes": "minutes", "seconds": "seconds"}
_UNIT = re.compile(r"^(.*\S)\s*\((%|hours|minutes|seconds|[a-z]{3})\)$", re.IGNORECASE)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_BETWEEN_WORDS = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Heading:
    """One column of a file.

    Attributes:
        text: as it stands in the file.
        name: lower-case words with single spaces: `impressions click through rate`.
        unit: what stood in brackets behind it: `pct`, `hours`, `minutes`, `seconds`, a currency such as `usd`, or nothing.
    """

    text: str
    name: str
    unit: str = ""


def fold(text: str) -> Heading:
    """Fold a heading: `Watch time (hours)` is `watch time` in `hours`, `videoId` and `Video_ID` are `video id`."""
    visible = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).strip()
    found = _UNIT.match(visible)
    name, unit = (found[1], found[2].lower()) if found else (visible, "")
    words = _BETWEEN_WORDS.sub(" ", unicodedata.normalize("NFKC", _CAMEL.sub(" ", name).casefold())).strip()
    return Heading(text, words, _UNITS.get(unit, unit))


def fold_all(texts: Iterable[str]) -> tuple[Heading, ...]:
    """Fold a header line."""
    return tuple(fold(text) for text in texts)
