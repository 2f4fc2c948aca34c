"""What a drawn scene is made of: a still, and the parts of it that move; the canvas that its painter draws on.

A `Picture` has a first frame and then only changes: small boxes that are redrawn while they move. That is what makes rendering
cheap, and it asks one thing of the painters in `cards` and `charts`: parts never overlap each other, nor the caption band."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from PIL import Image

from generation.media.layout import Layout
from generation.media.picture import Align, Box, Colour, fill_line, fill_rounded, rgb, write_fitted
from generation.media.plan import Bar, Palette
from generation.media.text import Fitted, Weight, fit, line_height

Patch = tuple[int, int, Image.Image]
"""Left, top, and the RGB pixels that now stand there; all even."""

SETTLE_SECONDS = 0.45
"""The crossfade into a scene is over before anything in it moves."""

_ZOOM = 0.045  # how far a still is pushed in, of its size


def ease(progress: float) -> float:
    """Fast, then slow (cubic); 0 to 1."""
    return 1 - (1 - min(max(progress, 0.0), 1.0)) ** 3


def glide(progress: float) -> float:
    """Slow, fast, slow (smoothstep); 0 to 1."""
    progress = min(max(progress, 0.0), 1.0)
    return progress * progress * (3 - 2 * progress)


@dataclass
class Part:
    """A box that is redrawn while it moves.

    Attributes:
        box: its place; even edges.
        ground: the pixels behind it.
        starts, lasts: when it moves, in seconds of the scene.
        paint: draws it on a copy of its ground for a progress from 0 to 1. Coordinates are those of the frame; the copy's
            origin is handed over by `Sheet`.
    """

    box: Box
    ground: Image.Image
    starts: float
    lasts: float
    paint: Callable[[Sheet, float], None]
    shown: float | None = field(default=None, init=False)

    def changes(self, seconds: float) -> Iterator[Patch]:
        """What changed since the last call."""
        progress = min(max((seconds - self.starts) / self.lasts, 0.0), 1.0)
        if progress == self.shown:
            return
        self.shown = progress
        sheet = Sheet(self.ground.copy(), self.box)
        self.paint(sheet, progress)
        yield self.box.left, self.box.top, sheet.image


@dataclass
class Sweep:
    """A finished picture that is uncovered from left to right, with a marker riding on its edge.

    Attributes:
        box: its place; even edges.
        ground, finished: the pixels before and after.
        starts, lasts: when, in seconds of the scene.
        edge: the frame's column that is reached at a progress.
        marker: draws the marker for a progress; it stays within `reach` columns of the edge.
    """

    box: Box
    ground: Image.Image
    finished: Image.Image
    starts: float
    lasts: float
    edge: Callable[[float], float]
    marker: Callable[[Sheet, float], None]
    reach: int
    shown: float = field(default=-1.0, init=False)

    def changes(self, seconds: float) -> Iterator[Patch]:
        """What changed since the last call."""
        progress = min(max((seconds - self.starts) / self.lasts, 0.0), 1.0)
        if progress == self.shown:
            return
        edge = round(self.edge(progress))
        before = round(self.edge(max(self.shown, 0.0)))
        box = Box(before - self.reach, self.box.top, edge - before + 2 * self.reach, self.box.height)
        left, right = max(box.left, self.box.left), min(box.right, self.box.right)
        box = Box(left, self.box.top, right - left, self.box.height).even()
        local = (box.left - self.box.left, 0, box.right - self.box.left, self.box.height)
        sheet = Sheet(self.ground.crop(local), box)
        cut = min(max(edge - box.left, 0), box.width)
        if cut:
            sheet.image.paste(self.finished.crop((local[0], 0, local[0] + cut, self.box.height)), (0, 0))
        self.marker(sheet, progress)
        self.shown = progress
        yield box.left, box.top, sheet.image


@dataclass
class Picture:
    """A drawn scene.

    Attributes:
        still: its ground, without parts.
        parts: what moves.
        zooms: whether the settled picture is pushed in slowly until it ends.
        seconds: how long it is on screen.
    """

    still: Image.Image
    parts: Sequence[Part | Sweep]
    seconds: float
    zooms: bool = False

    def changes(self, seconds: float) -> Iterable[Patch]:
        """The boxes that differ from the previous call, for a moment that never decreases from call to call."""
        for part in self.parts:
            yield from part.changes(seconds)

    @property
    def settled(self) -> float:
        """When the last part stops moving."""
        return max((part.starts + part.lasts for part in self.parts), default=SETTLE_SECONDS)

    def zoom(self, seconds: float) -> float:
        """How much larger than life the picture is shown; exactly 1 while parts move."""
        if not self.zooms or seconds <= self.settled:
            return 1.0
        rest = max(self.seconds - self.settled, 0.1)
        return 1 + _ZOOM * min(rest / 5, 1) * glide(0.5 * (seconds - self.settled) / rest) * 2


class Sheet:
    """A piece of the frame to draw on, in the frame's coordinates."""

    def __init__(self, image: Image.Image, box: Box) -> None:
        self.image, self.box = image, box

    def _local(self, box: Box) -> Box:
        return Box(box.left - self.box.left, box.top - self.box.top, box.width, box.height)

    def rounded(self, box: Box, radius: int, colour: Colour, opacity: float = 1.0) -> None:
        """Fill a rounded rectangle."""
        fill_rounded(self.image, self._local(box), radius, colour, opacity)

    def line(self, points: Sequence[tuple[float, float]], width: float, colour: Colour) -> None:
        """Draw a polyline."""
        fill_line(self.image, [(x - self.box.left, y - self.box.top) for x, y in points], width, colour)

    def text(
        self,
        text: str,
        box: Box,
        colour: Colour,
        *,
        size: int,
        smallest: int = 0,
        bold: bool = True,
        lines: int = 1,
        align: Align = "left",
    ) -> None:
        """Fit a text into a box and write it, centred from top to bottom."""
        weight: Weight = "bold" if bold else "regular"
        smallest = smallest or max(size // 2, 14)
        self.set(
            fit(text, box.width, box.height, size=size, smallest=smallest, weight=weight, lines=lines), box, colour, align=align
        )

    def set(self, words: Fitted, box: Box, colour: Colour, *, align: Align = "left") -> None:
        """Write a fitted text into a box, centred from top to bottom."""
        write_fitted(self.image, words, self._local(box), colour, align=align)


@dataclass(frozen=True)
class Inks:
    """A palette as RGB triples."""

    background: Colour
    surface: Colour
    accent: Colour
    contrast: Colour
    text: Colour
    muted: Colour

    @classmethod
    def of(cls, palette: Palette) -> Inks:
        """Read a palette."""
        return cls(
            rgb(palette.background),
            rgb(palette.surface),
            rgb(palette.accent),
            rgb(palette.contrast),
            rgb(palette.text),
            rgb(palette.muted),
        )


@dataclass
class Canvas:
    """What every painter starts from: the branded ground, the layout, the colours, the length of the scene."""

    layout: Layout
    inks: Inks
    seconds: float
    sheet: Sheet
    parts: list[Part | Sweep] = field(default_factory=list)

    def part(self, box: Box, starts: float, lasts: float, paint: Callable[[Sheet, float], None]) -> None:
        """Add a moving part; its ground is what stands in the box now."""
        box = box.even()
        starts = min(starts, max(self.seconds - 0.2, 0.0))
        self.parts.append(Part(box, self.sheet.image.crop(box.corners), starts, max(lasts, 0.05), paint))

    def heading(self, title: str, note: str = "") -> None:
        """Write the title of a chart with its rule, and the note below the chart."""
        layout, inks = self.layout, self.inks
        box = layout.heading
        self.sheet.rounded(Box(box.left, box.top + 8, layout.px(10), box.height - 16), layout.px(5), inks.accent)
        words = Box(box.left + layout.px(34), box.top, box.width - layout.px(34), box.height)
        self.sheet.text(
            title, words, inks.text, size=layout.px(54), smallest=layout.px(30), lines=2 if not layout.is_portrait else 3
        )
        if note:
            self.sheet.text(note, layout.note, inks.muted, size=layout.px(24), bold=False)

    def stagger(self, count: int) -> float:
        """Seconds between the starts of `count` parts that follow one another while the scene is spoken."""
        return min(0.7, 0.55 * self.seconds / max(count, 1))


def label(sheet: Sheet, layout: Layout, inks: Inks, bar: Bar, box: Box, *, align: Align, strong: bool = False) -> None:
    """Write a label in up to two lines, and its note on one more where there is room."""
    small = layout.px(22)
    with_note = bool(bar.note) and box.height >= line_height(layout.px(26)) + line_height(small)
    room = box.height - (line_height(small) if with_note else 0)
    size, smallest = layout.px(32), layout.px(22)
    words = fit(bar.label, box.width, room, size=size, smallest=smallest, lines=2 if room >= 2 * line_height(smallest) else 1)
    block = words.height + (line_height(small) if with_note else 0)
    first = Box(box.left, box.top + (box.height - block) // 2, box.width, words.height)
    sheet.set(words, first, inks.contrast if strong else inks.text, align=align)
    if with_note:
        below = Box(box.left, first.bottom, box.width, line_height(small))
        sheet.text(bar.note, below, inks.muted, size=small, smallest=layout.px(18), bold=False, align=align)
