"""Pictures measure as they were drawn."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from connectors.simulator import pictures
from connectors.simulator.audience import ThumbnailTraits

traits = st.builds(ThumbnailTraits, st.floats(0.3, 0.7), st.floats(0.05, 0.2), st.floats(0.05, 0.5))


@settings(max_examples=15)
@given(traits, st.text("abcdef", min_size=3, max_size=8))
def test_a_drawn_picture_measures_about_as_asked(asked: ThumbnailTraits, video_id: str) -> None:
    drawn = pictures.draw(asked, video_id)
    assert drawn.size == (320, 180)
    again = pictures.measure(pictures.open_picture(pictures.jpeg(drawn)))
    assert again.brightness == pytest.approx(asked.brightness, abs=0.06)
    assert again.contrast == pytest.approx(asked.contrast, abs=0.06)
    assert again.colourfulness == pytest.approx(asked.colourfulness, abs=0.12)


def test_black_white_and_colour_are_told_apart() -> None:
    black, white, red = (pictures.measure(Image.new("RGB", (64, 36), name)) for name in ("black", "white", "red"))
    assert (black.brightness, white.brightness) == pytest.approx((0, 1))
    assert black.colourfulness < 0.01 < 0.5 < red.colourfulness


@pytest.mark.parametrize("content", [b"", b"text", b"\x89PNG\r\n\x1a\n broken"])
def test_other_bytes_are_no_picture(content: bytes) -> None:
    with pytest.raises(pictures.NotAPicture):
        pictures.open_picture(content)


def test_gifs_are_not_taken() -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "GIF")
    with pytest.raises(pictures.NotAPicture):
        pictures.open_picture(buffer.getvalue())
