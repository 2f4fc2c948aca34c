"""A timeline's frames, one after the other, in YUV 4:2:0. Only what changed since the frame before is touched.

The layers, from below: the scene with its moving parts, crossfade and slow zoom; the captions; the progress line."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from generation.media.captions import Cue
from generation.media.layout import Layout, layout_for
from generation.media.motion import Inks, Picture, glide
from generation.media.picture import Box, Frame, fill_rounded, to_planes, write
from generation.media.scenes import draw
from generation.media.text import drawable, fit, line_height, width_of
from generation.media.timeline import CAPTION_STYLES, CROSSFADE_SECONDS, TimedScene, Timeline

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PILL_OPACITY = 0.8
_ZOOM_STRIDE = 2  # frames per step of the slow zoom: at its pace the picture's edge moves by a third of a pixel per frame


@dataclass(frozen=True)
class _Overlay:
    """A picture to lay over the frame: per plane, premultiplied values and what is left of the ground, both of 256ths."""

    box: Box
    ink: tuple[NDArray[np.uint16], ...]
    ground: tuple[NDArray[np.uint16], ...]

    def blend(self, frame: Frame) -> None:
        """Lay it over the frame."""
        for plane, ink, ground, half in zip(frame.planes, self.ink, self.ground, (1, 2, 2), strict=True):
            box = self.box
            area = plane[box.top // half : box.bottom // half, box.left // half : box.right // half]
            area[:] = (area * ground + ink) >> 8


@dataclass(frozen=True)
class _SetWord:
    text: str
    left: int
    top: int
    number: int


class BurnedCaptions:
    """Cues as overlays, with the word that is being spoken in the contrast colour."""

    def __init__(self, timeline: Timeline, layout: Layout, inks: Inks) -> None:
        self._cues = timeline.captions
        self._starts = [cue.start_seconds for cue in self._cues]
        self._style = CAPTION_STYLES[timeline.orientation]
        self._band = layout.caption
        self._inks = inks
        self._set = lru_cache(maxsize=4)(self._set_cue)

    def state(self, seconds: float) -> tuple[int, int] | None:
        """The cue and the word within it that are shown at a moment; None between cues."""
        number = bisect_right(self._starts, seconds) - 1
        if number < 0 or seconds >= self._cues[number].end_seconds:
            return None
        words = self._cues[number].words
        return number, max(bisect_right([word.start_seconds for word in words], seconds) - 1, 0)

    def still(self, number: int) -> tuple[Box, Image.Image]:
        """A cue's box, and its picture before a word is spoken."""
        box, _, _, image, _ = self._set(number)
        return box, image

    def overlay(self, state: tuple[int, int]) -> _Overlay:
        """The overlay of a state."""
        cue, spoken = state
        box, size, words, still, opacity = self._set(cue)
        image = still.copy()
        for word in words:
            if word.number == spoken:
                write(image, word.text, word.left, word.top, weight="bold", size=size, colour=self._inks.contrast)
        alphas = [np.asarray(opacity, np.uint16), np.asarray(opacity.reduce(2), np.uint16)]
        scaled = [alpha + (alpha >> 7) for alpha in alphas]  # 0..255 to 0..256
        alpha = (scaled[0], scaled[1], scaled[1])
        ink = tuple(np.asarray(plane, np.uint16) * share for plane, share in zip(to_planes(image), alpha, strict=True))
        return _Overlay(box, ink, tuple(256 - share for share in alpha))

    def _set_cue(self, number: int) -> tuple[Box, int, list[_SetWord], Image.Image, Image.Image]:
        """Box, type size, placed words, the picture without a spoken word, and its opacity."""
        cue, band = self._cues[number], self._band
        size, lines = self._fitted(cue)
        space = width_of(" ", "bold", size)
        widths = [sum(width_of(text, "bold", size) for _, text in line) + space * (len(line) - 1) for line in lines]
        pad_x, pad_y, high = round(size * 0.7), round(size * 0.3), line_height(size)
        wide, tall = max(widths, default=0) + 2 * pad_x, high * len(lines) + 2 * pad_y
        box = Box(band.left + (band.width - wide) // 2, band.bottom - tall - (band.height - tall) // 2, wide, tall).even()
        image = Image.new("RGB", (box.width, box.height), self._inks.background)
        opacity = Image.new("L", image.size, 0)
        fill_rounded(opacity, Box(0, 0, box.width, box.height), round(size * 0.4), 255, _PILL_OPACITY)  # type: ignore[arg-type]
        words = []
        for row, (line, width) in enumerate(zip(lines, widths, strict=True)):
            left, top = (box.width - width) // 2, pad_y + row * high
            for place, text in line:
                words.append(_SetWord(text, left, top, place))
                write(image, text, left, top, weight="bold", size=size, colour=self._inks.text)
                write(opacity, text, left, top, weight="bold", size=size, colour=255)  # type: ignore[arg-type]
                left += width_of(text, "bold", size) + space
        return box, size, words, image, opacity

    def _fitted(self, cue: Cue) -> tuple[int, list[list[tuple[int, str]]]]:
        """The words as they are drawn, by line, each with its number; a word too wide for a line makes the type smaller."""
        style = self._style
        numbered = iter(range(len(cue.words)))
        lines = [[(next(numbered), drawable(word.text)) for word in line] for line in cue.lines]
        size = style.size
        longest = max((text for line in lines for _, text in line), key=len, default="")
        if width_of(longest, "bold", size) > style.width:
            fitted = fit(longest, style.width, 2 * size, size=size, smallest=20)
            size = fitted.size
            lines = [
                [(place, fit(text, style.width, 2 * size, size=size, smallest=size).lines[0]) for place, text in line if text]
                for line in lines
            ]
        return size, [[(place, text) for place, text in line if text] for line in lines]


def compose(timeline: Timeline) -> Iterator[NDArray[np.uint8]]:
    """Yield every frame of a timeline as flat YUV 4:2:0 of `width * height * 3 / 2` bytes.

    It is the same array each time: use it, or copy it, before asking for the next.
    """
    layout = layout_for(timeline.width, timeline.height)
    inks = Inks.of(timeline.palette)
    captions = BurnedCaptions(timeline, layout, inks)
    progress = _ProgressLine(layout, inks, timeline.frames)
    band = layout.caption.even()
    frame = Frame(timeline.width, timeline.height)
    clean = frame.crop(band)
    shown: tuple[int, int] | None = None
    for number, scene in enumerate(timeline.scenes):
        _restore(frame, band, clean)
        for moment, whole in _scene_frames(timeline, scene, layout, frame, fades=number > 0):
            state = captions.state(moment / timeline.fps)
            if whole:
                clean = frame.crop(band)
            elif state != shown:
                _restore(frame, band, clean)
            if state is not None and (whole or state != shown):
                captions.overlay(state).blend(frame)
            shown = state
            progress.paint(frame, moment, whole=whole)
            yield frame.buffer


def _restore(frame: Frame, box: Box, planes: list[NDArray[np.uint8]]) -> None:
    for plane, part, half in zip(frame.planes, planes, (1, 2, 2), strict=True):
        plane[box.top // half : box.bottom // half, box.left // half : box.right // half] = part


def _drawn(timeline: Timeline, scene: TimedScene, layout: Layout) -> Picture:
    seconds = scene.frames / timeline.fps
    return draw(scene.visual, layout=layout, palette=timeline.palette, channel=timeline.channel, seconds=seconds)


def _scene_frames(
    timeline: Timeline, scene: TimedScene, layout: Layout, frame: Frame, *, fades: bool
) -> Iterator[tuple[int, bool]]:
    """Bring `frame` from one frame of a scene to the next: the frame's number, and whether all of it was painted anew."""
    picture = _drawn(timeline, scene, layout)
    before = frame.buffer.copy()
    after = Frame(frame.width, frame.height)
    after.put(0, 0, to_planes(picture.still))
    fading = min(round(CROSSFADE_SECONDS * timeline.fps), scene.frames - 1) if fades else 0
    for number in range(scene.frames):
        seconds = number / timeline.fps
        whole = number <= fading
        for left, top, patch in picture.changes(seconds):
            planes = to_planes(patch)
            after.put(left, top, planes)
            if not whole:
                frame.put(left, top, planes)
        if number < fading:
            _crossfade(frame, before, after, glide((number + 1) / (fading + 1)))
        elif number == fading:
            frame.buffer[:] = after.buffer
        zoom = picture.zoom(seconds)
        if zoom > 1 and not whole and number % _ZOOM_STRIDE == 0:
            _zoom(frame, after, zoom)
            whole = True
        yield scene.first_frame + number, whole


def _flat(frame: Frame, buffer: NDArray[np.uint8]) -> Image.Image:
    return Image.frombuffer("L", (frame.width, frame.height * 3 // 2), buffer, "raw", "L", 0, 1)


def _crossfade(frame: Frame, before: NDArray[np.uint8], after: Frame, share: float) -> None:
    mixed = Image.blend(_flat(frame, before), _flat(frame, after.buffer), share)
    frame.buffer[:] = np.asarray(mixed).reshape(-1)


def _zoom(frame: Frame, source: Frame, zoom: float) -> None:
    if zoom == 1:
        frame.buffer[:] = source.buffer
        return
    for target, plane in zip(frame.planes, source.planes, strict=True):
        height, width = plane.shape
        x, y = width * (1 - 1 / zoom) / 2, height * (1 - 1 / zoom) / 2
        image = Image.fromarray(plane).resize((width, height), Image.Resampling.BILINEAR, box=(x, y, width - x, height - y))
        target[:] = np.asarray(image)


class _ProgressLine:
    """The line at the lower edge that fills from left to right."""

    def __init__(self, layout: Layout, inks: Inks, frames: int) -> None:
        self._box, self._frames, self._filled = layout.progress, frames, 0
        self._colour = [np.asarray(plane)[0, 0] for plane in to_planes(Image.new("RGB", (2, 2), inks.accent))]

    def paint(self, frame: Frame, number: int, *, whole: bool) -> None:
        """Fill up to a frame's share of the width; from the left edge when the frame was painted anew."""
        box = self._box
        width = box.width * (number + 1) // self._frames // 2 * 2
        first = box.left if whole else self._filled
        for plane, level, half in zip(frame.planes, self._colour, (1, 2, 2), strict=True):
            plane[box.top // half : box.bottom // half, first // half : (box.left + width) // half] = level
        self._filled = box.left + width


def picture_at(timeline: Timeline, number: int) -> Image.Image:
    """One frame of a timeline as an RGB image, drawn by itself: for posters, and for looking at.

    Equal to the frame that `compose` yields, except that a scene's crossfade is taken as over.
    """
    scene = next((scene for scene in timeline.scenes if scene.first_frame <= number < scene.last_frame), None)
    if scene is None:
        raise ValueError(f"the timeline has {timeline.frames} frames, not {number + 1}")
    layout, inks = layout_for(timeline.width, timeline.height), Inks.of(timeline.palette)
    picture = _drawn(timeline, scene, layout)
    source, frame = (Frame(timeline.width, timeline.height) for _ in range(2))
    source.put(0, 0, to_planes(picture.still))
    at = number - scene.first_frame
    for left, top, patch in picture.changes(at / timeline.fps):
        source.put(left, top, to_planes(patch))
    _zoom(frame, source, picture.zoom((at - at % _ZOOM_STRIDE) / timeline.fps))
    captions = BurnedCaptions(timeline, layout, inks)
    state = captions.state(number / timeline.fps)
    if state is not None:
        captions.overlay(state).blend(frame)
    _ProgressLine(layout, inks, timeline.frames).paint(frame, number, whole=True)
    return to_rgb(frame.buffer, timeline.width, timeline.height)


def poster_frames(timeline: Timeline, most: int = 4) -> list[int]:
    """Frames that show the first scene of each kind, near their ends, when everything that moves has come to rest."""
    first = {scene.visual.kind: scene for scene in reversed(timeline.scenes)}
    scenes = sorted(first.values(), key=lambda scene: scene.first_frame)[:most]
    return [max(scene.last_frame - timeline.fps, scene.first_frame) for scene in scenes]


def to_rgb(buffer: NDArray[np.uint8], width: int, height: int) -> Image.Image:
    """Convert a flat YUV 4:2:0 frame (BT.709, limited range) to RGB."""
    luma, chroma = width * height, width * height // 4
    parts = buffer[:luma], buffer[luma : luma + chroma], buffer[luma + chroma :]
    y = parts[0].reshape(height, width).astype(np.float32) - 16
    u, v = (
        np.asarray(Image.fromarray(part.reshape(height // 2, width // 2)).resize((width, height)), np.float32) - 128
        for part in parts[1:]
    )
    y *= 255 / 219
    red, green, blue = y + 1.792741 * v, y - 0.213249 * u - 0.532909 * v, y + 2.112402 * u
    return Image.fromarray(np.clip(np.stack((red, green, blue), -1) + 0.5, 0, 255).astype(np.uint8))
