"""The list of terms of `terms.toml`: read once, matched as whole words in any case and with or without accents."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from core.digest import digest_bytes
from generation.values import Action, Severity

_FILE = Path(__file__).with_name("terms.toml")
_TOKEN = re.compile(r"\w+")


@dataclass(frozen=True)
class Category:
    """Terms of one kind, and what follows from finding one. `notice` is what a modification adds to the description."""

    name: str
    severity: Severity
    action: Action
    notice: str
    pattern: re.Pattern[str]
    harmless: re.Pattern[str] | None
    hashed: frozenset[str]


@dataclass(frozen=True)
class Hit:
    """A term found at `text[start:end]`."""

    category: Category
    term: str
    start: int
    end: int


@cache
def categories() -> tuple[Category, ...]:
    """The categories of the file, in its order."""
    with _FILE.open("rb") as file:
        entries = tomllib.load(file)["category"]
    return tuple(
        Category(
            name=entry["name"],
            severity=Severity[entry["severity"].upper()],
            action=Action[entry["action"].upper()],
            notice=entry.get("notice", ""),
            pattern=whole_words(entry["terms"]),
            harmless=whole_words(entry["except"]) if "except" in entry else None,
            hashed=frozenset(entry.get("hashed", ())),
        )
        for entry in entries
    )


def whole_words(terms: list[str]) -> re.Pattern[str]:
    """A pattern that matches any of the terms as whole words, their last word also as plural or possessive.

    Expects text that `folded` made plain."""
    longest_first = sorted(terms, key=len, reverse=True)
    choices = "|".join(r"[\W_]+".join(map(re.escape, term.split())) for term in longest_first)
    return re.compile(rf"(?<!\w)(?:{choices})(?:['’]?s|es)?(?!\w)")


def folded(text: str) -> str:
    """Lower-case a text and take its accents off, letter for letter: every position stays what it was."""
    return "".join(_plain(character) for character in text)


def scan(text: str) -> list[Hit]:
    """Find every listed term of a text, by category and position."""
    plain = folded(text)
    hits: list[Hit] = []
    for category in categories():
        searched = category.harmless.sub(lambda match: " " * len(match.group()), plain) if category.harmless else plain
        hits += [Hit(category, match.group(), *match.span()) for match in category.pattern.finditer(searched)]
        if category.hashed:
            hits += [
                Hit(category, "a listed slur", *match.span())
                for match in _TOKEN.finditer(searched)
                if digest_bytes(match.group().encode()) in category.hashed
            ]
    return hits


def masked(text: str) -> str:
    """Replace all but the first letter of every term that is to be modified and has no notice: `f***`."""
    for hit in scan(text):
        if hit.category.action is Action.MODIFY and not hit.category.notice:
            text = text[: hit.start + 1] + "*" * (hit.end - hit.start - 1) + text[hit.end :]
    return text


def _plain(character: str) -> str:
    base = unicodedata.normalize("NFKD", character)[:1].lower()
    return base if len(base) == 1 else character
