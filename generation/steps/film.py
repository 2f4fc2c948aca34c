"""`video/film` and `video/short`: the landscape film and the portrait short of one script and one narration."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path

from core.digest import digest_file, digest_value
from generation import media
from generation.artifacts import ArtifactStore
from generation.media.captions import coverage, to_srt
from generation.media.compose import picture_at, poster_frames
from generation.media.render import render
from generation.media.timeline import Orientation, Timeline, build_timeline
from generation.steps.narration import narration_of
from generation.values import Artifact, Film, PolicyVerdict, SpokenScript

_POSTER_PIXELS = 480
"""Longer side of a poster."""


def render_film(
    verdict: PolicyVerdict,
    spoken: SpokenScript,
    artifacts: ArtifactStore,
    orientation: Orientation,
    *,
    threads: int = 2,
    on_progress: Callable[[int, int], None] | None = None,
) -> Film:
    """Render the script that the policy allowed, in the given orientation.

    A film of the same timeline, made by the same renderer, is taken from the store. `on_progress` is told the number of frames
    done, and in all.

    Raises Damaged when the narration is not whole, Environment when the disk is full or ffmpeg fails.
    """
    timeline = build_timeline(verdict.script.plan, narration_of(spoken, artifacts), orientation=orientation)
    request = digest_value([verdict.slot, timeline.digest, threads, _renderer_digest()])
    if kept := artifacts.recall(request):
        film = Film.model_validate_json(kept)
        if artifacts.holds(film.film):
            return film.model_copy(update={"render_seconds": 0.0})
    with artifacts.workspace() as folder:
        report = render(timeline, folder / "film.mp4", threads=threads, on_progress=on_progress)
        film = Film(
            slot=verdict.slot,
            film=artifacts.put_file(folder / "film.mp4"),
            captions=artifacts.put(to_srt(timeline).encode(), suffix=".srt"),
            posters=tuple(_posters(timeline, artifacts)),
            width=timeline.width,
            height=timeline.height,
            duration_seconds=timeline.duration_seconds,
            scene_starts=tuple(scene.first_frame / timeline.fps for scene in timeline.scenes),
            captions_coverage=coverage(timeline.captions, timeline.words),
            words_count=len(timeline.words),
            render_seconds=report.seconds_wall,
        )
    artifacts.remember(request, film.model_dump_json().encode())
    return film


def _posters(timeline: Timeline, artifacts: ArtifactStore) -> list[Artifact]:
    """Pictures of its moments, as they are drawn."""
    posters = []
    for frame in poster_frames(timeline):
        picture = picture_at(timeline, frame)
        picture.thumbnail((_POSTER_PIXELS, _POSTER_PIXELS))
        content = BytesIO()
        picture.save(content, "JPEG", quality=80)
        posters.append(artifacts.put(content.getvalue(), suffix=".jpg"))
    return posters


@cache
def _renderer_digest() -> str:
    """Content hash of the renderer's own code: a film of an older renderer is made anew."""
    sources = sorted(Path(media.__file__).parent.glob("*.py"))
    return digest_value([[source.name, digest_file(source)] for source in sources])
