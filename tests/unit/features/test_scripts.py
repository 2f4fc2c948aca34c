"""Scripts as columns of numbers."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from features.scripts import LONGEST, SCRIPT_COLUMNS, script_columns
from features.texts import requested


def _row(script: str | None, title: str | None = "A title") -> dict[str, float | None]:
    return script_columns(pl.Series([script], dtype=pl.String), pl.Series([title], dtype=pl.String)).row(0, named=True)


def test_a_script_is_measured() -> None:
    row = _row("Why did 3.5 million people watch? I think you know…\n\nIt's the music! It's   the music.", "3 songs, the MUSIC")
    expected = {
        "script_words": 17,
        "script_sentences": 4,
        "script_lines": 2,
        "script_words_per_sentence": 17 / 4,
        "script_longest_sentence_words": 7,
        "script_distinct_share": 14 / 17,
        "script_questions_per_100_words": 100 / 17,
        "script_exclamations_per_100_words": 100 / 17,
        "script_numbers_per_100_words": 100 / 17,
        "script_first_person_share": 1 / 17,
        "script_second_person_share": 1 / 17,
        "script_hook_words": 7,
        "script_hook_has_question": 1,
        "script_hook_has_number": 1,
        "script_title_share": 3 / 4,
        "script_hook_title_share": 1 / 4,
    }
    assert {name: row[name] for name in expected} == pytest.approx(expected)


@pytest.mark.parametrize(
    ("script", "sentences"),
    [
        ("One. Two! Three? Four", 4),
        ("It is 3.5, or v2.0.1", 1),
        ("“Really?” she said.", 2),
        ("これは歌です。元気ですか？はい！", 3),
        ("एक वाक्य है। दूसरा है।", 2),
        ("no full stop\nanother line", 2),
        ("... ?!", None),
    ],
)
def test_sentences_end_where_a_reader_pauses(script: str, sentences: int | None) -> None:
    assert _row(script)["script_sentences"] == sentences


@pytest.mark.parametrize("script", [None, "", " \n\t ", "?!…", "🎵🎵", "\0"])
def test_a_script_without_words_is_unknown(script: str | None) -> None:
    assert set(_row(script).values()) == {None}


def test_a_title_without_words_is_said_nowhere() -> None:
    for title in (None, "", "?!"):
        row = _row("A script.", title)
        assert row["script_title_share"] is row["script_hook_title_share"] is None
        assert row["script_words"] == 2


def test_what_follows_the_longest_script_changes_nothing() -> None:
    begin = "word " * (LONGEST // 5)
    assert _row(begin + "you? " * 1_000_000) == _row(begin)


texts = st.one_of(st.none(), st.text(st.characters(), max_size=80), st.text("aÑ .!?\n'…。３‍🎵ﷺ\u0301\ud800", max_size=60))


@given(st.lists(st.tuples(texts, texts), max_size=4))
@example([("ﷺ" * 12_000, "x" * 20_000)])
@example([("\udc00 half", "\ud83d")])
def test_any_text_gives_finite_numbers_or_none(drafts: list[tuple[str | None, str | None]]) -> None:
    frame = script_columns(requested([script for script, _ in drafts]), requested([title for _, title in drafts]))
    assert tuple(frame.columns) == SCRIPT_COLUMNS
    assert frame.height == len(drafts)
    told = frame.drop_nulls("script_words")
    assert np.isfinite(told.fill_null(0).to_numpy()).all()
    assert (frame["script_words"].is_null() == frame["script_hook_words"].is_null()).all()
    shares = told.select(pl.col("^.*_share$"), pl.col("^.*_has_.*$")).fill_null(0).to_numpy()
    assert ((shares >= 0) & (shares <= 1)).all()
    assert (told["script_longest_sentence_words"] >= told["script_words_per_sentence"]).all()


@given(st.lists(st.tuples(texts, texts), min_size=2, max_size=4))
def test_rows_do_not_depend_on_each_other(drafts: list[tuple[str | None, str | None]]) -> None:
    scripts, titles = requested([script for script, _ in drafts]), requested([title for _, title in drafts])
    alone = [script_columns(scripts[place : place + 1], titles[place : place + 1]) for place in range(len(drafts))]
    assert pl.concat(alone).equals(script_columns(scripts, titles))


def test_of_a_request_only_texts_are_read() -> None:
    assert requested(["a", None, float("nan"), "\ud800b"]).to_list() == ["a", None, None, "?b"]
    assert requested([]).dtype == pl.String
