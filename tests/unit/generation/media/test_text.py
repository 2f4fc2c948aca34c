"""Type stays in its box, whatever the text; nothing is drawn that the fonts do not have."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from generation.media.picture import Box, write_fitted
from generation.media.text import compact, drawable, fit, font, measure, width_of, wrap

MISSING = "\uffff"


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Hello 👋🏽 world", "Hello world"),
        ("東京", "Dong Jing"),
        ("𝓕𝓪𝓷𝓬𝔂 ＦＵＬＬ", "Fancy FULL"),
        ("Zal̷g͝o\u200b\n text", "Zalgo text"),
        ("Ωмега café ½ ™", "Ωмега café ½ ™"),
        ("👑🔥", ""),
    ],
)
def test_text_is_folded_to_what_can_be_drawn(text, folded):
    assert drawable(text) == folded


@example("ع")  # transliterated to a lone accent
@given(st.text(max_size=60))
def test_no_text_leaves_empty_boxes(text):
    shown = drawable(text)
    for weight in ("regular", "bold"):
        tofu = bytes(font(weight, 24).getmask(MISSING))
        assert all(bytes(font(weight, 24).getmask(character)) != tofu for character in set(shown) - {" "})
    assert shown == " ".join(shown.split())
    assert drawable(shown) == shown


@given(
    st.text(max_size=120),
    st.integers(1, 700),
    st.integers(1, 300),
    st.integers(12, 120),
    st.integers(1, 4),
    st.sampled_from(["left", "center", "right"]),
)
def test_fitted_text_never_leaves_its_box(text, width, height, size, lines, align):
    words = fit(text, width, height, size=size, smallest=12, lines=lines)
    assert len(words.lines) <= lines
    assert words.width <= width
    assert words.height <= height
    margin = 60
    canvas = Image.new("L", (width + 2 * margin, height + 2 * margin), 0)
    write_fitted(canvas, words, Box(margin, margin, width, height), 255, align=align)  # type: ignore[arg-type]
    inked = canvas.getbbox()
    if inked:
        assert inked[0] >= margin - 2  # a glyph may lean a pixel over its advance
        assert inked[1] >= margin
        assert inked[2] <= margin + width + 2
        assert inked[3] <= margin + height


@given(st.text(max_size=120), st.integers(60, 600))
def test_wrapping_loses_no_letter(text, width):
    shown = drawable(text)
    assert "".join(wrap(shown, "bold", 30, width)).replace(" ", "") == shown.replace(" ", "")


def test_a_long_text_is_cut_with_an_ellipsis():
    words = fit("word " * 100, 300, 80, size=40, smallest=20, lines=2)
    assert words.size == 20
    assert words.lines[-1].endswith("…")
    assert width_of(words.lines[-1], "bold", 20) <= 300


def test_words_are_kept_whole_where_a_smaller_size_allows_it():
    assert fit("MINECRAFT IS BACK", 400, 400, size=120, smallest=40, lines=4).lines[0] == "MINECRAFT"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "0"),
        (0.5, "0.5"),
        (12.34, "12.3"),
        (950, "950"),
        (999.7, "1K"),
        (12_400, "12.4K"),
        (999_949, "1M"),
        (3_140_000, "3.1M"),
        (2e9, "2B"),
    ],
)
def test_numbers_are_short(value, written):
    assert compact(value) == written


def test_units_stand_where_they_are_read():
    assert [measure(12, unit) for unit in ("%", "$", "views", "")] == ["12%", "$12", "12 views", "12"]
    assert [measure(1, unit) for unit in ("countries", "views")] == ["1 country", "1 view"]
