"""Which language a text is written in, by the model that comes with py3langid (139 languages; no network)."""

from __future__ import annotations

from functools import cache
from typing import Any

from core.languages import primary

_TWINS = (
    frozenset(("no", "nn", "da")),
    frozenset(("hr", "bs", "sr")),
    frozenset(("id", "ms")),
    frozenset(("fil", "bcl")),
    frozenset(("en", "pcm")),
)
"""Languages whose texts the model cannot always tell apart."""


def detect(text: str) -> dict[str, float]:
    """How likely a text is in each language (ISO 639, as `core.languages.primary` gives them), most likely first; sums to 1."""
    found: dict[str, float] = {}
    for label, chance in _model().rank(text):
        found.setdefault(primary(label), 0.0)
        found[primary(label)] += float(chance)
    return dict(sorted(found.items(), key=lambda one: -one[1]))


def chance_of(found: dict[str, float], tag: str) -> float | None:
    """The chance of a language or its twins in what `detect` gave; None where the model does not know the language."""
    code = primary(tag)
    if code not in found:
        return None
    twins = next((group for group in _TWINS if code in group), frozenset((code,)))
    return sum(chance for label, chance in found.items() if label in twins)


@cache
def _model() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
