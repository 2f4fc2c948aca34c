"""Thumbnails: distinct, small enough, legible, the same each time."""

import io
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from generation.media.plan import PALETTES, Bar, ThumbnailBrief
from generation.media.thumbnail import draw_candidates, headline_words

BRIEF = ThumbnailBrief(
    "Minecraft is back on top of gaming",
    PALETTES["violet"],
    "+240%",
    tuple(Bar(str(v), v) for v in (71, 38, 30, 12)),
    "Pixel Pulse",
)


def pixels(jpeg: bytes, width: int = 320) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(jpeg)).convert("RGB").resize((width, width * 9 // 16))).astype(int)


def test_candidates_are_what_the_platform_takes():
    for candidate in draw_candidates(BRIEF, 4):
        image = Image.open(io.BytesIO(candidate.jpeg))
        assert (image.format, image.size) == ("JPEG", (1280, 720))
        assert (candidate.width, candidate.height) == (1280, 720)
        assert len(candidate.jpeg) < 2_000_000


@pytest.mark.parametrize("figure", ["+240%", ""])
def test_candidates_differ_visibly(figure):
    brief = ThumbnailBrief(BRIEF.headline, BRIEF.palette, figure, BRIEF.bars)
    candidates = draw_candidates(brief, 12)
    assert len({candidate.variant for candidate in candidates}) == 12
    for first, second in combinations(candidates[:4], 2):
        assert np.abs(pixels(first.jpeg) - pixels(second.jpeg)).mean() > 12


def test_candidates_are_contrasty_at_the_size_they_are_seen():
    for candidate in draw_candidates(BRIEF, 12):
        luma = pixels(candidate.jpeg) @ (0.2126, 0.7152, 0.0722)
        assert np.percentile(luma, 98) - np.percentile(luma, 2) > 110


def test_the_same_brief_gives_the_same_files():
    assert draw_candidates(BRIEF, 3) == draw_candidates(BRIEF, 3)


def test_the_seed_chooses_which_colouring_comes_first():
    variants = {draw_candidates(ThumbnailBrief("Hello", BRIEF.palette, seed=seed), 1)[0].variant for seed in range(3)}
    assert variants == {"figure-dark", "figure-brand", "figure-light"}


def test_headlines_are_five_words_without_a_dangling_one():
    assert headline_words("Minecraft is back on top of gaming") == "Minecraft is back on top"
    assert headline_words("The best film of the year") == "The best film"
    assert headline_words("Short one.") == "Short one"


@given(st.text(min_size=1, max_size=80).filter(str.strip), st.text(max_size=20), st.lists(st.floats(0, 1e12), max_size=6))
@settings(max_examples=10)
def test_any_story_can_be_drawn(headline, figure, values):
    brief = ThumbnailBrief(headline, PALETTES["coral"], figure, tuple(Bar("x", value) for value in values))
    assert len(draw_candidates(brief, 4)) == 4


@pytest.mark.parametrize("count", [0, 13])
def test_other_counts_are_refused(count):
    with pytest.raises(ValueError, match="count"):
        draw_candidates(BRIEF, count)
