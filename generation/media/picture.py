"""Pixels: boxes, colours, antialiased shapes, text on RGB images, and the YUV 4:2:0 frame that is sent to the encoder.

Scenes are drawn in RGB, once or in small boxes; a film's frame lives in planes of BT.709 limited-range YUV, so that an unchanged
pixel is never converted or copied again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np
from PIL import Image, ImageDraw

from generation.media.text import Fitted, Weight, font, line_height, width_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

Colour = tuple[int, int, int]
Align = Literal["left", "center", "right"]

# BT.709, limited range: rows of the RGB→YCbCr matrix in 1/255 of full scale, with their offsets (ITU-R BT.709-6, items 3.2-3.5).
_LUMA = (0.2126 * 219 / 255, 0.7152 * 219 / 255, 0.0722 * 219 / 255, 16.0)
_BLUE = (-0.114572 * 224 / 255, -0.385428 * 224 / 255, 0.5 * 224 / 255, 128.0)
_RED = (0.5 * 224 / 255, -0.454153 * 224 / 255, -0.045847 * 224 / 255, 128.0)
_OVERSAMPLING = 4


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels."""

    left: int
    top: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """First column after the box."""
        return self.left + self.width

    @property
    def bottom(self) -> int:
        """First row after the box."""
        return self.top + self.height

    @property
    def corners(self) -> tuple[int, int, int, int]:
        """Left, top, right, bottom, as Pillow's `crop` takes them."""
        return self.left, self.top, self.right, self.bottom

    def inset(self, x: int, y: int) -> Box:
        """The box without `x` columns on its left and right and `y` rows above and below."""
        return Box(self.left + x, self.top + y, max(self.width - 2 * x, 0), max(self.height - 2 * y, 0))

    def even(self) -> Box:
        """The smallest box around this one whose edges lie on even pixels, as 4:2:0 chroma needs."""
        left, top = self.left // 2 * 2, self.top // 2 * 2
        return Box(left, top, -(-(self.right - left) // 2) * 2, -(-(self.bottom - top) // 2) * 2)

    def contains(self, other: Box) -> bool:
        """Whether the other box lies wholly inside."""
        inside_x = self.left <= other.left and other.right <= self.right
        return inside_x and self.top <= other.top and other.bottom <= self.bottom


def rgb(colour: str) -> Colour:
    """Read `#rrggbb`."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """`share` of the second colour in the first."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def luminance(colour: Colour) -> float:
    """Relative luminance from 0 to 1 (WCAG 2.2)."""
    linear = [part / 255 / 12.92 if part <= 10 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: Colour, second: Colour) -> float:
    """Contrast ratio of two colours from 1 to 21 (WCAG 2.2)."""
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def legible_on(colour: Colour) -> Colour:
    """Near-black or white, whichever reads better on the colour."""
    return max(((255, 255, 255), (12, 14, 20)), key=lambda ink: contrast(ink, colour))


def backdrop(width: int, height: int, dark: Colour, lift: Colour, glow: Colour) -> Image.Image:
    """A soft background: a diagonal gradient with a coloured light in the upper right, dithered against banding."""
    return _backdrop(width, height, dark, lift, glow).copy()


@lru_cache(maxsize=4)
def _backdrop(width: int, height: int, dark: Colour, lift: Colour, glow: Colour) -> Image.Image:
    y, x = np.mgrid[0 : height // 4, 0 : width // 4].astype(np.float32)
    x, y = x * 4 / width, y * 4 / height
    slope = ((1 - x) * 0.35 + y * 0.65)[..., None]
    light = np.exp(-(((x - 0.92) / 0.42) ** 2 + ((y - 0.02) / 0.5) ** 2))[..., None]
    picture = np.asarray(dark, np.float32) * slope + np.asarray(mix(dark, lift, 0.85), np.float32) * (1 - slope)
    picture += (np.asarray(glow, np.float32) - picture) * light * 0.22
    channels = [
        np.asarray(Image.fromarray(picture[..., channel]).resize((width, height), Image.Resampling.BICUBIC))
        for channel in range(3)
    ]
    noise = np.random.default_rng(0).random((height, width), dtype=np.float32)[..., None]
    return Image.fromarray(np.clip(np.stack(channels, -1) + noise, 0, 255).astype(np.uint8))


@lru_cache(maxsize=256)
def _rounded_mask(width: int, height: int, radius: int) -> Image.Image:
    """An antialiased rounded rectangle. Only its corners are oversampled."""
    mask = Image.new("L", (width, height), 255)
    radius = min(radius, width // 2, height // 2)
    if radius > 0:
        large = Image.new("L", (2 * radius * _OVERSAMPLING,) * 2, 0)
        ImageDraw.Draw(large).ellipse((0, 0, large.width - 1, large.height - 1), fill=255)
        disc = large.resize((2 * radius, 2 * radius), Image.Resampling.BOX)
        for left in (0, 1):
            for top in (0, 1):
                corner = disc.crop((left * radius, top * radius, (left + 1) * radius, (top + 1) * radius))
                mask.paste(corner, (left * (width - radius), top * (height - radius)))
    return mask


def fill_rounded(image: Image.Image, box: Box, radius: int, colour: Colour, opacity: float = 1.0) -> None:
    """Fill a rounded rectangle; nothing for an empty box."""
    if box.width <= 0 or box.height <= 0:
        return
    mask = _rounded_mask(box.width, box.height, radius)
    image.paste(colour, box.corners, mask if opacity >= 1 else mask.point([round(level * opacity) for level in range(256)]))


def fill_line(image: Image.Image, points: Sequence[tuple[float, float]], width: float, colour: Colour) -> None:
    """Draw an antialiased polyline with round joints."""
    scale = _OVERSAMPLING
    margin = int(width) + 2
    left, top = int(min(x for x, _ in points)) - margin, int(min(y for _, y in points)) - margin
    right, bottom = int(max(x for x, _ in points)) + margin, int(max(y for _, y in points)) + margin
    mask = Image.new("L", ((right - left) * scale, (bottom - top) * scale), 0)
    draw = ImageDraw.Draw(mask)
    scaled = [((x - left) * scale, (y - top) * scale) for x, y in points]
    draw.line(scaled, fill=255, width=round(width * scale), joint="curve")
    radius = width * scale / 2
    for x, y in (scaled[0], scaled[-1]):
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    image.paste(colour, (left, top), mask.resize((right - left, bottom - top), Image.Resampling.BOX))


@lru_cache(maxsize=1024)
def _text_mask(text: str, weight: Weight, size: int) -> tuple[Image.Image, int]:
    """One line as a mask of its line height, and how far left of its origin the mask begins."""
    face = font(weight, size)
    left = min(int(face.getbbox(text)[0]), 0)
    mask = Image.new("L", (max(width_of(text, weight, size), 1), line_height(size)), 0)
    ImageDraw.Draw(mask).text((-left, 0), text, fill=255, font=face)
    return mask, left


def write(image: Image.Image, text: str, left: int, top: int, *, weight: Weight, size: int, colour: Colour) -> int:
    """Write one line of drawable text with its line box at (left, top); returns its width."""
    if not text:
        return 0
    mask, shift = _text_mask(text, weight, size)
    image.paste(colour, (left + shift, top), mask)
    return mask.width


def write_fitted(image: Image.Image, words: Fitted, box: Box, colour: Colour, *, align: Align = "left") -> None:
    """Write a fitted text into its box, centred from top to bottom."""
    top = box.top + (box.height - words.height) // 2
    for line in words.lines:
        spare = box.width - width_of(line, words.weight, words.size)
        left = box.left + {"left": 0, "center": spare // 2, "right": spare}[align]
        write(image, line, left, top, weight=words.weight, size=words.size, colour=colour)
        top += words.line_height


Planes = tuple[Image.Image, Image.Image, Image.Image]


def to_planes(image: Image.Image) -> Planes:
    """Convert an RGB image with even sides to Y, U and V images; chroma is the mean of each 2 × 2 pixels."""
    small = image.reduce(2)
    return image.convert("L", _LUMA), small.convert("L", _BLUE), small.convert("L", _RED)


class Frame:
    """One picture in YUV 4:2:0: a contiguous buffer of `width * height * 3 / 2` bytes, and its three planes as views of it."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.buffer = np.zeros(width * height * 3 // 2, np.uint8)
        luma, chroma = width * height, width * height // 4
        self.planes: tuple[NDArray[np.uint8], ...] = (
            self.buffer[:luma].reshape(height, width),
            self.buffer[luma : luma + chroma].reshape(height // 2, width // 2),
            self.buffer[luma + chroma :].reshape(height // 2, width // 2),
        )

    def put(self, left: int, top: int, planes: Planes) -> None:
        """Write a picture at even coordinates."""
        for plane, part, half in zip(self.planes, planes, (1, 2, 2), strict=True):
            rows, columns = slice(top // half, top // half + part.height), slice(left // half, left // half + part.width)
            plane[rows, columns] = np.asarray(part)

    def crop(self, box: Box) -> list[NDArray[np.uint8]]:
        """Copies of the planes inside a box of even coordinates."""
        return [
            plane[box.top // half : box.bottom // half, box.left // half : box.right // half].copy()
            for plane, half in zip(self.planes, (1, 2, 2), strict=True)
        ]
