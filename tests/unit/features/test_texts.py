"""Titles as columns of numbers."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.texts import LANGUAGE_CODES, MARKER_FLAGS, SCRIPT_SHARES, TITLE_COLUMNS, languages, scripts, title_columns, words


def _row(title: str | None) -> dict[str, float]:
    return title_columns(pl.Series([title], dtype=pl.String)).row(0, named=True)


def test_a_title_is_measured() -> None:
    row = _row("WHY 3 Games? (new!)")
    expected = {
        "title_characters": 19,
        "title_words": 4,
        "title_letters": 11,
        "title_upper": 4,
        "title_upper_share": 4 / 11,
        "title_shouted_words": 1,
        "title_numbers": 1,
        "title_questions": 1,
        "title_exclamations": 1,
        "title_round_brackets": 1,
        "title_longest_word": 6,
        "title_starts_upper": 1,
        "title_ends_sign": 1,
        "script_latin": 1,
        "marker_new": 1,
    }
    assert {name: row[name] for name in expected} == pytest.approx(expected)
    assert row["title_emojis"] == row["title_hashtags"] == row["title_repeats"] == 0


@pytest.mark.parametrize(
    ("title", "flag"),
    [
        ("Artist - Song (Official Music Video)", "official"),
        ("Cantante - Tema (Video Oficial)", "official"),
        ("Kızılcık 40. Bölüm Fragmanı", "trailer"),
        ("El Show Episodio 5", "episode"),
        ("مسلسل الحلقة 12", "episode"),
        ("Song feat. Someone", "feat"),
        ("Song (Remix)", "remix"),
        ("🔴 Jetzt", "live"),
        ("Real vs Barça", "versus"),
        ("Let's play this", "gameplay"),
        ("I survived 100 days", "challenge"),
        ("$1 or $1000", "money"),
        ("Ｎｅｗ day", "new"),
    ],
)
def test_markers_in_any_language(title: str, flag: str) -> None:
    assert _row(title)[f"marker_{flag}"] == 1
    assert _row("plain sentence here")[f"marker_{flag}"] == 0


def test_markers_are_whole_words() -> None:
    assert _row("Delivery, newspaper and parting")["title_markers"] == 0


@pytest.mark.parametrize(
    ("title", "language", "script"),
    [
        ("The best of this year", "en", "latin"),
        ("Los mejores goles del año", "es", "latin"),
        ("Não vou com você", "pt", "latin"),
        ("Çok güzel bir şey oldu", "tr", "latin"),
        ("Новый клип", "ru", "cyrillic"),
        ("Твоя краса і спокій", "uk", "cyrillic"),
        ("यह एक गाना है", "hi", "devanagari"),
        ("اغنية جديدة", "ar", "arabic"),
        ("荒野行動の新しいやつ", "ja", "han"),
        ("天堂經典版全服首位", "zh", "han"),
        ("돌아온 레전드", "ko", "hangul"),
        ("Muijani Landella", "other", "latin"),
        ("1234", "none", "none"),
        (None, "none", "none"),
    ],
)
def test_a_language_is_guessed(title: str | None, language: str, script: str) -> None:
    titles = pl.Series("title", [title], dtype=pl.String)
    assert languages(titles).to_list() == [language]
    assert scripts(titles).to_list() == [script]
    assert _row(title)["title_language"] == LANGUAGE_CODES.index(language)


def test_words_are_lower_case_without_signs() -> None:
    assert words(pl.Series(["Don't STOP, 2026!", None, "हिन्दी गाना"])).to_list() == [
        ["dont", "stop", "2026"],
        [],
        ["हिन्दी", "गाना"],
    ]


@given(st.lists(st.text(max_size=60), max_size=4))
def test_any_text_gives_finite_numbers(titles: list[str]) -> None:
    frame = title_columns(pl.Series(titles, dtype=pl.String))
    assert tuple(frame.columns) == TITLE_COLUMNS
    assert len(frame) == len(titles)
    assert np.isfinite(frame.to_numpy()).all()
    shares = frame.select(*SCRIPT_SHARES, *MARKER_FLAGS, pl.col("^title_.*_share$")).to_numpy()
    assert ((shares >= 0) & (shares <= 1)).all()


def test_rows_do_not_depend_on_each_other() -> None:
    titles = pl.Series(["One two", "ТРИ!", "four 🔥"])
    whole = title_columns(titles)
    assert pl.concat([title_columns(titles[place : place + 1]) for place in range(3)]).equals(whole)
