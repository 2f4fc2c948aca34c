"""Thumbnails: measuring what an audience sees of a picture, and drawing a picture that measures as asked.

Brightness and contrast are mean and standard deviation of luma (0..1); colourfulness is the measure of Hasler and Süsstrunk
(2003) divided by 100: about 0.15 for dull and 0.6 for vivid pictures.
"""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, UnidentifiedImageError

from connectors.simulator.audience import Floats, ThumbnailTraits
from connectors.simulator.identity import stream

WIDTH, HEIGHT = 320, 180
KEPT_WIDTH, KEPT_HEIGHT = 640, 360
_LUMA = np.array((0.299, 0.587, 0.114))
_JPEG_QUALITY = 88


class NotAPicture(ValueError):
    """The bytes are no picture that can be opened."""


def open_picture(content: bytes) -> Image.Image:
    """Decode a JPEG or PNG as RGB, at most 640 x 360. Raises NotAPicture."""
    try:
        file = Image.open(io.BytesIO(content), formats=("JPEG", "PNG"))
        file.draft("RGB", (KEPT_WIDTH, KEPT_HEIGHT))
        picture = file.convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        raise NotAPicture from None
    picture.thumbnail((KEPT_WIDTH, KEPT_HEIGHT))
    return picture


def measure(picture: Image.Image) -> ThumbnailTraits:
    """Measure a picture at the size at which people see it in a list."""
    pixels = np.asarray(picture.convert("RGB").resize((WIDTH, HEIGHT)), dtype=float)
    luma = pixels @ _LUMA / 255
    return ThumbnailTraits(float(luma.mean()), float(luma.std()), _colourfulness(pixels) / 100)


def draw(traits: ThumbnailTraits, video_id: str) -> Image.Image:
    """Draw a picture of 320 x 180 that measures about as asked; which one depends on the video."""
    random = stream(0, "picture", video_id)
    across, down = np.meshgrid(np.linspace(0, 1, WIDTH), np.linspace(0, 1, HEIGHT))
    shape = np.sin(np.pi * (random.uniform(1, 3) * across + random.uniform(-2, 2) * down + random.random()))
    for _ in range(3):
        left, top, wide, high = random.uniform((0, 0, 0.15, 0.15), (0.7, 0.6, 0.5, 0.6))
        inside = (across > left) & (across < left + wide) & (down > top) & (down < top + high)
        shape = np.where(inside, random.choice((-1.3, 1.3)), shape)
    luma = traits.brightness + traits.contrast * (shape - shape.mean()) / shape.std()
    tint = random.normal(0, 1, 3)
    tint -= _LUMA @ tint
    wash = np.sin(np.pi * (random.uniform(0.5, 2) * across + random.random()))[:, :, None] * tint
    colour = wash * (100 * traits.colourfulness / _colourfulness(wash))
    return Image.fromarray(np.clip(luma[:, :, None] * 255 + colour, 0, 255).astype(np.uint8))


def jpeg(picture: Image.Image) -> bytes:
    """Encode as JPEG."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=_JPEG_QUALITY)
    return buffer.getvalue()


def _colourfulness(pixels: Floats) -> float:
    red, green, blue = pixels[..., 0], pixels[..., 1], pixels[..., 2]
    first, second = red - green, (red + green) / 2 - blue
    return float(np.hypot(first.std(), second.std()) + 0.3 * np.hypot(first.mean(), second.mean()))
