"""Titles and scripts by what they mean."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from connectors.embeddings.minilm import MiniLmEncoder
from features import meanings
from features.meanings import DIMENSIONS, MEANING_COLUMNS, SCRIPT_MEANING, SIMILARITY, TITLE_MEANING, meaning_columns, projection
from features.similarity import SCRIPT_CHARACTERS
from tests.encoders import WordEncoder

BREAD = ("How do I bake bread?", "A recipe for sourdough loaves", "The stock market fell today")


def _columns(titles: list[str | None], scripts: list[str | None]) -> pl.DataFrame:
    return meaning_columns(pl.Series(titles, dtype=pl.String), pl.Series(scripts, dtype=pl.String))


@pytest.fixture
def words(monkeypatch: pytest.MonkeyPatch) -> WordEncoder:
    encoder = WordEncoder()
    monkeypatch.setattr(meanings, "_encoder", lambda: encoder)
    return encoder


def test_directions_are_orthogonal_and_the_same_on_every_machine() -> None:
    assert np.allclose(projection().T @ projection(), 384 / DIMENSIONS * np.eye(DIMENSIONS))
    # A change of numpy or of its algebra must not change what a trained model reads.
    assert projection()[0, :3] == pytest.approx([0.264027, -0.038920, 0.003214], abs=1e-6)


def test_lengths_and_angles_are_kept_on_the_average() -> None:
    vectors = np.random.default_rng(3).normal(size=(2_000, 384))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    near = 0.8 * vectors + 0.6 * np.roll(vectors, 1, axis=0)
    placed, beside = vectors @ projection(), near @ projection()
    squares = (placed**2).sum(axis=1)
    assert squares.mean() == pytest.approx(1, abs=0.03)
    assert squares.std() < 0.3
    assert (placed * beside).sum(axis=1).mean() == pytest.approx((vectors * near).sum(axis=1).mean(), abs=0.03)


def test_near_meanings_are_near() -> None:
    frame = _columns([*BREAD], [BREAD[0], BREAD[0], BREAD[0]])
    assert tuple(frame.columns) == MEANING_COLUMNS
    titles = frame.select(TITLE_MEANING).to_numpy()
    apart = np.linalg.norm(titles - titles[0], axis=1)
    assert apart[0] < apart[1] < apart[2]
    same, like, unlike = frame[SIMILARITY]
    assert same == pytest.approx(1, abs=1e-6)
    assert like > unlike + 0.3


def test_a_text_has_the_same_numbers_alone_and_among_others() -> None:
    titles, scripts = [*BREAD, None, "ok"], ["word " * 400, *BREAD[:2], "x", None]
    whole = _columns(titles, scripts)
    alone = [_columns([title], [script]) for title, script in zip(titles, scripts, strict=True)]
    assert pl.concat(alone).equals(whole)
    vector = MiniLmEncoder().encode([BREAD[0]])[0]
    assert whole.select(TITLE_MEANING).row(0) == pytest.approx(vector @ projection(), abs=1e-5)


@pytest.mark.parametrize("text", ["\0", "\u202e\u200d\ufe0f", "ﷺ" * 5_000, "🎵", "\u0301" * 2_000])
def test_odd_texts_have_finite_numbers(text: str) -> None:
    assert np.isfinite(_columns([text], [text]).to_numpy()).all()


def test_what_is_unknown_has_no_place(words: WordEncoder) -> None:
    frame = _columns(["a", None, " \n", "b"], [None, "c", "", "d"])
    is_null = frame.select(pl.all().is_null())
    assert is_null[TITLE_MEANING[0]].to_list() == [False, True, True, False]
    assert is_null[SCRIPT_MEANING[-1]].to_list() == [True, False, True, False]
    assert is_null[SIMILARITY].to_list() == [True, True, True, False]
    assert _columns([], []).shape == (0, len(MEANING_COLUMNS))
    assert sorted(words.asked) == ["a", "b", "c", "d"]


def test_equal_texts_are_encoded_once_and_no_more_than_is_read(words: WordEncoder) -> None:
    long = "w" * (SCRIPT_CHARACTERS + 500)
    _columns(["one", "one", "two"], ["two", long, long + "more"])
    assert sorted(words.asked) == ["one", "two", "w" * SCRIPT_CHARACTERS]


def test_no_key_changes_the_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-a-test")
    assert meanings._encoder().name == MiniLmEncoder.name
