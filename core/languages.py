"""Languages by their tags (BCP 47, as `de`, `pt-BR`, `zh-Hans`): which one a tag names, what it is called in English, and how it
is written. What a text's language is: `core.detection`. Which languages films can be made in: `generation.writing.tongue`."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from core.errors import InvalidInput

_TAG = re.compile(r"([a-z]{2,3})(?:[-_]([a-z]{4}))?(?:[-_]([a-z]{2}|\d{3}))?", re.IGNORECASE | re.ASCII)
_NO_LANGUAGES = frozenset(("mul", "mis", "root", "und", "zxx"))
_SAME = {"iw": "he", "in": "id", "ji": "yi", "jw": "jv", "mo": "ro", "nb": "no", "tl": "fil", "sh": "sr", "cmn": "zh"}
"""Languages that have two tags, the older or narrower one first."""


def is_language(tag: str) -> bool:
    """Whether a tag names a language that people speak."""
    found = _TAG.fullmatch(tag)
    return found is not None and found[1].lower() not in _NO_LANGUAGES and found[1].lower() in _english().languages


def checked_tag(written: str) -> str:
    """A tag in the spelling of BCP 47. Raises InvalidInput for what names no language."""
    written = written.strip()
    found = _TAG.fullmatch(written)
    if found is None or not is_language(written):
        wanted = written.casefold()
        meant = next((code for code, name in _english().languages.items() if name.casefold() == wanted), None)
        remedy = f"Write it as {meant}." if meant else "Write it as de, pt-BR or zh-Hans."
        raise InvalidInput(f"{written!r} is not the code of a language.", remedy)
    language, script, region = found.groups()
    return "-".join(filter(None, (language.lower(), script and script.title(), region and region.upper())))


def primary(tag: str) -> str:
    """The language proper of a tag, under one of its tags: `pt-BR` gives `pt`, `nb-NO` and `no` give `no`."""
    code = re.split("[-_]", tag, maxsplit=1)[0].lower()
    return _SAME.get(code, code)


def is_english(tag: str) -> bool:
    """Whether a tag names English of any region."""
    return primary(tag) == "en"


def language_name(tag: str) -> str:
    """What a language is called in English; the tag itself where it names none."""
    names = _english().languages
    return str(names.get(primary(tag)) or names.get(re.split("[-_]", tag, maxsplit=1)[0].lower()) or tag)


def writing_of(tag: str) -> str | None:
    """The writing system of a language as an ISO 15924 code (`Latn`, `Deva`): the tag's own, or the usual one; None: unknown."""
    from babel.core import get_global

    found = _TAG.fullmatch(tag)
    if found is None:
        return None
    language, script, region = found.groups()
    if script:
        return str(script.title())
    likely = get_global("likely_subtags")
    for name in (f"{language.lower()}_{(region or '').upper()}", language.lower(), primary(tag)):
        if (whole := likely.get(name)) is not None:
            return next((part for part in str(whole).split("_") if len(part) == 4), None)
    return None


def writing_name(code: str) -> str:
    """What a writing system is called in English; `code` is of ISO 15924."""
    return str({"Hans": "Chinese characters", "Hant": "Chinese characters"}.get(code) or _english().scripts.get(code, code))


def locale_of(tag: str) -> Any:
    """How a language writes numbers and dates, as `babel.Locale`; that of the language proper where the region is not known."""
    from babel import Locale, UnknownLocaleError

    for name in (tag.replace("-", "_"), primary(tag), "en"):
        try:
            return Locale.parse(name)
        except (UnknownLocaleError, ValueError):
            continue
    raise AssertionError("English is known")


@cache
def _english() -> Any:
    from babel import Locale

    return Locale("en")
