"""Thumbnails: several distinct pictures for one story, for the ctr model and the operator to choose from.

Seen at 320 pixels most of the time, so: at most five words, a figure, one chart motif, strong contrast. Deterministic."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from generation.media.motion import Inks, Sheet
from generation.media.picture import Align, Box, Colour, contrast, legible_on, mix, write_fitted
from generation.media.plan import ThumbnailBrief
from generation.media.text import drawable, fit

WIDTH, HEIGHT = 1280, 720
MOST_BYTES = 2_000_000
"""YouTube refuses larger files."""

_MOST_WORDS = 5
_SMALL_WORDS = frozenset(("a", "an", "and", "are", "at", "by", "for", "in", "is", "of", "on", "or", "the", "to", "with"))
_SAFE = Box(56, 48, WIDTH - 112, HEIGHT - 96)
_OVERSAMPLING = 2


@dataclass(frozen=True)
class ThumbnailImage:
    """A drawn thumbnail: a JPEG file of `width` × `height` pixels; `variant` names its layout and colouring."""

    jpeg: bytes
    width: int
    height: int
    variant: str


@dataclass(frozen=True)
class _Scheme:
    """Colours of a thumbnail: the ground at two corners, the words, the figure and what leads the eye, the motif."""

    name: str
    ground: Colour
    lift: Colour
    words: Colour
    figure: Colour
    motif: Colour


def draw_candidates(brief: ThumbnailBrief, count: int = 4) -> list[ThumbnailImage]:
    """Draw `count` thumbnails (at least 1, at most 12) that differ in layout first and in colours second.

    Raises ValueError for another count.
    """
    layouts: dict[str, Callable[[Sheet, ThumbnailBrief, _Scheme], None]] = {
        "figure": _figure_layout,
        "bars": _bars_layout,
        "arrow": _arrow_layout,
        "split": _split_layout,
    }
    schemes = _schemes(Inks.of(brief.palette))
    shift = brief.seed % len(schemes)
    pairs = [
        (layout, schemes[(number + round_number + shift) % len(schemes)])
        for round_number in range(len(schemes))
        for number, layout in enumerate(layouts)
    ]
    if not 1 <= count <= len(pairs):
        raise ValueError(f"count is {count}, not 1 to {len(pairs)}")
    return [_draw(brief, layouts[layout], scheme, f"{layout}-{scheme.name}") for layout, scheme in pairs[:count]]


def _schemes(inks: Inks) -> list[_Scheme]:
    pale = mix((255, 255, 255), inks.accent, 0.10)
    return [
        _Scheme("dark", inks.background, mix(inks.background, inks.accent, 0.45), (255, 255, 255), inks.contrast, inks.accent),
        _Scheme(
            "brand",
            mix(inks.accent, inks.background, 0.15),
            mix(inks.accent, (255, 255, 255), 0.12),
            legible_on(inks.accent),
            _best(inks.accent, inks.background, inks.contrast, (255, 255, 255)),
            mix(inks.background, inks.accent, 0.12),
        ),
        _Scheme("light", pale, (255, 255, 255), inks.background, mix(inks.accent, inks.background, 0.35), inks.accent),
    ]


def _best(ground: Colour, *choices: Colour) -> Colour:
    return max(choices, key=lambda colour: contrast(colour, ground))


def _draw(
    brief: ThumbnailBrief, layout: Callable[[Sheet, ThumbnailBrief, _Scheme], None], scheme: _Scheme, variant: str
) -> ThumbnailImage:
    frame = Box(0, 0, WIDTH, HEIGHT)
    sheet = Sheet(_ground(scheme), frame)
    layout(sheet, brief, scheme)
    if brief.channel:
        sheet.text(
            brief.channel, Box(_SAFE.left, HEIGHT - 64, 620, 36), mix(scheme.words, scheme.ground, 0.25), size=28, smallest=20
        )
    for quality in (90, 80, 65, 50):
        buffer = io.BytesIO()
        sheet.image.save(buffer, "JPEG", quality=quality, optimize=True, subsampling=0 if quality == 90 else 2)
        if buffer.tell() < MOST_BYTES:
            break
    return ThumbnailImage(buffer.getvalue(), WIDTH, HEIGHT, variant)


def _ground(scheme: _Scheme) -> Image.Image:
    """A diagonal gradient with a light behind the right half."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    slope = (0.6 * x / WIDTH + 0.4 * (1 - y / HEIGHT))[..., None]
    light = np.exp(-(((x / WIDTH - 0.78) / 0.35) ** 2 + ((y / HEIGHT - 0.4) / 0.5) ** 2))[..., None]
    share = np.clip(0.35 * slope + 0.65 * light, 0, 1)
    ground = np.asarray(scheme.ground, np.float32) * (1 - share) + np.asarray(scheme.lift, np.float32) * share
    noise = np.random.default_rng(0).random((HEIGHT, WIDTH, 1), dtype=np.float32)
    return Image.fromarray(np.clip(ground + noise, 0, 255).astype(np.uint8))


def headline_words(headline: str) -> str:
    """The words of a headline that are drawn: the first five, without the small change at a cut end."""
    words = drawable(headline).rstrip(".,;:").split()
    kept = words[:_MOST_WORDS]
    while len(words) > len(kept) > 2 and kept[-1].lower() in _SMALL_WORDS:
        kept.pop()
    return " ".join(kept)


def _headline(
    sheet: Sheet, brief: ThumbnailBrief, box: Box, colour: Colour, ground: Colour, *, size: int, lines: int, align: Align = "left"
) -> int:
    """Write the headline with a soft shadow of the ground behind it; returns the height it took."""
    words = fit(headline_words(brief.headline).upper(), box.width, box.height, size=size, smallest=40, lines=lines)
    placed = Box(box.left, box.top, box.width, words.height)
    shadow = Image.new("L", sheet.image.size, 0)
    write_fitted(shadow, words, placed, 255, align=align)  # type: ignore[arg-type]
    soft = shadow.filter(ImageFilter.GaussianBlur(14)).point([min(255, level * 2) * 3 // 4 for level in range(256)])
    sheet.image.paste(ground, (0, 0), soft)
    sheet.set(words, placed, colour, align=align)
    return words.height


def _values(brief: ThumbnailBrief) -> list[float]:
    """Heights of the motif from 0 to 1: the subject's own values in the order of time; empty where it has fewer than two."""
    values = [bar.value for bar in brief.bars][-6:]
    if len(values) < 2 or not max(values):
        return []
    return [max(value / max(values), 0.08) for value in values]


def _columns(sheet: Sheet, brief: ThumbnailBrief, box: Box, scheme: _Scheme) -> None:
    values = _values(brief)
    if not values:
        return
    gap = 22
    width = (box.width - gap * (len(values) - 1)) // len(values)
    for number, value in enumerate(values):
        high = round(box.height * value)
        colour = scheme.figure if number == len(values) - 1 else mix(scheme.motif, scheme.ground, 0.25)
        sheet.rounded(Box(box.left + number * (width + gap), box.bottom - high, width, high), 14, colour)


def _figure_layout(sheet: Sheet, brief: ThumbnailBrief, scheme: _Scheme) -> None:
    """The figure as large as it goes, the headline below, faint columns behind; without a figure the headline alone."""
    for number, value in enumerate(_values(brief)):
        high = round(560 * value)
        left = 96 + number * 190
        sheet.rounded(Box(left, HEIGHT - high, 150, high + 40), 18, scheme.motif, 0.30)
    if not drawable(brief.figure):
        _headline(
            sheet, brief, Box(_SAFE.left, 90, _SAFE.width, 520), scheme.words, scheme.ground, size=170, lines=3, align="center"
        )
        return
    box = Box(_SAFE.left, 40, _SAFE.width, 340)
    _figure(sheet, brief, box, scheme.figure)
    _headline(
        sheet, brief, Box(_SAFE.left, 396, _SAFE.width, 230), scheme.words, scheme.ground, size=108, lines=2, align="center"
    )


def _bars_layout(sheet: Sheet, brief: ThumbnailBrief, scheme: _Scheme) -> None:
    """The headline on the left, rising columns on the right, the figure over the tallest."""
    _columns(sheet, brief, Box(720, 190, 500, 430), scheme)
    height = _headline(sheet, brief, Box(_SAFE.left, 60, 640, 540), scheme.words, scheme.ground, size=128, lines=4)
    sheet.rounded(Box(_SAFE.left, 60 + height + 20, 200, 16), 8, scheme.figure)
    if brief.figure:
        box = Box(800, 48, 420, 132)
        sheet.rounded(box, 26, scheme.figure)
        _figure(sheet, brief, box.inset(24, 10), legible_on(scheme.figure))


def _arrow_layout(sheet: Sheet, brief: ThumbnailBrief, scheme: _Scheme) -> None:
    """The subject's line behind the headline, with an arrow head where it has come; a plain ring where it has no line."""
    values = _values(brief)
    if values:
        _arrow(sheet, values, scheme)
    else:
        for margin, colour in ((0, scheme.motif), (70, scheme.ground)):
            box = Box(640 + margin, 250 + margin, 560 - 2 * margin, 560 - 2 * margin)
            sheet.rounded(box, box.width // 2, colour)
    _headline(sheet, brief, Box(_SAFE.left, 48, 860, 330), scheme.words, scheme.ground, size=120, lines=3)
    if brief.figure:
        _tag(sheet, brief, Box(WIDTH - 56 - 420, 480, 420, 132), scheme)


def _arrow(sheet: Sheet, values: list[float], scheme: _Scheme) -> None:
    span = Box(70, 210, 1010, 430)
    points = [
        (
            span.left + span.width * number / (len(values) - 1),
            span.bottom - span.height * (value - values[0]) / (1 - values[0] or 1),
        )
        for number, value in enumerate(values)
    ]
    (x0, y0), (x1, y1) = points[-2], points[-1]
    length = max(((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5, 1.0)
    dx, dy = (x1 - x0) / length, (y1 - y0) / length
    _under(sheet, points, scheme.motif)
    sheet.line(points, 26, scheme.figure)
    tip = (x1 + 84 * dx, y1 + 84 * dy)
    head = [tip, (x1 - 62 * dy, y1 + 62 * dx), (x1 + 62 * dy, y1 - 62 * dx)]
    _polygon(sheet, head, scheme.figure)


def _tag(sheet: Sheet, brief: ThumbnailBrief, box: Box, scheme: _Scheme) -> None:
    """The figure on a plate, what it counts below it."""
    sheet.rounded(box, 30, scheme.words)
    _figure(sheet, brief, box.inset(28, 10), _best(scheme.words, scheme.ground, scheme.figure, scheme.motif))


def _figure(sheet: Sheet, brief: ThumbnailBrief, box: Box, colour: Colour) -> None:
    """The number as large as it goes, and below it in small what it counts: `+1.1M` over `views in a day`."""
    number, _, counts = brief.figure.partition(" ")
    high = round(box.height * 0.70) if counts else box.height
    sheet.set(
        fit(number, box.width, high, size=300, smallest=30), Box(box.left, box.top, box.width, high), colour, align="center"
    )
    if counts:
        below = Box(box.left, box.top + high, box.width, box.height - high)
        sheet.set(fit(counts, below.width, below.height, size=64, smallest=20), below, colour, align="center")


def _split_layout(sheet: Sheet, brief: ThumbnailBrief, scheme: _Scheme) -> None:
    """A slanted panel with the figure on the right, the headline on the left."""
    _polygon(sheet, [(770, 0), (WIDTH, 0), (WIDTH, HEIGHT), (640, HEIGHT)], scheme.figure)
    ink = legible_on(scheme.figure)
    faded = _Scheme(scheme.name, scheme.figure, scheme.lift, ink, mix(scheme.figure, ink, 0.55), mix(scheme.figure, ink, 0.30))
    _columns(sheet, brief, Box(790, 330, 430, 280) if brief.figure else Box(790, 120, 430, 490), faded)
    _headline(sheet, brief, Box(_SAFE.left, 90, 600, 500), scheme.words, scheme.ground, size=120, lines=4)
    box = Box(800, 60, 424, 230)
    if brief.figure:
        _figure(sheet, brief, box, ink)


def _polygon(sheet: Sheet, points: list[tuple[float, float]], colour: Colour) -> None:
    width, height = sheet.image.size
    mask = Image.new("L", (width * _OVERSAMPLING, height * _OVERSAMPLING), 0)
    ImageDraw.Draw(mask).polygon([(x * _OVERSAMPLING, y * _OVERSAMPLING) for x, y in points], fill=255)
    sheet.image.paste(colour, (0, 0), mask.reduce(_OVERSAMPLING))


def _under(sheet: Sheet, points: list[tuple[float, float]], colour: Colour) -> None:
    mask = Image.new("L", sheet.image.size, 0)
    ImageDraw.Draw(mask).polygon([*points, (points[-1][0], HEIGHT), (points[0][0], HEIGHT)], fill=110)
    sheet.image.paste(colour, (0, 0), mask)
