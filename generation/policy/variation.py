"""What the channel told before: the measure of whether a video is a new one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.errors import YtempireError
from generation.artifacts import ArtifactStore
from generation.values import PastVideo, Script
from generation.writing.titles import similarity

SHINGLE_WORDS = 3
"""Scripts are compared by runs of so many words: single words are shared by all films about charts."""


def narrations(past: Sequence[PastVideo], slot: str, artifacts: ArtifactStore) -> dict[str, str]:
    """Title and words of past videos, but for the slot's own earlier attempt; no words where only the title is known."""
    return {video.title: _narration(video, artifacts) for video in past if video.slot != slot}


def likeness(narration: str, told: Mapping[str, str]) -> float:
    """The largest share of runs of words that a narration has in common with an earlier one, 0 to 1."""
    return max((similarity(narration, earlier, SHINGLE_WORDS) for earlier in told.values() if earlier), default=0.0)


def _narration(video: PastVideo, artifacts: ArtifactStore) -> str:
    if video.script is None:
        return ""
    try:
        return Script.model_validate_json(artifacts.load(video.script)).narration
    except YtempireError:
        return ""
