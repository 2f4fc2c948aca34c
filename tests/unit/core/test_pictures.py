"""Measures of pictures."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from core.errors import InvalidInput
from core.pictures import MEASURES, measure_picture, measure_pixels


def picture(height: int = 72, width: int = 128) -> np.ndarray:
    return np.zeros((height, width, 3), dtype=np.uint8)


def file(pixels: np.ndarray, form: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, form)
    return buffer.getvalue()


def test_an_even_grey_picture_has_neither_contrast_nor_colour_nor_edges() -> None:
    assert measure_pixels(picture() + 128) == pytest.approx(dict(zip(MEASURES, (128 / 255, 0, 0, 0, 0), strict=True)), abs=1e-6)


def test_a_colourful_picture_is_more_colourful_and_lettering_is_found_where_it_is() -> None:
    plain, colourful, lettered = picture() + 60, picture(), picture() + 20
    colourful[:, :64, 0], colourful[:, 64:, 2] = 255, 255
    lettered[16:48, 16:64:4] = 250
    lettered[16:48, 17:64:4] = 250

    assert measure_pixels(colourful)["colourfulness"] > 100 > measure_pixels(plain)["colourfulness"]
    assert measure_pixels(plain)["text_area"] == 0
    assert 0.1 < measure_pixels(lettered)["text_area"] < 0.4


def test_a_large_candidate_measures_as_the_small_picture_that_youtube_makes_of_it() -> None:
    generator = np.random.default_rng(7)
    large = Image.fromarray(generator.integers(0, 255, (9, 16, 3), dtype=np.uint8)).resize((1280, 720))
    small = np.asarray(large.resize((320, 180)))

    candidate, landed = measure_picture(file(np.asarray(large), "JPEG")), measure_picture(file(small, "JPEG"))

    assert (candidate.width, candidate.height) == (1280, 720)
    assert candidate.measures == pytest.approx(landed.measures, rel=0.05, abs=0.01)


@pytest.mark.parametrize("content", [b"", b"GIF89a", file(picture(), "JPEG")[:300], file(picture(), "GIF")])
def test_other_files_are_refused(content: bytes) -> None:
    with pytest.raises(InvalidInput, match="no picture"):
        measure_picture(content)


def test_a_picture_that_would_fill_the_memory_is_refused() -> None:
    with pytest.raises(InvalidInput, match="too large"):
        measure_picture(file(picture(5000, 5000)))
