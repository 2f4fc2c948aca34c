"""Measures of pictures."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from core.errors import InvalidInput
from core.pictures import MEASURES, measure_picture, measure_pixels


def picture(height: int = 72, width: int = 128) -> np.ndarray:
    return np.zeros((height, width, 3), dtype=np.uint8)


def file(pixels: np.ndarray, form: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, form)
    return buffer.getvalue()


def drawn_face(radius: int) -> np.ndarray:
    """A face as a child draws it: skin, hair, brows, eyes, nose, mouth."""
    image = Image.new("RGB", (320, 180), (90, 110, 130))
    draw = ImageDraw.Draw(image)

    def box(left: float, top: float, right: float, bottom: float) -> tuple[float, ...]:
        return (160 + left * radius, 90 + top * radius, 160 + right * radius, 90 + bottom * radius)

    draw.ellipse(box(-0.75, -1, 0.75, 1), fill=(215, 180, 155))
    draw.pieslice(box(-0.8, -1.1, 0.8, 0.5), 180, 360, fill=(60, 40, 30))
    draw.ellipse(box(-0.7, -0.75, 0.7, 0.9), fill=(215, 180, 155))
    for side in (-0.32, 0.32):
        draw.rectangle(box(side - 0.2, -0.36, side + 0.2, -0.28), fill=(70, 45, 35))
        draw.ellipse(box(side - 0.16, -0.24, side + 0.16, -0.06), fill=(60, 50, 50))
    draw.polygon(box(0, -0.1, -0.12, 0.25) + box(0.12, 0.25, 0, 0)[:2], fill=(190, 150, 125))
    draw.ellipse(box(-0.28, 0.42, 0.28, 0.56), fill=(140, 60, 60))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(2)))


def test_an_even_grey_picture_has_neither_contrast_nor_colour_nor_edges() -> None:
    assert measure_pixels(picture() + 128) == pytest.approx(dict(zip(MEASURES, (128 / 255, *(0,) * 7), strict=True)), abs=1e-6)


def test_a_colourful_picture_is_more_colourful_and_lettering_is_found_where_it_is() -> None:
    plain, colourful, lettered = picture() + 60, picture(), picture() + 20
    colourful[:, :64, 0], colourful[:, 64:, 2] = 255, 255
    lettered[16:48, 16:64:4] = 250
    lettered[16:48, 17:64:4] = 250

    assert measure_pixels(colourful)["colourfulness"] > 100 > measure_pixels(plain)["colourfulness"]
    assert measure_pixels(plain)["text_area"] == 0
    assert 0.1 < measure_pixels(lettered)["text_area"] < 0.4


def test_thick_letters_stay_legible_on_a_telephone_and_hair_lines_do_not() -> None:
    thick, thin = picture() + 20, picture() + 20
    for left in range(16, 64, 8):
        thick[16:48, left : left + 4] = 250
    thin[16:48, 16:64:2] = 250

    assert measure_pixels(thick)["legibility"] == 1
    assert measure_pixels(thin)["text_area"] > 0.1
    assert measure_pixels(thin)["legibility"] == 0


@pytest.mark.parametrize("radius", [35, 60])
def test_a_face_is_found_with_about_its_size(radius: int) -> None:
    measures = measure_pixels(drawn_face(radius))

    assert measures["faces"] == 1
    assert measures["face_area"] == pytest.approx((2 * radius) ** 2 / (320 * 180), rel=0.25)
    assert measure_pixels(np.roll(drawn_face(radius), 90, axis=0))["faces"] == 0, "halves of a face, chin above forehead"


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
