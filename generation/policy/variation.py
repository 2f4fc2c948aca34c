"""What the channel told and showed before: the measure of whether a video is a new one."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from difflib import SequenceMatcher
from typing import Any

from core.errors import YtempireError
from generation.artifacts import ArtifactStore
from generation.values import PastVideo, Script
from generation.writing.titles import similarity

LAST_FILMS = 30
LOOKED_BACK = timedelta(days=120)
"""A film is held against so many of the channel's last ones, none older than this."""

_SAME_ORDER = 0.9  # of the kinds of scenes: one scene more or less is the same order
_THUMBNAIL = (64, 36)  # pixels at which two thumbnails are compared: layout and colours, not letters
_FIGURE = re.compile(r"[\d.,%+×]+[KMB]?\b")

SHINGLE_WORDS = 3
"""Scripts are compared by runs of so many words: single words are shared by all films about charts."""


def narrations(past: Sequence[PastVideo], slot: str, artifacts: ArtifactStore) -> dict[str, str]:
    """Title and words of past videos, but for the slot's own earlier attempt; no words where only the title is known."""
    return {video.title: _narration(video, artifacts) for video in past if video.slot != slot}


@dataclass(frozen=True)
class Sameness:
    """How much of a film was in the channel's last films: shares from 0 to 1, None where none of them can be read.

    Attributes:
        script: the largest share of runs of words in common with one of them.
        order: the share of them whose scenes follow one another as these do.
        cards: the share of its cards and charts that were in one of them, figures aside.
        thumbnail: correlation with the most similar of their thumbnails.
    """

    script: float | None
    order: float | None
    cards: float | None
    thumbnail: float | None


def sameness(script: Script, thumbnail: bytes, past: Sequence[PastVideo], artifacts: ArtifactStore) -> Sameness:
    """Hold a film against the channel's LAST_FILMS before it. A channel without any repeats nothing.

    Args:
        thumbnail: its JPEG.
        past: newest first; the slot's own earlier attempt is left out.
    """
    videos = [video for video in past if video.slot != script.slot and video.script is not None][:LAST_FILMS]
    if not videos:
        return Sameness(0.0, 0.0, 0.0, 0.0)
    earlier = [told for video in videos if (told := _script(video, artifacts))]
    pictures = [picture for video in videos if (picture := _picture(video, artifacts))]
    kinds, cards = _kinds(script), _cards(script)
    shown = {card for told in earlier for card in _cards(told)}
    orders = [SequenceMatcher(None, kinds, _kinds(told), autojunk=False).ratio() >= _SAME_ORDER for told in earlier]
    return Sameness(
        script=max((similarity(script.narration, told.narration, SHINGLE_WORDS) for told in earlier), default=None),
        order=sum(orders) / len(orders) if orders else None,
        cards=len(cards & shown) / len(cards) if earlier and cards else None,
        thumbnail=max((_alike(thumbnail, picture) for picture in pictures), default=None),
    )


def _kinds(script: Script) -> list[str]:
    return [scene.visual.kind for scene in script.plan.scenes]


def _cards(script: Script) -> set[str]:
    """What each picture says, without its figures."""
    texts = (" ".join(_strings(asdict(scene.visual))) for scene in script.plan.scenes)
    return {" ".join(_FIGURE.sub("#", text).casefold().split()) for text in texts}


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _strings(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _strings(part)


def _alike(first: bytes, second: bytes) -> float:
    """Correlation of two small pictures, at least 0."""
    import numpy as np
    from PIL import Image

    flat = [
        np.asarray(Image.open(io.BytesIO(content)).convert("RGB").resize(_THUMBNAIL), np.float64).ravel()
        for content in (first, second)
    ]
    a, b = (values - values.mean() for values in flat)
    scale = float(np.sqrt((a @ a) * (b @ b)))
    return max(float(a @ b) / scale, 0.0) if scale else 0.0


def _picture(video: PastVideo, artifacts: ArtifactStore) -> bytes:
    try:
        return artifacts.load(video.thumbnail) if video.thumbnail else b""
    except YtempireError:
        return b""


def _narration(video: PastVideo, artifacts: ArtifactStore) -> str:
    script = _script(video, artifacts)
    return script.narration if script else ""


def _script(video: PastVideo, artifacts: ArtifactStore) -> Script | None:
    try:
        return Script.model_validate_json(artifacts.load(video.script)) if video.script else None
    except (YtempireError, ValueError):  # lost, damaged, or of another version
        return None
