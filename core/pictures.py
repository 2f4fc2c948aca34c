"""What can be measured of a picture at a glance. The only definition: raw landings of past thumbnails and candidates of new ones
are measured here, at one size, so that a model meets the same numbers in training and in use."""

from __future__ import annotations

import functools
import io
import math
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import InvalidInput

if TYPE_CHECKING:
    import numpy as np

WIDTH, HEIGHT = 320, 180
"""Pictures are measured at the size at which viewers see them in a list; YouTube calls it `medium`."""

MEASURES = ("brightness", "contrast", "colourfulness", "text_area", "edge_density", "legibility", "faces", "face_area")
_MOST_PIXELS = 16_000_000


@dataclass(frozen=True)
class MeasuredPicture:
    """Size in pixels of a picture as it came, and its `MEASURES` by name."""

    width: int
    height: int
    measures: dict[str, float]


def measure_picture(content: bytes) -> MeasuredPicture:
    """Measure a JPEG or PNG file, scaled to `WIDTH` × `HEIGHT`. Raises InvalidInput for other files, damaged and huge ones."""
    import numpy as np
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as image:
            width, height = image.size
            if width * height > _MOST_PIXELS:
                raise InvalidInput(f"A picture of {width} × {height} pixels is too large.", "Give one of 1280 × 720.")
            pixels = np.asarray(image.convert("RGB").resize((WIDTH, HEIGHT)))
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise InvalidInput("The file is no picture that can be read.", "Give a whole JPEG or PNG file.") from None
    return MeasuredPicture(width, height, measure_pixels(pixels))


def measure_pixels(rgb: np.ndarray[Any, np.dtype[np.uint8]]) -> dict[str, float]:
    """Measure pixels of shape (height, width, 3), values 0 to 255, at least 32 each way.

    brightness: mean luma (ITU-R BT.601), 0..1. contrast: its standard deviation, 0..0.5.
    colourfulness: Hasler and Süsstrunk, "Measuring colourfulness in natural images" (2003), about 0..150.
    edge_density: share of pixels whose luma steps by more than 0.1 to the right or downwards.
    text_area: share of 16-pixel blocks that look like lettering: both very light and very dark, with many steps; a rule of
    thumb that also answers to fences and stripes.
    legibility: share of that lettering which is still lettering at half the size, as on a telephone; 0 without any.
    faces, face_area: faces seen from the front, as Viola and Jones's cascade finds them (2001), and the share of the picture that
    their boxes cover. It misses profiles and covered faces, and now and then sees one in a pattern.
    """
    import numpy as np

    picture = rgb.astype(np.float64)
    red, green, blue = picture[..., 0], picture[..., 1], picture[..., 2]
    luma = (0.299 * red + 0.587 * green + 0.114 * blue) / 255
    red_green, yellow_blue = red - green, (red + green) / 2 - blue
    spread = math.hypot(red_green.std(), yellow_blue.std())
    offset = math.hypot(red_green.mean(), yellow_blue.mean())

    lettering, steps = _lettering(luma, 16)
    halved = luma[: luma.shape[0] // 2 * 2, : luma.shape[1] // 2 * 2]
    halved = halved.reshape(halved.shape[0] // 2, 2, halved.shape[1] // 2, 2).mean(axis=(1, 3))
    still, _ = _lettering(halved, 8)
    rows, columns = (min(sides) for sides in zip(lettering.shape, still.shape, strict=True))
    kept = (lettering[:rows, :columns] & still[:rows, :columns]).sum() / max(lettering.sum(), 1)
    faces = _faces(luma)
    covered = sum(width * height for _, _, width, height in faces) / luma.size
    values = (luma.mean(), luma.std(), spread + 0.3 * offset, lettering.mean(), steps, kept, len(faces), min(covered, 1.0))
    return dict(zip(MEASURES, map(float, values), strict=True))


def _lettering(luma: np.ndarray[Any, Any], size: int) -> tuple[np.ndarray[Any, np.dtype[np.bool_]], float]:
    """Which blocks of size × size pixels look like lettering, and the share of all pixels with a step."""
    import numpy as np

    across = np.abs(np.diff(luma, axis=1))[:-1, :]
    down = np.abs(np.diff(luma, axis=0))[:, :-1]
    steps = np.maximum(across, down) > 0.1
    height, width = (side // size * size for side in steps.shape)

    def blocks(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return values[:height, :width].reshape(height // size, size, width // size, size)

    range_of_luma = blocks(luma).max(axis=(1, 3)) - blocks(luma).min(axis=(1, 3))
    return (range_of_luma > 0.5) & (blocks(steps).mean(axis=(1, 3)) > 0.15), float(steps.mean())


def _faces(luma: np.ndarray[Any, Any]) -> list[tuple[int, int, int, int]]:
    """Boxes (left, top, width, height) of faces that are at least a seventh of the picture's height."""
    import numpy as np

    cascade = _cascade(threading.get_ident())
    least = max(luma.shape[0] // 7, 20)
    grey = np.round(luma * 255).astype(np.uint8)
    found = cascade.detectMultiScale(grey, scaleFactor=1.1, minNeighbors=5, minSize=(least, least))
    return [(int(left), int(top), int(width), int(height)) for left, top, width, height in found]


@functools.cache
def _cascade(_thread: int) -> Any:
    """The detector of a thread: reading its file takes longer than a picture, and it may not be shared."""
    import cv2

    return cv2.CascadeClassifier(str(Path(cv2.__file__).with_name("data") / "haarcascade_frontalface_default.xml"))
