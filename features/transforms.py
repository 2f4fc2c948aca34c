"""Pure functions that turn a draft (title, length, category, time of publishing, thumbnail) into numbers: the only definition
of these features. `on_demand` hands them to Feast; what is measured of a picture is said in `core.pictures`. No Feast here."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from core.pictures import MEASURES

_BRACKETS = re.compile(r"[(\[{【「].*[)\]}】」]")
_SEPARATOR = re.compile(r"\s[|–—-]\s|[:：|]")
_NUMBER = re.compile(r"\d")
_HASHTAG = re.compile(r"#\w")

TITLE_FEATURES = (
    "title_characters",
    "title_words",
    "title_word_length",
    "title_upper_share",
    "title_latin_share",
    "title_has_number",
    "title_has_question",
    "title_has_exclamation",
    "title_has_brackets",
    "title_has_separator",
    "title_has_emoji",
    "title_has_hashtag",
)
PUBLISH_FEATURES = ("publish_hour_sin", "publish_hour_cos", "publish_dow", "publish_is_weekend")
DRAFT_FEATURES = ("draft_seconds", "draft_category_id", *TITLE_FEATURES, *PUBLISH_FEATURES)
THUMBNAIL_FEATURES = tuple(f"thumbnail_{measure}" for measure in MEASURES)


def title_features(title: str) -> dict[str, float]:
    """Count and flag what a reader sees at a glance in a title, in any script. Flags are 0.0 or 1.0, shares are of letters."""
    words = title.split()
    letters = [character for character in title if character.isalpha()]
    upper = sum(character.isupper() for character in letters)
    latin = sum(unicodedata.name(character, "").startswith("LATIN") for character in letters)
    values = (
        len(title),
        len(words),
        sum(map(len, words)) / max(len(words), 1),
        upper / max(len(letters), 1),
        latin / max(len(letters), 1),
        _NUMBER.search(title) is not None,
        "?" in title or "？" in title,
        "!" in title or "！" in title,
        _BRACKETS.search(title) is not None,
        _SEPARATOR.search(title) is not None,
        any(unicodedata.category(character) == "So" for character in title),
        _HASHTAG.search(title) is not None,
    )
    return dict(zip(TITLE_FEATURES, map(float, values), strict=True))


def publish_features(publish_at: datetime) -> dict[str, float]:
    """Place a moment on the clock (as a point on the circle) and in the week (Monday 0), both in UTC. A naive moment is UTC."""
    moment = publish_at.replace(tzinfo=UTC) if publish_at.tzinfo is None else publish_at.astimezone(UTC)
    angle = 2 * math.pi * (moment.hour + moment.minute / 60) / 24
    weekday = moment.weekday()
    values = (math.sin(angle), math.cos(angle), weekday, weekday >= 5)
    return dict(zip(PUBLISH_FEATURES, map(float, values), strict=True))


def draft_features(
    title: str, duration_seconds: float | None, category_id: float | None, publish_at: datetime
) -> dict[str, float]:
    """Everything a model may know of a video before it is published; an unknown length or category is NaN."""
    known = {
        "draft_seconds": math.nan if duration_seconds is None else float(duration_seconds),
        "draft_category_id": math.nan if category_id is None else float(category_id),
    }
    return known | title_features(title) | publish_features(publish_at)


def draft_columns(columns: Mapping[str, Sequence[Any]]) -> dict[str, list[float]]:
    """`draft_features` over lists of equal length, as Feast's on-demand views want it.

    Reads `title`, `duration_seconds`, `category_id` and `publish_at` (datetime, or seconds since 1970).
    """
    rows = [
        draft_features(str(title), seconds, category, _moment(moment))
        for title, seconds, category, moment in zip(
            columns["title"], columns["duration_seconds"], columns["category_id"], columns["publish_at"], strict=True
        )
    ]
    return {name: [row[name] for row in rows] for name in DRAFT_FEATURES}


def _moment(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromtimestamp(float(value), UTC)


def thumbnail_columns(columns: Mapping[str, Sequence[float | None]]) -> dict[str, list[float]]:
    """Measures of pictures (lists of equal length, by the names of `core.pictures`) as features; an unknown one is NaN."""
    return {
        feature: [math.nan if value is None else float(value) for value in columns[measure]]
        for feature, measure in zip(THUMBNAIL_FEATURES, MEASURES, strict=True)
    }
